"""What is not tracked becomes what is, in the author's own names."""

from __future__ import annotations

from dataclasses import replace

import libcst as cst

from layerdoctor.facts import Constant, UntrackedVariable
from layerdoctor.remedies.editing.long_lines import broken
from layerdoctor.remedies.tracking import constant_weight, tracked_variable
from tests.remedies.trying import candidates, case, first

WAYS = {
    "import keras\nimport tensorflow as tf": ("keras.layers.Layer", "keras.Variable"),
    "import tensorflow as tf": ("tf.keras.layers.Layer", "tf.keras.Variable"),
    "import tensorflow as tf\nfrom tensorflow import keras": (
        "keras.layers.Layer",
        "keras.Variable",
    ),
    "import keras as K\nimport tensorflow as tf": ("K.layers.Layer", "K.Variable"),
}

VARIABLE = """
{imports}


class Gain({base}):  # layer
    def __init__(self):
        super().__init__()
        self.gain = tf.Variable([1.0], name='gain')  # here
"""


def held(attribute: str, dtype: str = "float32") -> UntrackedVariable:
    return UntrackedVariable(
        name="gain",
        attribute=attribute,
        holder="attribute",
        shape=(1,),
        dtype=dtype,
        trainable=True,
        used=True,
        created_in="init",
        location=None,
    )


def drawn(name: str, **changes: object) -> Constant:
    told: dict[str, object] = {"created_in": "init", "holder": "attribute", "used": True}
    return Constant(
        name=name, kind="tensor", shape=(5, 3), dtype="float32", bytes=60, stable=False,
        **told | changes,  # type: ignore[arg-type]
    )  # fmt: skip


def test_a_variable_is_written_as_the_author_writes_keras() -> None:
    for imports, (base, written) in WAYS.items():
        tried = case(
            VARIABLE.format(imports=imports, base=base),
            "LD101",
            "self.gain",
            untracked_variables=(held("self.gain"),),
        )
        assert f"self.gain = {written}([1.0], name='gain')  # here" in first(
            tracked_variable.REMEDY, tried
        )


def test_keras_is_imported_where_it_was_not() -> None:
    source = VARIABLE.format(
        imports="import tensorflow as tf\nfrom keras.layers import Layer", base="Layer"
    )
    tried = case(source, "LD101", "self.gain", untracked_variables=(held("self.gain"),))
    text = first(tracked_variable.REMEDY, tried)
    assert text.startswith("import keras\nimport tensorflow as tf\n")
    assert "keras.Variable([1.0]" in text


def test_what_keras_does_not_take_is_left_out_and_a_number_keeps_its_type() -> None:
    source = """
    import keras
    import tensorflow as tf


    class Counter(keras.layers.Layer):  # layer
        def __init__(self):
            super().__init__()
            self.count = tf.Variable(initial_value=0, validate_shape=False)  # here
    """
    tried = case(source, "LD101", "self.count", untracked_variables=(held("self.count", "int64"),))
    assert 'keras.Variable(initializer=0, dtype="int64", trainable=False)' in first(
        tracked_variable.REMEDY, tried
    )


def test_every_variable_of_a_list_is_changed() -> None:
    source = """
    import keras
    import tensorflow as tf


    class Gains(keras.layers.Layer):  # layer
        def __init__(self):
            super().__init__()
            self.gains = [tf.Variable(1.0), tf.Variable(2.0)]  # here
    """
    variables = (held("self.gains[0]"), held("self.gains[1]"))
    tried = case(source, "LD101", "self.gains", untracked_variables=variables)
    text = first(tracked_variable.REMEDY, tried)
    assert "tf.Variable" not in text
    assert text.count("keras.Variable(") == 2


def test_a_helper_keeps_its_variable_and_the_layer_holds_it_too() -> None:
    source = """
    import keras
    import tensorflow as tf


    class Helper:
        def __init__(self):
            self.w = tf.Variable(1.0)  # here


    class Helped(keras.layers.Layer):  # layer
        def __init__(self):
            super().__init__()
            self.helper = Helper()
    """
    tried = case(source, "LD101", "self.helper.w", untracked_variables=(held("self.helper.w"),))
    text = first(tracked_variable.REMEDY, tried)
    assert "self.w = keras.Variable(1.0" in text
    assert "        self.helper = Helper()\n        self.helper_w = self.helper.w\n" in text


