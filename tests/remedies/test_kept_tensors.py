"""Tensors that are not kept, inputs that are copied, weights that are stored."""

from __future__ import annotations

from dataclasses import replace

import pytest

from layerdoctor.remedies.construction import stored_weights
from layerdoctor.remedies.contract import copied_input
from layerdoctor.remedies.graph import kept_values, not_kept
from layerdoctor.remedies.tracking import state_weight
from layerdoctor.rule import Severity
from tests.remedies.trying import candidates, case, first


def test_what_the_first_call_kept_is_made_in_every_call() -> None:
    source = """
    import keras
    import tensorflow as tf


    class Means(keras.layers.Layer):  # layer
        def __init__(self, **kwargs):
            super().__init__(**kwargs)
            self.window = None

        def call(self, sequence):
            # once
            if self.window is None:
                length = sequence.shape[1]
                lower = tf.linalg.band_part(tf.ones((length, length)), -1, 0)
                self.window = lower / 2.0  # here
            window = tf.cast(self.window, sequence.dtype)
            return tf.matmul(window, sequence)
    """
    text = first(not_kept.REMEDY, case(source, "LD402", "self.window"))
    assert text.endswith(
        "        super().__init__(**kwargs)\n\n"
        "    def call(self, sequence):\n"
        "        # once\n"
        "        length = sequence.shape[1]\n"
        "        lower = tf.linalg.band_part(tf.ones((length, length)), -1, 0)\n"
        "        window = lower / 2.0  # here\n"
        "        window = tf.cast(window, sequence.dtype)\n"
        "        return tf.matmul(window, sequence)\n"
    )


def test_all_that_one_call_keeps_is_made_in_every_call() -> None:
    source = """
    import keras
    import tensorflow as tf


    class Whitens(keras.layers.Layer):  # layer
        def __init__(self, **kwargs):
            super().__init__(**kwargs)
            self.mean = None
            self.spread = None

        def call(self, inputs):
            if self.mean is None:
                self.mean = tf.reduce_mean(inputs)  # here
                self.spread = tf.math.reduce_std(inputs)
            return (inputs - self.mean) / self.spread
    """
    tried = case(source, "LD402", "self.mean")
    tried = replace(tried, finding=replace(tried.finding, about=("self.mean", "self.spread")))
    assert first(not_kept.REMEDY, tried).endswith(
        "        super().__init__(**kwargs)\n\n"
        "    def call(self, inputs):\n"
        "        mean = tf.reduce_mean(inputs)  # here\n"
        "        spread = tf.math.reduce_std(inputs)\n"
        "        return (inputs - mean) / spread\n"
    )


def test_what_another_method_reads_stays() -> None:
    source = """
    import keras


    class Looks(keras.layers.Layer):  # layer
        def call(self, inputs):
            self.last = 2.0 * inputs  # here
            return self.last

        def show(self):
            return self.last
    """
    assert not candidates(not_kept.REMEDY, case(source, "LD402", "self.last"))


def test_what_is_kept_to_be_looked_at_is_kept_where_it_has_a_value() -> None:
    source = """
    import keras


    class Looks(keras.layers.Layer):  # layer
        def call(self, inputs):
            # for plots
            self.last = 2.0 * inputs  # here
            return {result}
    """
    tried = case(source.format(result="inputs"), "LD402", "self.last")
    assert not candidates(kept_values.REMEDY, tried)
    tried = replace(tried, finding=replace(tried.finding, severity=Severity.NOTE))
    text = first(kept_values.REMEDY, tried)
    assert text.startswith("import keras\nimport tensorflow as tf\n")
    assert text.endswith(
        "        # for plots\n"
        "        if tf.executing_eagerly():\n"
        "            self.last = 2.0 * inputs  # here\n"
        "        return inputs\n"
    )
    tried = case(source.format(result="self.last + 1.0"), "LD402", "self.last")
    tried = replace(tried, finding=replace(tried.finding, severity=Severity.NOTE))
    assert first(kept_values.REMEDY, tried).endswith(
        "        # for plots\n"
        "        last = 2.0 * inputs  # here\n"
        "        if tf.executing_eagerly():\n"
        "            self.last = last\n"
        "        return last + 1.0\n"
    )


