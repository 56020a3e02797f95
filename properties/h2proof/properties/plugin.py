"""pytest plugin: imports nothing heavy until it is used."""
