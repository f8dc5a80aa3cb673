"""``layerdoctor.examine`` as a notebook uses it."""

from __future__ import annotations

import re
from pathlib import Path

from layerdoctor.probe.worker.few_lines import FEW
from tests.command import BROKEN, SOUND, run_script, write

SPOKEN = "the layer speaks\n"
SCRIPT = """
import sys

import layerdoctor

assert "tensorflow" not in sys.modules
found = layerdoctor.examine("broken:Hidden", (2, 5), ignore=["LD5"])
assert "tensorflow" not in sys.modules
assert [finding.code for finding in found.findings] == ["LD101"]
assert "self.gain = tf.Variable(2.0)" in repr(found)
assert "<iframe srcdoc=" in found._repr_html_()
assert found.report.exit_code == 1

import numpy as np
import sound

layer = sound.Sound()
layer.seen = []
layer(np.ones((2, 5)))
before = layer.get_weights()[0].tolist(), dict(vars(layer))
found = layerdoctor.examine(layer, np.ones((2, 5)))
assert found.findings == ()
assert found.facts.class_name == "sound.Sound"
assert (layer.get_weights()[0].tolist(), dict(vars(layer))) == before
lines = open(sound.__file__).read().splitlines()
assert all("add_weight" in lines[each.location.line - 1] for each in found.facts.weights)

import keras

model = keras.Sequential([keras.Input((5,)), keras.layers.Dense(2)])
found = layerdoctor.examine(model, np.ones((2, 4)))
assert found.facts.error.kind == "inputs"
assert found.facts.error.message.endswith("works for `--shape 2,5`; give inputs of such a shape")

from pathlib import Path

import broken

Path("layerdoctor.toml").write_text('ignore = ["LD101", "LD5"]\\nfail-on = "note"\\n')
hidden = broken.Hidden()
assert layerdoctor.examine(hidden, (2, 5)).findings == ()
found = layerdoctor.examine(hidden, (2, 5), isolated=True, select=["LD101"], fail_on="never")
assert ([finding.code for finding in found.findings], found.report.exit_code) == (["LD101"], 0)
print("done")
"""


CLASSES = """
import keras
import layerdoctor
import tensorflow as tf
from layerdoctor.target import BadInput
from package.layers import Sound


class Cut(keras.layers.Layer):
    def __init__(self, start="ones", **kwargs):
        super().__init__(**kwargs)
        self.gain = self.add_weight(name="gain", shape=(), initializer=start)

    def call(self, inputs):
        return tf.round(inputs * self.gain)


def checks(found):
    return {check.name: check.status for check in found.facts.checks}


found = layerdoctor.examine(Sound, (2, 5))
assert (found.findings, checks(found)["state"]) == ((), "passed")
assert not any("another process" in ask for ask in found.facts.asks)
try:
    layerdoctor.examine(Sound, (2, 5), args={"name": object()})
except BadInput as refused:
    assert str(refused).startswith("args: `name` is a object, which cannot be told to another")

tf.random.set_seed(3)
drawn = tf.random.normal(()).numpy()
tf.random.set_seed(3)
named = keras.layers.Dense(2).name, Cut().name
found = layerdoctor.examine(Cut, (2, 5), args={"start": keras.initializers.Ones()})
layerdoctor.examine(Cut)
assert (named, keras.layers.Dense(2).name, Cut().name) == (("dense", "cut"), "dense_1", "cut_1")
assert tf.random.normal(()).numpy() == drawn
[cut] = [finding for finding in found.findings if finding.code == "LD202"]
assert (cut.location.file, cut.location.line) == ("script.py", 15)
assert (checks(found)["state"], checks(found)["config"]) == ("skipped", "failed")
assert "what lives in `__main__` no other process can import" in found.facts.asks[-1]
print("done")
"""

