"""What Keras asks of a layer, written into it."""

from __future__ import annotations

import pytest

from layerdoctor.facts import Weight
from layerdoctor.remedies.construction import kwargs_handed_on
from layerdoctor.remedies.contract import freezing, masking, output_shape
from layerdoctor.remedies.gradients import overwritten_weight
from tests.hand_made import at, weight
from tests.remedies.trying import FILE, candidates, case, first


def test_a_promise_that_is_wrong_is_left_to_keras() -> None:
    source = """
    import keras


    class Wide(keras.layers.Layer):  # layer
        def compute_output_shape(self, input_shape):
            return input_shape  # here

        # twice as wide
        def call(self, inputs):
            return keras.ops.concatenate([inputs, inputs], axis=-1)
    """
    assert first(output_shape.REMEDY, case(source, "LD503", None)) == (
        "import keras\n\n\n"
        "class Wide(keras.layers.Layer):  # layer\n\n"
        "    # twice as wide\n"
        "    def call(self, inputs):\n"
        "        return keras.ops.concatenate([inputs, inputs], axis=-1)\n"
    )


@pytest.mark.parametrize("given", ["", "name=name"])
def test_what_a_constructor_swallows_is_handed_on(given: str) -> None:
    source = f"""
    import keras


    class Gain(keras.layers.Layer):  # layer
        def __init__(self, name=None, **options):  # here
            super().__init__({given})
    """
    handed = f"{given}, **options" if given else "**options"
    assert f"super().__init__({handed})\n" in first(
        kwargs_handed_on.REMEDY, case(source, "LD511", "**kwargs")
    )


STEPS = """
import keras


class Steps({base}):  # layer
    def __init__(self, units=3):
        super().__init__()
        {made}

    def call(self, steps):  # here
        {line}
"""


def steps(code: str, line: str, made: str = "self.units = units", **facts: object) -> str:
    source = STEPS.format(base="keras.layers.Layer", line=line, made=made)
    remedy = masking.REMEDY if code == "LD508" else masking.FITTING
    return first(remedy, case(source, code, None, **facts))


def test_masking_is_declared_behind_the_call_of_the_base() -> None:
    text = steps("LD508", "return keras.ops.tanh(steps)")
    assert (
        "        super().__init__()\n"
        "        self.supports_masking = True\n"
        "        self.units = units\n"
    ) in text


def test_the_mask_of_an_embedding_inside_is_handed_on() -> None:
    made = "self.embed = keras.layers.Embedding(9, units, mask_zero=True)"
    text = steps("LD508", "return 2 * self.embed(steps)", made)
    assert (
        "    def compute_mask(self, steps, previous_mask=None):\n"
        "        return self.embed.compute_mask(steps)\n"
    ) in text
    assert "supports_masking" not in text


def test_a_mask_ends_where_the_steps_do_and_is_cut_as_they_are() -> None:
    text = steps("LD510", "return keras.ops.mean(steps, axis=1)")
    assert "    def compute_mask(self, steps, previous_mask=None):\n        return None\n" in text
    text = steps("LD510", "return keras.ops.mean(steps, axis=1)", framework="tf_keras")
    assert "def compute_mask(self, steps, mask=None):" in text
    text = steps("LD510", "return steps[:, ::2]")
    assert "return None if previous_mask is None else previous_mask[:, ::2]\n" in text


def test_a_mask_that_the_author_computes_is_changed_where_it_is() -> None:
    source = """
    import keras


    class Later(keras.layers.Layer):  # layer
        def call(self, steps):
            return steps[:, 1:, :]

        def compute_mask(self, steps, mask=None):  # here
            '''Hand it on.'''
            return mask
    """
    text = first(masking.FITTING, case(source, "LD510", None))
    assert "'''Hand it on.'''\n        return None if mask is None else mask[:, 1:]\n" in text


WEIGHTS = """
import keras
import tensorflow as tf


class State(keras.layers.Layer):  # layer
    def build(self, input_shape):
        self.w = self.add_weight(
            name="w",
            shape=(3,),
        )

    def call(self, inputs, training=False):
        {before}
        if training:
            self.w.assign({value})  # here
        return inputs * self.w
"""
LISTED = """\
            shape=(3,),
            {argument},
        )
"""


def own(line: int = 7) -> tuple[Weight, ...]:
    return (weight("w", attribute="self.w", location=at(line, file=FILE)),)


def overwritten(value: str, before: str = "scale = 2.0") -> list[str]:
    source = WEIGHTS.format(value=value, before=before)
    return candidates(overwritten_weight.REMEDY, case(source, "LD209", "self.w", weights=own()))


def test_state_that_inputs_go_into_is_not_trained() -> None:
    mean = "mean = tf.reduce_mean(inputs, axis=0)"
    (text,) = overwritten("0.9 * self.w + 0.1 * mean", mean)
    assert LISTED.format(argument="trainable=False") in text
    assert "self.w.assign(0.9 * self.w + 0.1 * mean)" in text


def test_a_weight_that_is_held_in_bounds_goes_on_training() -> None:
    (text,) = overwritten("tf.math.l2_normalize(self.w.value, axis=0)")
    constraint = "constraint=lambda w: tf.math.l2_normalize(w, axis=0)"
    assert LISTED.format(argument=constraint) in text
    assert "assign" not in text
    assert "if training" not in text
    assert not overwritten("self.w / sigma", "sigma = tf.norm(self.w)")


def test_what_a_list_of_weights_left_out_is_frozen_and_the_list_goes() -> None:
    source = """
    import keras


    class Pair(keras.layers.Layer):  # layer
        def build(self, input_shape):
            self.kernel = self.add_weight(name="kernel", shape=(4, 3))
            self.fixed = self.add_weight(name="fixed", shape=(4, 3))

        @property
        def trainable_weights(self):  # here
            return [self.kernel]

        @property
        def non_trainable_weights(self):
            return [self.fixed]

        def call(self, inputs):
            return keras.ops.matmul(inputs, self.kernel + self.fixed)
    """
    text = first(freezing.REMEDY, case(source, "LD509", "self.kernel"))
    assert "_weights(self)" not in text
    assert '(name="kernel", shape=(4, 3))' in text
    assert '(name="fixed", shape=(4, 3), trainable=False)' in text


def test_a_call_leaves_alone_what_is_trained() -> None:
    source = """
    import keras


    class Tuned(keras.layers.Layer):  # layer
        def call(self, inputs):
            self.dense.trainable = True  # here
            return self.dense(inputs)
    """
    text = first(freezing.REMEDY, case(source, "LD509", "self.dense.kernel"))
    assert text.endswith("    def call(self, inputs):\n        return self.dense(inputs)\n")
