"""Remedies of a family, tried by `layerdoctor fix` on layers as people write them."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.command import layerdoctor, write

pytestmark = pytest.mark.thorough

HEAD = """\
import keras
import tensorflow as tf
import tf_keras


class Example({base}):
{body}
"""

Layer = tuple[str, str, str, str]
"""The finding as it is printed, the base class, the shape of the input, and the class's body."""

MADE: dict[str, Layer] = {
    "branch": (
        "LD301",
        "keras.layers.Layer",
        "4, 6, 5",
        """
    def build(self, input_shape):
        self.gate = self.add_weight(name="gate", shape=(), initializer="ones")

    def call(self, x):
        width = x.shape[-1]
        x = keras.layers.Dense(width)(x)
        return self.gate * keras.layers.LayerNormalization()(x)
""",
    ),
    "old_branch": (
        "LD301",
        "tf_keras.layers.Layer",
        "4, 6, 6, 3",
        """
    def call(self, image):
        summary = tf.reduce_mean(image, axis=[1, 2])
        squeezed = tf_keras.layers.Dense(4, activation="relu")(summary)
        gate = tf_keras.layers.Dense(image.shape[-1], activation="sigmoid")(squeezed)
        return image * gate[:, None, None, :]
""",
    ),
    "level": (
        "LD301 level",
        "keras.layers.Layer",
        "4, 5",
        """
    def call(self, inputs):
        level = tf.Variable(tf.zeros(inputs.shape[-1]), trainable=False)
        level.assign(tf.reduce_mean(inputs, axis=0))
        return inputs - level
""",
    ),
}

KEPT: dict[str, Layer] = {
    "shape": (
        "LD503",
        "tf_keras.layers.Layer",
        "4, 5",
        """
    def call(self, inputs):
        return tf.concat([inputs, inputs], axis=-1)

    def compute_output_shape(self, input_shape):
        return input_shape
""",
    ),
    "swallowed": (
        "LD511 **kwargs",
        "tf_keras.layers.Layer",
        "4, 5",
        """
    def __init__(self, gain=2.0, name=None, **kwargs):
        super().__init__(name=name)
        self.gain = gain

    def call(self, inputs):
        return self.gain * inputs
""",
    ),
    "words": (
        "LD508",
        "keras.layers.Layer",
        "4, 6",
        """
    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.embed = keras.layers.Embedding(10, 4, mask_zero=True)

    def call(self, ids):
        return 2.0 * self.embed(ids)
""",
    ),
    "halves": (
        "LD510",
        "keras.layers.Layer",
        "4, 6, 3",
        """
    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.supports_masking = True

    def call(self, steps):
        return steps[:, ::2]
""",
    ),
    "unit": (
        "LD209 self.kernel",
        "keras.layers.Layer",
        "4, 5",
        """
    def build(self, input_shape):
        self.kernel = self.add_weight(name="kernel", shape=(input_shape[-1], 3))

    def call(self, inputs):
        self.kernel.assign(tf.math.l2_normalize(self.kernel, axis=0))
        return tf.matmul(inputs, self.kernel)
""",
    ),
    "freeze": (
        "LD509 self.kernel",
        "tf_keras.layers.Layer",
        "4, 5",
        """
    def build(self, input_shape):
        self.kernel = self.add_weight(name="kernel", shape=(5, 3))
        self.fixed = self.add_weight(name="fixed", shape=(5, 3))

    @property
    def trainable_weights(self):
        return [self.kernel]

    def call(self, inputs):
        return tf.matmul(inputs, self.kernel + self.fixed)
""",
    ),
}

DRAWN: dict[str, Layer] = {
    "noise": (
        "LD506",
        "keras.layers.Layer",
        "4, 5",
        """
    def call(self, inputs):
        noise = tf.random.normal(tf.shape(inputs), dtype=inputs.dtype)
        return tf.nn.relu(inputs + 0.1 * noise)
""",
    ),
    "sampling": (
        "LD506",
        "keras.layers.Layer",
        "4, 5",
        """
    def call(self, inputs):
        noise = keras.random.normal(keras.ops.shape(inputs))
        return keras.ops.tanh(inputs) + keras.ops.exp(0.5 * inputs) * noise
""",
    ),
    "shuffled": (
        "LD506",
        "keras.layers.Layer",
        "4, 5",
        """
    def call(self, inputs):
        chosen = keras.random.uniform(keras.ops.shape(inputs)) < 0.5
        return keras.ops.where(chosen, inputs, 0.0)
""",
    ),
    "dropout": (
        "LD506",
        "tf_keras.layers.Layer",
        "4, 5",
        """
    def __init__(self, rate=0.3, **kwargs):
        super().__init__(**kwargs)
        self.rate = rate

    def call(self, inputs):
        return tf.nn.dropout(inputs, self.rate)
""",
    ),
    "always": (
        "LD506",
        "keras.layers.Layer",
        "4, 5",
        """
    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.thin = keras.layers.Dropout(0.5)

    def call(self, inputs):
        return self.thin(inputs, training=True)
""",
    ),
}


