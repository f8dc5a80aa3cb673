"""Runs a layer and observes it; the only part that imports TensorFlow, in a process of its own."""
