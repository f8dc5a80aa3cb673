"""The block that mixers and transformers are made of."""

import keras


class MlpBlock(keras.layers.Layer):
    """Two dense layers with an activation between them."""

    def __init__(self, hidden, activation="gelu", **kwargs):
        super().__init__(**kwargs)
        self.hidden = hidden
        self.activation = keras.activations.get(activation)

    def build(self, input_shape):
        self.widen = keras.layers.Dense(self.hidden)
        self.widen.build(input_shape)
        self.narrow = keras.layers.Dense(input_shape[-1])
        self.narrow.build((*input_shape[:-1], self.hidden))

    def call(self, inputs):
        return self.narrow(self.activation(self.widen(inputs)))

    def get_config(self):
        config = super().get_config()
        config.update({"hidden": self.hidden})
        return config
