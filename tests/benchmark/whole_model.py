"""What it costs to examine a whole model, beside a script that does by hand what people do with it.

The script imports TensorFlow and Keras, builds the model, calls it, takes the gradient, and trains
it for one step by ``fit``. Figures are processor time, of all processes: that says more than the
clock on a machine that has something else to do.
"""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass

from tests.benchmark.processes import LAYERDOCTOR, run

LIMIT = 2.0

BARE_SCRIPT = """
import importlib, json, sys
import keras, numpy as np, tensorflow as tf

module, name = sys.argv[1].split(":")
model = getattr(importlib.import_module(module), name)()
inputs = np.random.normal(size=json.loads(sys.argv[2])).astype("float32")
outputs = model(inputs)
with tf.GradientTape() as tape:
    loss = tf.reduce_mean(model(inputs, training=True) ** 2)
tape.gradient(loss, [weight.value for weight in model.trainable_weights])
model.compile("sgd", "mse")
model.fit(inputs, np.zeros(outputs.shape, "float32"), verbose=0)
"""


@dataclass(frozen=True)
class WholeModel:
    """A function that returns a model, what to call it, and the shape of its input."""

    name: str
    what: str
    shape: tuple[int, ...]


MODELS = (
    WholeModel("twelve_blocks", "a transformer of 12 blocks behind a `round`", (2, 16, 64)),
    WholeModel("mobile_net", "`MobileNetV2`", (2, 96, 96, 3)),
    WholeModel("deep", "a model of 200 layers", (2, 32)),
)


def ratio(model: WholeModel) -> tuple[float, float]:
    """Return the processor time of ``inspect`` in terms of the script's, and the script's."""
    target = f"tests.benchmark.models:{model.name}"
    theirs = run(sys.executable, "-c", BARE_SCRIPT, target, json.dumps(model.shape))
    shape = ",".join(map(str, model.shape))
    options = ("--shape", shape, "--timeout", "600", "--isolated", "--fail-on", "never")
    ours = run(*LAYERDOCTOR, "inspect", target, *options)
    return ours.cpu / theirs.cpu, theirs.cpu
