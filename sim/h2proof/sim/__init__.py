"""The world: what may happen on an HTTP/2 connection."""
