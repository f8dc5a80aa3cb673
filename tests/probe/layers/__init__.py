"""Layers that the tests of the probe examine; a comment marks each line that has to be told."""
