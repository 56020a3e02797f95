"""The bench: everything that may happen, tried."""
