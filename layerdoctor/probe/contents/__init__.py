"""What a layer holds: weights, variables, sub-layers, constants, and their names."""
