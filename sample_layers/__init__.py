"""Layers as people write them, some sound and some with a fault, for layerdoctor to examine."""
