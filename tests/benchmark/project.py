"""A project of many files: one in ten has a layer, and one in ten a class derived from it."""

from __future__ import annotations

from pathlib import Path

FILES = 10_000
PACKAGES = 100

PLAIN = '''
import os
from collections import Counter


class Report{number}:
    """Counts words."""

    def __init__(self, text):
        self.counter = Counter(text.split())

    def most(self, count=10):
        return self.counter.most_common(count)


def folder_of(path):
    return os.path.dirname(os.path.abspath(path))
'''

LAYER = '''
import keras


class Scale{number}(keras.layers.Layer):
    """Multiplies by a weight."""

    def build(self, input_shape):
        self.scale = self.add_weight(name="scale", shape=(input_shape[-1],))

    def call(self, inputs):
        return inputs * self.scale
'''

DERIVED = '''
from .module_0 import Scale{base}


class Shift{number}(Scale{base}):
    """Adds one to what the base returns."""

    def call(self, inputs):
        return super().call(inputs) + 1
'''


def write(folder: Path) -> int:
    """Write packages of modules, of which one in ten has a layer; return how many layers."""
    written = 0
    for package in range(PACKAGES):
        home = folder / f"package_{package}"
        home.mkdir()
        for number in range(FILES // PACKAGES):
            name = "__init__" if number == 1 else f"module_{number}"
            kind = {0: LAYER, 5: DERIVED}.get(number % 10, PLAIN)
            text = kind.replace("{number}", str(number)).replace("{base}", "0")
            written += kind is not PLAIN
            text += PLAIN.replace("{number}", f"{number}b") * 3
            (home / f"{name}.py").write_text(text, encoding="utf-8")
    return written
