"""Calls that work in a graph, again and again, and for any batch size."""
