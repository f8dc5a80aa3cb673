"""What is promised to be done for real, by hand: the layers of a config, all in this process.

Each layer is put into a functional and into a subclassed model; both are fitted, saved and loaded,
and the loaded model is called. Nothing is observed, explained, isolated, or loaded in another
process: what remains is what the checks cost that Keras makes itself. Targets may be named behind
the config, to take no others. Prints a JSON object: the seconds that each layer took, and those of
which a model could not be fitted, saved or loaded.
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from layerdoctor.config.settings import load as load_settings
from layerdoctor.probe.contract.models.around import (
    LayerModel,
    functional_model,
    subclassed_model,
)
from layerdoctor.probe.contract.models.functional import custom_objects
from layerdoctor.probe.hooks.creation import Creations
from layerdoctor.probe.layer.construction import LayerFactory
from layerdoctor.probe.layer.loading import load
from layerdoctor.user_code import Author

KINDS = (functional_model, subclassed_model)


def main() -> None:
    """Do it with every layer, and print what came of it."""
    config, *names = sys.argv[1:]
    targets = load_settings(Path(config)).configured()
    seconds: dict[str, float] = {}
    failed: dict[str, str] = {}
    with tempfile.TemporaryDirectory() as folder:
        for target in (each for each in targets if not names or each.id in names):
            start = time.perf_counter()
            factory = LayerFactory(target, load(target), Creations(Author(target.app_dirs)))
            for kind in KINDS:
                arguments = factory.arguments()
                subject = factory.subject(factory.construct(arguments), arguments)
                try:
                    train_and_load(kind(subject), Path(folder, "model.keras"))
                except Exception as error:
                    failed[f"{target.id}, {kind.__name__}"] = type(error).__name__
            seconds[target.id] = time.perf_counter() - start
    print(json.dumps({"seconds": seconds, "failed": failed}))


def train_and_load(model: LayerModel, file: Path) -> None:
    """Fit a model on one batch and a smaller one, save it, load it, and call what was loaded."""
    rows = len(model.arrays[0])
    arrays = [np.concatenate([array, array[:1]]) for array in model.arrays]
    returned = tf.nest.flatten(model.model(model.inputs))
    targets = [np.zeros((rows + 1, 1), "float32") for _ in returned]
    losses = [mean_square for _ in returned]
    model.model.compile("sgd", one_or_all(losses), jit_compile=False)
    model.model.fit(one_or_all(arrays), one_or_all(targets), batch_size=rows, verbose=0)
    model.model.save(file)
    objects = custom_objects(model.subject.layer)
    keras.saving.load_model(file, objects, compile=False)(model.inputs)


def mean_square(target: Any, output: Any) -> Any:
    """Return a loss that takes outputs of any shape."""
    del target
    return tf.reduce_mean(tf.square(tf.cast(output, "float32")))


def one_or_all(items: list[Any]) -> Any:
    """Return what Keras takes for one input or output, or for several."""
    return items if len(items) > 1 else items[0]


if __name__ == "__main__":
    main()
