"""Logs: what programs print about frames they sent and received, one program a file."""
