"""Map tools of the dock, and what they draw on the map."""
