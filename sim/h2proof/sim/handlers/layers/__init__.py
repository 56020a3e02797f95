"""Layers around a push handler that make the difference, one a file; `chains` puts them together."""
