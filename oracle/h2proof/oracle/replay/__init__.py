"""Replay: what one endpoint can have held after a prefix of each direction, with its own tables."""
