"""Layers that raise wherever they can."""

import keras
import tensorflow as tf


class Plain(keras.layers.Layer):
    """Sound by itself; the others spoil one thing of it."""

    def build(self, input_shape):
        self.w = self.add_weight(shape=(input_shape[-1],), initializer="ones", name="w")

    def call(self, inputs):
        return inputs * self.w


class InInit(Plain):
    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        raise RuntimeError("init refuses")


class InBuild(Plain):
    def build(self, input_shape):
        raise RuntimeError("build refuses")


class InCall(Plain):
    def call(self, inputs):
        raise RuntimeError("call refuses")


class InGetConfig(Plain):
    def get_config(self):
        raise RuntimeError("get_config refuses")


class InFromConfig(Plain):
    @classmethod
    def from_config(cls, config):
        raise RuntimeError("from_config refuses")


class InOutputShape(Plain):
    def compute_output_shape(self, input_shape):
        raise RuntimeError("compute_output_shape refuses")


class InGetattr(Plain):
    def __getattr__(self, name):
        raise RuntimeError(f"no {name} here")


class InRepr(Plain):
    def __repr__(self):
        raise RuntimeError("repr refuses")

    __str__ = __repr__


class InEq(Plain):
    def __eq__(self, other):
        raise RuntimeError("eq refuses")

    def __hash__(self):
        return id(self)


class InHash(Plain):
    def __hash__(self):
        raise RuntimeError("hash refuses")


class InDel(Plain):
    def __del__(self):
        raise RuntimeError("del refuses")


class InProperty(Plain):
    @property
    def helper(self):
        raise RuntimeError("property refuses")


class InSetattr(Plain):
    def __setattr__(self, name, value):
        raise RuntimeError("setattr refuses")


class InWeights(Plain):
    @property
    def weights(self):
        raise RuntimeError("weights refuses")


class InBool(Plain):
    def __bool__(self):
        raise RuntimeError("bool refuses")

    def __len__(self):
        raise RuntimeError("len refuses")


class ExitsPolitely(Plain):
    def call(self, inputs):
        raise SystemExit(0)


class Interrupts(Plain):
    def call(self, inputs):
        raise KeyboardInterrupt


class OwnBaseException(Plain):
    def __init__(self, **kwargs):
        class Odd(BaseException):
            pass

        raise Odd("no ordinary exception")


class GeneratorExits(Plain):
    def build(self, input_shape):
        raise GeneratorExit


class StrRaises(Plain):
    def call(self, inputs):
        class Mute(Exception):
            def __str__(self):
                raise RuntimeError("not even a message")

            __repr__ = __str__

        raise Mute


class TenMegabytes(Plain):
    def call(self, inputs):
        raise ValueError("long " * 2_000_000)


class Colourful(Plain):
    def call(self, inputs):
        raise ValueError(
            "\x1b[31mred\x1b[0m \x1b]0;title\x07 [bold]markup[/bold] </script> ::error::x "
            "\u202edesrever\u202c \u2028 größe 層 \x00 \x9b31m ]]> & <b> `tick` | pipe\r\n::stop::"
        )


class RecursesForEver(Plain):
    def call(self, inputs):
        return self.call(inputs)


class RaisesFromNowhere(Plain):
    def call(self, inputs):
        exec(compile("raise ValueError('from code without a file')", "<nowhere>", "exec"))


class CyclicCause(Plain):
    def call(self, inputs):
        first, second = ValueError("first"), ValueError("second")
        first.__cause__, second.__cause__ = second, first
        raise first


class NotLegible(Plain):
    def call(self, inputs):
        tf.debugging.assert_equal(tf.reduce_sum(inputs), 1e9, message="\ud800 lone surrogate")
        return inputs


class Schicht_größe_層(Plain):  # noqa: N801
    def call(self, inputs):
        raise ValueError("in einer Schicht mit Umlauten")
