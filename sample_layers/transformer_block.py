"""The usual encoder block."""

import keras


class TransformerBlock(keras.layers.Layer):
    """Attention and a dense part, each behind a normalisation and around a shortcut."""

    def __init__(self, heads=2, hidden=16, rate=0.1, **kwargs):
        super().__init__(**kwargs)
        self.heads = heads
        self.hidden = hidden
        self.rate = rate
        self.supports_masking = True

    def build(self, input_shape):
        width = input_shape[-1]
        self.first_norm = keras.layers.LayerNormalization()
        self.first_norm.build(input_shape)
        self.attention = keras.layers.MultiHeadAttention(self.heads, width // self.heads)
        self.attention.build(input_shape, input_shape)
        self.second_norm = keras.layers.LayerNormalization()
        self.second_norm.build(input_shape)
        self.widen = keras.layers.Dense(self.hidden, activation="gelu")
        self.widen.build(input_shape)
        self.narrow = keras.layers.Dense(width)
        self.narrow.build((*input_shape[:-1], self.hidden))
        self.dropout = keras.layers.Dropout(self.rate)

    def call(self, inputs, training=None):
        normed = self.first_norm(inputs)
        attended = inputs + self.dropout(self.attention(normed, normed), training=training)
        return attended + self.narrow(self.widen(self.second_norm(attended)))
