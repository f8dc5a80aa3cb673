"""Saves layers in one process and loads them in another, with nothing but Keras.

``python plain_keras.py save FOLDER MODULE NAME...``, then the same with ``load``, which prints for
each layer whether the model that was loaded answers as the saved one did.
"""

import sys
from pathlib import Path
from typing import Any

import keras
import numpy as np

INPUTS = np.linspace(-1, 1, 12, dtype="float32").reshape(4, 3)


def save(folder: Path, name: str, kind: Any) -> None:
    layer = kind()
    if isinstance(layer, keras.Model):
        model = layer
    else:
        inputs = keras.Input((3,))
        model = keras.Model(inputs, layer(inputs))
    model(INPUTS)
    for weight in model.trainable_weights:
        weight.assign(weight + 0.1)
    np.save(folder / f"{name}.npy", model(INPUTS))
    model.save(folder / f"{name}.keras")


def load(folder: Path, name: str, kind: Any) -> str:
    known = {name: kind}
    try:
        model = keras.saving.load_model(folder / f"{name}.keras", known, compile=False)
        same = np.allclose(model(INPUTS), np.load(folder / f"{name}.npy"), atol=1e-5)
    except Exception as error:
        return type(error).__name__
    return "same" if same else "differs"


if __name__ == "__main__":
    what, where, module, *names = sys.argv[1:]
    sys.path.append(str(Path(__file__).parent / "layers"))
    classes = vars(__import__(module))
    for each in names:
        if what == "save":
            save(Path(where), each, classes[each])
        else:
            print(each, load(Path(where), each, classes[each]))
