"""The client of the engine: where it is, how it is set up, how it is run. Needs no window."""
