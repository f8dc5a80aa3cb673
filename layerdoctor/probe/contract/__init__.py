"""The contract of a layer with its framework: one file for each check, in the order of ``order``."""
