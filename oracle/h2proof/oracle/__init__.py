"""The judge: what should have happened on an HTTP/2 connection."""
