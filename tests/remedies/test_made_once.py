"""What every call made is made once."""

from __future__ import annotations

from dataclasses import replace

from layerdoctor.facts import Growth, NewVariable
from layerdoctor.remedies.graph import made_once
from layerdoctor.target import Input
from tests.remedies.trying import candidates, case, first


def growth(*sublayers: str | None) -> Growth:
    new = tuple(NewVariable(name="v", call=2, location=None, sublayer=each) for each in sublayers)
    return Growth(
        calls=3, variables_per_call=(1, 1, 1), tracked_per_call=(0, 0, 0), new_variables=new
    )


def cured(source: str, *sublayers: str | None, **facts: object) -> str:
    tried = case(source, "LD301", None, growth=growth(*sublayers or (None,)), **facts)
    return first(made_once.REMEDY, tried)


def test_a_sublayer_that_asks_for_a_shape_is_made_and_built_in_build() -> None:
    text = cured(
        """
        import keras


        class Branch(keras.layers.Layer):  # layer
            def build(self, input_shape):
                self.gate = self.add_weight(name="gate", shape=())

            def call(self, inputs):
                # as wide as the input
                branch = keras.layers.Dense(inputs.shape[-1])
                return inputs + self.gate * branch(inputs)  # here
        """,
        "Dense",
    )
    assert (
        '        self.gate = self.add_weight(name="gate", shape=())\n'
        "        # as wide as the input\n"
        "        self.branch = keras.layers.Dense(input_shape[-1])\n"
        "        self.branch.build(input_shape)\n"
    ) in text
    assert "return inputs + self.gate * self.branch(inputs)  # here" in text
    assert text.count("keras.layers.Dense(") == 1


def test_a_sublayer_that_asks_for_nothing_is_made_in_the_constructor() -> None:
    text = cured(
        """
        from tensorflow import keras


        class Wide(keras.layers.Layer):  # layer
            def __init__(self, units=4):
                super().__init__()
                self.units = units

            def call(self, x):
                x = keras.layers.Dense(self.units, activation="relu")(x)  # here
                return x
        """,
        "Dense",
    )
    assert (
        "        self.units = units\n"
        '        self.dense = keras.layers.Dense(self.units, activation="relu")\n'
    ) in text
    assert "        x = self.dense(x)  # here\n" in text
    assert "def build" not in text


def test_the_others_are_built_where_a_build_is_new() -> None:
    text = cured(
        """
        import tensorflow as tf
        import tf_keras


        class Gate(tf_keras.layers.Layer):  # layer
            def __init__(self, hidden=4, **kwargs):
                super().__init__(**kwargs)
                self.hidden = hidden
                self.dense = tf_keras.layers.Dense(self.hidden)

            def call(self, image):
                channels = image.shape[-1]
                summary = tf.reduce_mean(image, axis=[1, 2])
                summary = self.dense(summary)
                gate = tf_keras.layers.Dense(channels, "sigmoid")(summary)  # here
                return image * gate[:, None, None, :]
        """,
        "Dense",
        framework="tf_keras",
        inputs=(Input(shape=(2, 6, 6, 3)),),
    )
    assert (
        "    def build(self, input_shape):\n"
        "        self.dense.build((input_shape[0], input_shape[-1]))\n"
        '        self.dense_2 = tf_keras.layers.Dense(input_shape[-1], "sigmoid")\n'
        "        self.dense_2.build((input_shape[0], self.hidden))\n"
    ) in text
    assert "gate = self.dense_2(summary)  # here" in text
    assert "channels" not in text


def test_a_variable_becomes_a_weight_and_one_of_other_values_a_variable() -> None:
    source = """
        import keras
        import tensorflow as tf


        class Level(keras.layers.Layer):  # layer
            def build(self, input_shape):
                self.gain = self.add_weight(name="gain", shape=(input_shape[-1],))
                super().build(input_shape)

            def call(self, inputs):
                level = tf.Variable({value}, trainable=False)  # here
                level.assign_add(tf.reduce_mean(inputs, axis=0))
                return self.gain * inputs - level
        """
    text = cured(source.format(value="tf.zeros(inputs.shape[-1], inputs.dtype)"))
    assert (
        '        self.level = self.add_weight(name="level", shape=(input_shape[-1],), '
        'initializer="zeros", trainable=False)  # here\n'
        "        super().build(input_shape)\n"
    ) in text
    assert "self.level.assign_add(tf.reduce_mean(inputs, axis=0))" in text
    assert "return self.gain * inputs - self.level" in text
    text = cured(source.format(value="tf.linspace(0.0, 1.0, 5)"))
    assert (
        "self.level = keras.Variable(tf.linspace(0.0, 1.0, 5), trainable=False)  # here\n" in text
    )


def test_a_module_of_tensorflow_keeps_its_variable_in_the_constructor() -> None:
    text = cured(
        """
        import tensorflow as tf


        class Gain(tf.Module):  # layer
            def __call__(self, x):
                return x * tf.Variable(tf.ones(5))  # here
        """,
        framework="tf.Module",
    )
    assert "        self.weight = tf.Variable(tf.ones(5))\n" in text
    assert "return x * self.weight  # here" in text


def test_what_keras_3_refuses_in_a_call_is_made_before() -> None:
    source = """
        import keras


        class Attention(keras.layers.Layer):  # layer
            def call(self, x):
                if not hasattr(self, "query"):
                    self.query = keras.layers.Dense(4)  # here
                self.key = keras.layers.Dense(x.shape[-1])
                return self.query(x) + self.key(x)
        """
    tried = case(source, "LD003", None)
    assert not candidates(made_once.REMEDY, tried)
    words = "You cannot add new elements of state to a layer that is already built"
    refused = replace(tried, finding=replace(tried.finding, message=words))
    text = first(made_once.REMEDY, refused)
    assert (
        "        self.query = keras.layers.Dense(4)  # here\n\n"
        "    def build(self, input_shape):\n"
        "        self.query.build(input_shape)\n"
        "        self.key = keras.layers.Dense(input_shape[-1])\n"
        "        self.key.build(input_shape)\n\n"
        "    def call(self, x):\n"
        "        return self.query(x) + self.key(x)\n"
    ) in text


def test_sizes_are_read_from_the_shape_that_was_taken_apart() -> None:
    text = cured(
        """
        import keras
        import tensorflow as tf


        class Mixer(keras.layers.Layer):  # layer
            def call(self, x):
                batch, steps, width = x.shape
                half, rate = width // 2, 0.1
                mixed = keras.layers.Dense(half, name=f"mix_{steps}")(x)  # here
                return keras.ops.relu(mixed)
        """,
        "Dense",
    )
    assert (
        "        self.dense = keras.layers.Dense(input_shape[-1] // 2, "
        'name=f"mix_{input_shape[1]}")\n'
        "        self.dense.build(input_shape)\n"
    ) in text
