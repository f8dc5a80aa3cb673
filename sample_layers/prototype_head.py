"""Classes as directions in feature space."""

import keras
from keras import ops


class PrototypeHead(keras.layers.Layer):
    """The cosine between each row and each prototype, sharpened."""

    def __init__(self, classes, **kwargs):
        super().__init__(**kwargs)
        self.classes = classes

    def build(self, input_shape):
        self.prototypes = self.add_weight(
            name="prototypes", shape=(self.classes, input_shape[-1]), initializer="random_normal"
        )
        self.sharpness = self.add_weight(name="sharpness", shape=(), initializer="ones")

    def call(self, inputs):
        features = ops.normalize(inputs, axis=-1)
        directions = ops.stop_gradient(ops.normalize(self.prototypes, axis=-1))
        return self.sharpness * ops.matmul(features, ops.transpose(directions))
