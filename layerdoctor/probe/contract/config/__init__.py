"""A layer's way through its config and back, and what its arguments make of it."""
