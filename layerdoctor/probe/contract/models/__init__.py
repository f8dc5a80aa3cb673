"""Models of the layer's own Keras with the layer in them, and their training."""
