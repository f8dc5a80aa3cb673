"""Saving a layer in one process, and loading, calling and comparing it in another."""
