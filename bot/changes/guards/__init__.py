"""What stands in the way of a change: locks, freezes, and how things are in a place."""
