"""Layers without a source."""

import os
import sys

import raising  # noqa: F401

SOURCE = """
from raising import Plain

class Made(Plain):
    def build(self, input_shape):
        super().build(input_shape)
        self.lost = self.add_weight(shape=(), name="lost")

class Raises(Plain):
    def call(self, inputs):
        raise ValueError("made by exec")
"""

names = {"__name__": "<made by exec>"}
exec(SOURCE, names)
Made, Raises = names["Made"], names["Raises"]

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "zipped.zip"))
from zipped_layer import Zipped  # noqa: E402, F401
