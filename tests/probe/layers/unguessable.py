"""A layer whose inputs nobody guesses."""

import keras


class FoundMystery(keras.layers.Layer):
    def call(self, mystery):
        if mystery.shape != (3, 1, 4, 1, 5, 9):
            raise ValueError("something else, please")
        return mystery
