"""A layer that deletes its own source."""

import contextlib
import os

from raising import Plain


class DeletesItself(Plain):
    def build(self, input_shape):
        self.lost = self.add_weight(shape=(), name="lost")
        super().build(input_shape)

    def call(self, inputs):
        with contextlib.suppress(FileNotFoundError):
            os.unlink(__file__)
        return inputs * self.w
