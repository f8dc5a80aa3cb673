"""The contract of a layer with its framework: one file a check, in the order of ``stage``."""