def test_what_build_made_is_made_in_the_call_or_outside_of_the_graph() -> None:
    source = """
    import keras
    import tensorflow as tf
    from keras import ops


    class Positions(keras.layers.Layer):  # layer
        def build(self, input_shape):
            width = input_shape[-1]
            self.gain = self.add_weight(name="gain", shape=(width,))
            # from 0 to 1
            self.ramp = ops.linspace(0.0, 1.0, {size})[:, None]  # here

        def call(self, inputs):
            return inputs + self.gain * self.ramp
    """
    tried = case(source.format(size="input_shape[1]"), "LD402", "self.ramp")
    in_call, outside = candidates(not_kept.REMEDY, tried)
    assert (
        "        # from 0 to 1\n"
        "        ramp = ops.linspace(0.0, 1.0, inputs.shape[1])[:, None]  # here\n"
        "        return inputs + self.gain * ramp\n"
    ) in in_call
    assert "self.ramp" not in in_call
    scoped = (
        "        # from 0 to 1\n"
        "        with tf.init_scope():\n"
        "            self.ramp = ops.linspace(0.0, 1.0, {size})[:, None]  # here\n"
    )
    assert scoped.format(size="input_shape[1]") in outside
    tried = case(source.format(size="width"), "LD402", "self.ramp")
    assert scoped.format(size="width") in first(not_kept.REMEDY, tried)


CALL = """
import numpy as np
import tensorflow as tf


class Example(tf.Module):  # layer
    def __call__(self, features):
        '''Join.'''
        {line}  # here
        return features
"""

COPIES = {
    "reliability = features.pop('r')": "features = dict(features)",
    "features['bias'] = 2 * features['bias']": "features = dict(features)",
    "del features['bias']": "features = dict(features)",
}


@pytest.mark.parametrize(("written", "expected"), COPIES.items())
def test_the_call_works_on_a_copy(written: str, expected: str) -> None:
    tried = case(CALL.format(line=written), "LD507", "features", framework="tf.Module")
    text = first(copied_input.REMEDY, tried)
    assert f"'''Join.'''\n        {expected}\n        {written}  # here\n" in text


def test_a_list_and_an_array_are_copied_as_what_they_are() -> None:
    tried = case(CALL.format(line="features.append(0)"), "LD507", "features", inputs_as="list")
    assert "features = list(features)\n" in first(copied_input.REMEDY, tried)
    tried = case(CALL.format(line="features[0] = 0.0"), "LD507", "features")
    assert "features = np.array(features)\n" in candidates(copied_input.REMEDY, tried)[-1]
    tried = case(CALL.format(line="features *= a + b"), "LD507", "features")
    assert "features = features * (a + b)  # here\n" in first(copied_input.REMEDY, tried)


def test_a_weight_that_was_left_out_is_stored_as_the_other_is() -> None:
    source = """
    import keras


    class Affine(keras.layers.Layer):  # layer
        def save_own_variables(self, store):
            store['a'] = self.scale.numpy()  # here

        def load_own_variables(self, store):
            self.scale.assign(store['a'])
            self.ready = True
    """
    best, left_to_keras = candidates(stored_weights.REMEDY, case(source, "LD502", "self.shift"))
    assert "# here\n        store['shift'] = self.shift.numpy()\n" in best
    assert (
        "self.scale.assign(store['a'])\n"
        "        self.shift.assign(store['shift'])\n"
        "        self.ready = True\n"
    ) in best
    assert "own_variables" not in left_to_keras


def test_state_that_python_holds_goes_into_a_weight() -> None:
    source = """
    import keras
    import numpy as np


    class Scaled(keras.layers.Layer):  # layer
        def __init__(self):
            super().__init__()
            self.scale = float(np.random.uniform())  # here

        def adapt(self, data):
            self.scale = np.std(data)  # of all
            self.scale += 1.0
    """
    text = first(state_weight.REMEDY, case(source, "LD502", "self.scale"))
    variable = 'keras.Variable(float(np.random.uniform()), trainable=False, name="scale")'
    assert f"        self.scale = {variable}  # here\n" in text
    assert "        self.scale.assign(np.std(data))  # of all\n" in text
    assert "        self.scale.assign_add(1.0)\n" in text
