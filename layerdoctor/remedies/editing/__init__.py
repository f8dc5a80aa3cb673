"""What remedies share: finding a place in a module, and changing it in the author's own style."""