LOSS = """
import keras
import layerdoctor
import numpy as np
from layerdoctor.target import BadInput


class Route(keras.layers.Layer):
    def build(self, shape):
        self.gate = self.add_weight(name="gate", shape=(shape[-1],))
        self.kernel = self.add_weight(name="kernel", shape=(shape[-1], 1), initializer="ones")

    def call(self, x):
        return keras.ops.matmul(keras.ops.round(x * self.gate), self.kernel) * 0 + x @ self.kernel


x, y = np.full((8, 4), 0.5, "float32"), np.ones((8, 1), "float32")
found = layerdoctor.examine(Route, x, y, loss="mse")
own = found.facts.own_loss
assert (own.name, own.value) == ("mse", 1.0)
seen = {each.attribute: (each.status, each.norm) for each in own.gradients}
assert seen == {"self.gate": ("none", None), "self.kernel": ("flows", 2.0)}, seen
assert "gradient of mse" in found.text
assert found.facts.asks[-1].startswith("leave out `loss`")

model = keras.Sequential([keras.Input((4,)), Route()])
before = model.get_weights()
own = layerdoctor.examine(model, x, y, loss=lambda y, out: (y - out) ** 2).facts.own_loss
assert (own.name, own.gradients[1].attribute) == ("<lambda>", "self.layers[0].kernel")
assert all(map(np.array_equal, before, model.get_weights()))

misfit = layerdoctor.examine(model, x, np.ones((7, 3)), loss="mse")
assert "for outputs of shape (8, 1) and targets of shape (7, 3)" in misfit.facts.error.message
assert misfit.report.exit_code == 2
unknown = layerdoctor.examine(model, x, y, loss="mzse")
assert unknown.facts.error.message.startswith("`'mzse'` is no loss; expected a name such as")
for given, words in (((x,), "the inputs first"), ((x, (8, 1)), "the inputs first")):
    try:
        layerdoctor.examine(model, *given, loss="mse")
    except BadInput as refused:
        assert words in str(refused)
    else:
        raise AssertionError(given)
print("done")
"""

MODEL = """
import keras
import tensorflow as tf

import layerdoctor


class Route(keras.layers.Layer):
    def call(self, x):
        return tf.one_hot(tf.argmax(x, -1), 4)


model = keras.Sequential([keras.Input((5,)), keras.layers.Dense(8), Route()])
found = layerdoctor.examine(model, (2, 5), select=["LD202"])
[at] = [finding.location for finding in found.findings]
assert "argmax" in open(at.file).readlines()[at.line - 1], at
steps = [step for weight in found.facts.weights for step in weight.gradient.path]
lines = {step.location.line for step in steps if step.location is not None}
assert lines == {at.line}, lines
print("done")
"""


DOCTEST = """
def examples():
    '''
    >>> import keras, layerdoctor
    >>> class Cut(keras.layers.Layer):
    ...     def build(self, shape):
    ...         self.gain = self.add_weight(name="gain", shape=())
    ...
    ...     def call(self, inputs):
    ...         return keras.ops.round(inputs * self.gain)
    >>> found = layerdoctor.examine(Cut, (2, 5))
    >>> at = found.findings[0].location
    >>> found.findings[0].code, at.file, at.line
    ('LD202', '<doctest script.examples[1]>', 6)
    >>> "--> <doctest script.examples[1]>:6:16" in found.text
    True
    >>> "return keras.ops.round(inputs * self.gain)" in found.text
    True
    '''


import doctest

assert doctest.testmod(doctest.sys.modules["__main__"], name="script").failed == 0
print("done")
"""


def test_examining_from_python(tmp_path: Path) -> None:
    write(tmp_path, sound=SOUND, broken=BROKEN)
    said = run_script(tmp_path, SCRIPT, cold=True)
    once_by_the_user = 1
    assert said.count(SPOKEN) == FEW + once_by_the_user
    assert re.search(r"^\(\d+ more lines printed while the layer was examined\)$", said, re.M)


def test_a_class_is_examined_where_another_process_can_import_it_and_else_here(
    tmp_path: Path,
) -> None:
    (tmp_path / "package").mkdir()
    write(tmp_path / "package", layers=SOUND, __init__="")
    run_script(tmp_path, CLASSES)


def test_a_model_of_keras_is_its_authors_where_a_layer_in_it_is(tmp_path: Path) -> None:
    run_script(tmp_path, MODEL)


def test_a_class_in_a_doctest_is_shown_with_its_lines(tmp_path: Path) -> None:
    run_script(tmp_path, DOCTEST)


def test_a_loss_of_ones_own_stands_beside_the_drawn_gradients(tmp_path: Path) -> None:
    run_script(tmp_path, LOSS)
