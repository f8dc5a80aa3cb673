"""Draws that are made in training only."""

from __future__ import annotations

from layerdoctor.remedies.contract import drawn_in_training
from tests.remedies.trying import candidates, case

LAYER = """
import keras
import tensorflow as tf


class Noisy(keras.layers.Layer):  # layer
    def __init__(self, rate=0.1):
        super().__init__()
        self.rate = rate

    def call(self, inputs{parameters}):
        {lines}
"""


def cured(*lines: str, parameters: str = "") -> list[str]:
    source = LAYER.format(lines="\n        ".join(lines), parameters=parameters)
    found = candidates(drawn_in_training.REMEDY, case(source, "LD506", None))
    return [*dict.fromkeys(found)]


def call_of(text: str) -> str:
    return text[text.index("    def call") :].rstrip().replace("  # here", "")


def test_training_is_handed_on_where_it_was_always_true() -> None:
    (text,) = cured("return self.thin(inputs, training=True)  # here")
    assert call_of(text) == (
        "    def call(self, inputs, training=False):\n"
        "        return self.thin(inputs, training=training)"
    )


def test_features_are_dropped_by_a_layer_of_keras() -> None:
    (text,) = cured("return tf.nn.dropout(inputs, rate=self.rate)  # here")
    assert (
        "        self.rate = rate\n        self.dropout = keras.layers.Dropout(self.rate)\n" in text
    )
    assert call_of(text) == (
        "    def call(self, inputs, training=False):\n"
        "        return self.dropout(inputs, training=training)"
    )


def test_noise_is_added_if_training() -> None:
    best, inline = cured("return inputs + tf.random.normal(tf.shape(inputs))  # here")
    assert call_of(best) == (
        "    def call(self, inputs, training=False):\n"
        "        if training:\n"
        "            inputs = inputs + tf.random.normal(tf.shape(inputs))\n"
        "        return inputs"
    )
    term = "(tf.random.normal(tf.shape(inputs)) if training else 0.0)"
    assert f"return inputs + {term}  # here" in inline
    best, other = cured(
        "noise = tf.random.normal(tf.shape(inputs))  # here",
        "# a little",
        "return tf.nn.relu(inputs + self.rate * noise)",
        parameters=", mask=None, training=None",
    )
    assert call_of(best) == (
        "    def call(self, inputs, mask=None, training=None):\n"
        "        # a little\n"
        "        if training:\n"
        "            noise = tf.random.normal(tf.shape(inputs))\n"
        "            inputs = inputs + self.rate * noise\n"
        "        return tf.nn.relu(inputs)"
    )
    assert "noise = tf.random.normal(tf.shape(inputs)) if training else 0.0" in other


def test_noise_that_multiplies_is_one_outside_training() -> None:
    (text,) = cured(
        "gain = keras.random.uniform(keras.ops.shape(inputs))  # here",
        "return keras.ops.tanh(gain * inputs)",
        parameters=", **kwargs",
    )
    assert "def call(self, inputs, training=False, **kwargs):" in text
    assert "gain = keras.random.uniform(keras.ops.shape(inputs)) if training else 1.0" in text


def test_all_of_a_call_is_changed_at_last() -> None:
    *_, text = cured(
        "noise = self.generator.normal(tf.shape(inputs))  # here",
        "return self.thin(inputs, training=True) - noise",
    )
    assert call_of(text) == (
        "    def call(self, inputs, training=False):\n"
        "        noise = self.generator.normal(tf.shape(inputs)) if training else 0.0\n"
        "        return self.thin(inputs, training=training) - noise"
    )


def test_a_draw_that_is_meant_comes_from_a_generator_of_the_layer() -> None:
    lines = "return tf.random.uniform(shape=tf.shape(inputs), maxval=2.0)  # here"
    tried = case(LAYER.format(lines=lines, parameters=""), "LD506", None)
    (text,) = candidates(drawn_in_training.DECLARED, tried)
    assert "self.seed_generator = keras.random.SeedGenerator()\n" in text
    assert (
        "return keras.random.uniform(shape=tf.shape(inputs), maxval=2.0, seed=self.seed_generator)"
    ) in text


def test_what_is_not_joined_with_anything_is_left_alone() -> None:
    assert not cured("return tf.random.shuffle(inputs)  # here")
