"""The dock: a planner's way through the steps."""