def test_a_drawn_constant_is_kept_in_a_variable_or_drawn_by_an_initializer() -> None:
    source = """
    import keras
    import tensorflow as tf


    class Projection(keras.layers.Layer):  # layer
        def __init__(self, units=3):
            super().__init__()
            self.basis = tf.random.normal((5, units), stddev=0.1)  # here
    """
    tried = case(source, "LD103", "self.basis", constants=(drawn("self.basis"),))
    wrapped, by_initializer, apart = candidates(constant_weight.REMEDY, tried)
    value = "tf.random.normal((5, units), stddev=0.1)"
    assert f'keras.Variable({value}, trainable=False, name="basis")' in wrapped
    assert "shape=(5, units)" in by_initializer
    assert "keras.initializers.RandomNormal(stddev=0.1)" in by_initializer
    assert f"        basis = {value}  # here\n        self.basis = self.add_weight(" in apart


def test_what_a_module_draws_is_taken_over_by_a_constructor() -> None:
    source = """
    import numpy as np
    import tensorflow as tf

    BASIS = np.random.normal(size=(5, 3))  # here


    class Projection(tf.keras.layers.Layer):  # layer

        def call(self, x):
            return tf.matmul(x, BASIS)
    """
    tried = case(source, "LD103", "BASIS", constants=(drawn("BASIS", holder="global"),))
    text = first(constant_weight.REMEDY, tried)
    assert 'self.basis = tf.keras.Variable(BASIS, trainable=False, name="basis")' in text
    assert "return tf.matmul(x, self.basis)" in text
    assert text.index("def __init__(self, **kwargs):") < text.index("def call(self, x):")


def test_start_values_in_a_local_name_become_an_initializer() -> None:
    source = """
    import keras
    import tensorflow as tf


    class Linear(keras.layers.Layer):  # layer
        def build(self, shape):
            start = tf.random_normal_initializer()
            values = start(shape=(shape[-1], 3), dtype="float32")
            self.w = tf.Variable(values, name="w")  # here
            self.b = tf.Variable(tf.zeros((3,)), name="b")
    """
    held_in_build = replace(held("self.w"), created_in="build")
    tried = case(source, "LD101", "self.w", untracked_variables=(held_in_build,))
    text = first(tracked_variable.REMEDY, tried)
    made = 'self.add_weight(initializer=start, shape=(shape[-1], 3), name="w")  # here'
    assert f"        self.w = {made}" in text
    assert "values" not in text
    assert "start = tf.random_normal_initializer()" in text


def test_what_a_function_of_build_reads_is_kept_in_a_weight() -> None:
    source = """
    import keras
    import numpy as np
    import tensorflow as tf


    class Order(keras.layers.Layer):  # layer
        def build(self, shape):
            order = np.random.permutation(shape[-1])  # here
            self.reorder = lambda x: tf.gather(x, order, axis=-1)
    """
    constant = drawn("order", holder="closure", created_in="build")
    tried = case(source, "LD103", "order", constants=(replace(constant, dtype="int64"),))
    text = first(constant_weight.REMEDY, tried)
    assert "self.order = self.add_weight(" in text
    assert 'initializer=keras.initializers.Constant(order), dtype="int64"' in text
    assert "lambda x: tf.gather(x, self.order, axis=-1)" in text


def test_a_line_that_becomes_too_long_is_broken_at_its_last_brackets() -> None:
    head = "import keras\n\n\nclass A:\n    def f(self):\n"
    before = cst.parse_module(f"{head}        self.x = g(1)\n")
    long = (
        "        self.x = keras.Variable(tf.random.normal((features, units)), "
        "trainable=False, name='basis')"
    )
    text = broken(before, cst.parse_module(f"{head}{long}  # why\n")).code
    assert text.endswith(
        "        self.x = keras.Variable(\n"
        "            tf.random.normal((features, units)), trainable=False, name='basis'\n"
        "        )  # why\n"
    )
    last = broken(before, cst.parse_module(f"{head}{long}")).code
    assert last.endswith("name='basis'\n        )")
    wide = (
        "        config.update({'one': keras.saving.serialize_keras_object(self.one), "
        "'two': self.two, 'three': 3})"
    )
    text = broken(before, cst.parse_module(f"{head}{wide}\n")).code
    assert text.endswith(
        "        config.update(\n"
        "            {\n"
        "                'one': keras.saving.serialize_keras_object(self.one),\n"
        "                'two': self.two,\n"
        "                'three': 3,\n"
        "            }\n"
        "        )\n"
    )
    row = (
        "            name='rows', shape=(self.vocabulary, self.width), "
        "initializer=keras.initializers.Constant(1)"
    )
    text = broken(before, cst.parse_module(f"{head}        self.x = g(\n{row}\n        )\n")).code
    assert text.endswith(
        "        self.x = g(\n"
        "            name='rows',\n"
        "            shape=(self.vocabulary, self.width),\n"
        "            initializer=keras.initializers.Constant(1),\n"
        "        )\n"
    )
    known = cst.parse_module(f"{head}{wide}\n")
    assert broken(known, known).code == known.code
