"""Notebooks to test with."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any


def write_notebook(file: Path, *cells: str) -> None:
    """Write a notebook of these cells; one that begins with ``#`` and a space is Markdown."""
    parts: list[dict[str, Any]] = [
        {
            "cell_type": "markdown" if cell.startswith("# ") else "code",
            "metadata": {},
            "source": cell.splitlines(keepends=True),
            **({} if cell.startswith("# ") else {"outputs": [], "execution_count": None}),
        }
        for cell in cells
    ]
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    whole = {
        "cells": parts,
        "metadata": {"kernelspec": kernel},
        "nbformat": 4,
        "nbformat_minor": 4,
    }
    file.write_text(json.dumps(whole, indent=1), encoding="utf-8")


ROUTE = """class Route(keras.layers.Layer):
    def __init__(self, units=UNITS, **kwargs):
        super().__init__(**kwargs)
        self.units = units

    def build(self, shape):
        self.gate = self.add_weight(name="gate", shape=(shape[-1], self.units))

    def call(self, x):
        return tf.one_hot(tf.argmax(tf.matmul(x, self.gate), -1), self.units)


layer = Route()
print(layer(x))"""

STUDY = (
    "# A study",
    "%matplotlib inline\nimport keras\nimport tensorflow as tf",
    "UNITS = 4\nx = tf.random.normal((3, 4))\n!pip install nothing",
    ROUTE,
    "model = keras.Sequential([layer])\nmodel.fit(x, x, epochs=10**6)",
)
"""One layer, whose gradient is cut in the fourth cell, and what must not be run."""
