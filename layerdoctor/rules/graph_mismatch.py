"""LD403: a graph that computes something else than the eager call."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from layerdoctor.rule import Example, Problem, Rule, Severity
from layerdoctor.rules.reading import breaches, grouped, leaks_that_raise, makes_them_at
from layerdoctor.wording import by_how_much, listed

if TYPE_CHECKING:
    from layerdoctor.facts import Breach, LayerFacts

INITIALIZER = (
    "start the weight with it: `self.add_weight(..., initializer=lambda shape, dtype=None: value)`"
)

UNDECORATED = (
    "leave `@tf.function` away: `fit`, `evaluate` and `predict` compile the whole model, with this "
    "layer in it"
)


def check(facts: LayerFacts) -> Iterator[Problem]:
    lost = list(breaches(facts, "graph", "forgotten"))
    for group in grouped(lost, key=lambda breach: breach.location):
        names = tuple(breach.subject for breach in group if breach.subject)
        verb, start = ("keeps", "its start value") if len(names) == 1 else ("keep", "their starts")
        message = (
            f"{listed(names)} {verb} {start} where a subclassed model builds the layer: it does so "
            "in a graph, where what `build` assigns is lost"
        )
        yield Problem(names[0], message, at=group[0].location, help=INITIALIZER, about=names)
    for breach in breaches(facts, "graph", "kept-trace"):
        message = (
            f"a {breach.model} model computes with the start values of the weights for ever, and "
            "does not train them: Keras builds the layer while it traces, and `tf.function` keeps "
            "that trace"
        )
        yield Problem(None, message, at=breach.location, help=UNDECORATED)
    leaks = [leak.subject for leak in leaks_that_raise(facts)]
    tensorflow_draws = any(breach.op for breach in breaches(facts, "determinism", "differs"))
    for breach in breaches(facts, "graph", "mismatch"):
        frozen = breach.subject or breach.op
        if breach.subject is None and tensorflow_draws:
            continue
        if (leaks and frozen is None) or frozen in leaks:
            continue
        if not breach.subject and makes_them_at(facts, breach.location if breach.op else None):
            continue
        reason = f": `{frozen}` is frozen by tracing" if frozen else ""
        message = f"graph and eager runs differ{by_how_much(breach)}{reason}"
        yield Problem(breach.subject, message, at=breach.location, help=remedy(facts, breach))


def remedy(facts: LayerFacts, breach: Breach) -> str | None:
    if (breach.op or "").startswith("time."):
        return (
            "read the time in TensorFlow, `tf.timestamp()`, which a graph does at each run, or "
            "hand it in as an input"
        )
    if facts.framework != "tf.Module":
        return None
    return (
        "keep what changes in a variable: `self.done = tf.Variable(0.0, trainable=False)` and "
        "`self.done.assign_add(1.0)`; draw with a `tf.random.Generator`, made in `__init__`"
    )


BAD = '''\
import keras


class Example(keras.layers.Layer):
    """Fades its gain in over the first calls."""

    def __init__(self, steps=20, **kwargs):
        super().__init__(**kwargs)
        self.steps = steps
        self.done = 0

    def build(self, input_shape):
        self.gain = self.add_weight(name="gain", shape=input_shape[-1:])

    def call(self, inputs):
        self.done = min(self.done + 1, self.steps)
        return inputs * (1.0 + self.gain * self.done / self.steps)
'''

GOOD = '''\
import keras
import tensorflow as tf


class Example(keras.layers.Layer):
    """Fades its gain in over the first calls of the training."""

    def __init__(self, steps=20, **kwargs):
        super().__init__(**kwargs)
        self.steps = steps

    def build(self, input_shape):
        self.gain = self.add_weight(name="gain", shape=input_shape[-1:])
        self.done = self.add_weight(name="done", shape=(), initializer="ones", trainable=False)

    def call(self, inputs, training=False):
        if training:
            self.done.assign(tf.minimum(self.done + 1.0, float(self.steps)))
        return inputs * (1.0 + self.gain * self.done / self.steps)
'''

RULE = Rule(
    code="LD403",
    name="graph-mismatch",
    severity=Severity.ERROR,
    needs="graph",
    summary="graph and eager runs give different results",
    why=(
        "Tracing runs the Python code of `call` once and keeps what it computed: a counter stays "
        "at its first value, `np.random` gives the same numbers for ever, an attribute changed "
        "later has no effect. Called by hand the layer does what was meant; in `fit` it does "
        "not, and nothing raises. `build` runs in a graph too where Keras 3 builds the layers of "
        "a subclassed model: what it assigns to a weight is lost there."
    ),
    help=(
        'keep what changes in a weight: `self.done = self.add_weight(name="done", shape=(), '
        'initializer="zeros", trainable=False)` and `self.done.assign_add(1.0)`; draw with '
        "`keras.random` and a `keras.random.SeedGenerator`"
    ),
    bad=Example(source=BAD),
    good=Example(source=GOOD),
    check=check,
    covers=("LD502",),
)