TYPED: dict[str, Layer] = {
    "positions": (
        "LD402 self.ramp",
        "keras.layers.Layer",
        "2, 6, 4",
        """
    def build(self, input_shape):
        self.ramp = keras.ops.linspace(0.0, 1.0, input_shape[1])[:, None]
        self.gain = self.add_weight(name="gain", shape=input_shape[-1:])

    def call(self, inputs):
        return inputs + self.gain * self.ramp
""",
    ),
    "sinusoid": (
        "LD402 self.freq",
        "keras.layers.Layer",
        "4, 5",
        """
    def build(self, shape):
        width = shape[-1]
        self.freq = tf.exp(-tf.range(width, dtype=tf.float32) / width)

    def call(self, x):
        return tf.sin(x * tf.cast(self.freq, x.dtype))
""",
    ),
    "attention": (
        "LD402 self.scores",
        "keras.layers.Layer",
        "2, 6, 4",
        """
    def call(self, inputs):
        self.scores = tf.nn.softmax(tf.matmul(inputs, inputs, transpose_b=True))
        return tf.matmul(self.scores, inputs)
""",
    ),
    "activations": (
        "LD302 self.seen",
        "keras.layers.Layer",
        "4, 5",
        """
    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.seen = []

    def call(self, inputs):
        output = tf.nn.relu(inputs)
        self.seen.append(output)
        return output
""",
    ),
    "gain": (
        "LD505",
        "tf_keras.layers.Layer",
        "4, 5",
        """
    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.gain = tf.Variable(1.5)

    def call(self, inputs):
        return inputs * self.gain
""",
    ),
    "noise": (
        "LD505",
        "tf_keras.layers.Layer",
        "4, 5",
        """
    def call(self, inputs, training=None):
        if training:
            noise = tf.random.normal(tf.shape(inputs), 0.0, 0.1)
            return inputs + noise
        return inputs
""",
    ),
    "basis": (
        "LD505",
        "keras.layers.Layer",
        "4, 5",
        """
    def call(self, inputs):
        basis = tf.linspace(0.0, 1.0, 5)
        return tf.cast(inputs, tf.float32) * basis
""",
    ),
    "lists": (
        "LD507 inputs[1]",
        "tf.Module",
        "4, 5",
        """
    def __call__(self, inputs):
        inputs.append(2.0 * inputs[0])
        return inputs[0] + inputs[1]
""",
    ),
    "left_out": (
        "LD502 self.shift",
        "keras.layers.Layer",
        "4, 5",
        """
    def build(self, input_shape):
        self.scale = self.add_weight(name="scale", shape=(5,), initializer="random_normal")
        self.shift = self.add_weight(name="shift", shape=(5,), initializer="random_normal")

    def call(self, inputs):
        return inputs * self.scale + self.shift

    def save_own_variables(self, store):
        for number, weight in enumerate([self.scale]):
            store[str(number)] = weight.numpy()

    def load_own_variables(self, store):
        self.scale.assign(store["0"])
""",
    ),
}


@pytest.mark.parametrize(
    "layers", [MADE, KEPT, DRAWN, TYPED], ids=["made", "kept", "drawn", "typed"]
)
def test_the_remedies_of_a_family_hold(layers: dict[str, Layer], tmp_path: Path) -> None:
    codes = sorted({finding.split()[0] for finding, *_ in layers.values()})
    config = f"select = {codes}\n"
    for name, (_, base, shape, body) in layers.items():
        write(tmp_path, **{name: HEAD.format(base=base, body=body.strip("\n"))})
        given = (
            f'shape = [{shape}], dtype = "int32", high = 9'
            if name == "words"
            else f"shape = [{shape}]"
        )
        config += f'[targets.{name}]\ntarget = "{name}:Example"\ninputs = [{{ {given} }}]\n'
        config += 'inputs-as = "list"\n' if name == "lists" else ""
    write(tmp_path, config=config)
    shown = layerdoctor("fix", "-v", cwd=tmp_path).stdout
    assert "not shown" not in shown, shown
    for name, (finding, *_) in layers.items():
        of_file = shown.partition(f"--- {name}.py")[2].partition("\n--- ")[0]
        left = "a note is left" if name == "shuffled" else "gone"
        assert f"\n{finding}: tried: {left}, nothing new" in of_file, (name, shown)
