"""A doctor for custom Keras layers: what Keras does not track, and where gradients end."""
