"""Branches, counters, histories and functions that graphs can do with."""

from __future__ import annotations

import libcst as cst

from layerdoctor.remedies.editing.names import with_import
from layerdoctor.remedies.gradients import own_gradient
from layerdoctor.remedies.graph import (
    bounded_history,
    chosen_values,
    counted_state,
    made_outside,
    without_xla,
)
from tests.remedies.trying import candidates, case, first

LAYER = """
import tensorflow as tf


class Example(tf.keras.layers.Layer):  # layer
    def __init__(self, steps=20):
        super().__init__()
        self.steps = steps
        self.done = 0
        self.kept = []

    def call(self, inputs):
{body}
"""


def body(*lines: str) -> str:
    return LAYER.format(body="\n".join(f"        {line}" for line in lines))


def test_what_is_returned_on_two_ways_is_chosen() -> None:
    source = body("if size > 2.0:  # here", "    return inputs / size", "return inputs")
    text = first(chosen_values.REMEDY, case(source, "LD401", None))
    assert text.endswith("        return tf.where(size > 2.0, inputs / size, inputs)\n")
    assert "if size" not in text


def test_what_one_name_is_given_on_two_ways_is_chosen() -> None:
    source = body("if size > 2.0:  # here", "    x = 1.0", "else:", "    x = 2.0", "return x")
    text = first(chosen_values.REMEDY, case(source, "LD401", None))
    assert text.endswith("        x = tf.where(size > 2.0, 1.0, 2.0)\n        return x\n")
    alone = body("x = inputs", "if size > 2.0:  # here", "    x = 2.0 * x", "return x")
    text = first(chosen_values.REMEDY, case(alone, "LD401", None))
    assert "x = tf.where(size > 2.0, 2.0 * x, x)\n" in text


def test_a_branch_that_does_more_is_left_alone() -> None:
    source = body("if size > 2.0:  # here", "    self.go()", "    x = 1.0", "return x")
    assert not candidates(chosen_values.REMEDY, case(source, "LD401", None))


def test_a_counter_becomes_a_weight() -> None:
    source = body("self.done = min(self.done + 1, self.steps)  # here", "return inputs")
    text = first(counted_state.REMEDY, case(source, "LD403", "self.done"))
    made = 'self.add_weight(name="done", shape=(), initializer="zeros", trainable=False)'
    assert f"self.done = {made}" in text
    assert "self.done.assign(tf.minimum(self.done + 1, self.steps))  # here" in text
    added = body("self.done += 2  # here", "return inputs")
    text = first(counted_state.REMEDY, case(added, "LD403", "self.done"))
    assert "self.done.assign_add(2)  # here" in text


def test_a_history_forgets_the_oldest_and_its_module_is_imported_on_its_own() -> None:
    source = body("self.kept.append(inputs)  # here", "return inputs")
    text = first(bounded_history.REMEDY, case(source, "LD302", "self.kept"))
    assert text.startswith("import collections\n\nimport tensorflow as tf\n")
    assert "self.kept = collections.deque(maxlen=10)" in text


def test_a_function_of_nothing_local_is_made_once() -> None:
    source = "@tf.function\ndef mixed(x, activation):\n    return activation(x)\n"
    head, rest = body("return mixed(inputs, lambda x: tf.abs(x))  # here").split("\n\n\n", 1)
    text = first(made_outside.REMEDY, case(f"{head}\n\n\n{source}\n\n{rest}", "LD303", "mixed"))
    assert "        self.activation = lambda x: tf.abs(x)\n" in text
    assert "return mixed(inputs, self.activation)  # here" in text
    local = body("y = inputs", "return mixed(inputs, lambda x: x + y)  # here")
    assert not candidates(made_outside.REMEDY, case(local, "LD303", "mixed"))


def test_what_xla_cannot_compile_is_declared() -> None:
    text = first(without_xla.REMEDY, case(body("return inputs  # here"), "LD406", None))
    assert "super().__init__()\n        self.supports_jit = False\n" in text


def test_a_wrong_gradient_is_left_to_tensorflow() -> None:
    source = """
    import tensorflow as tf


    @tf.custom_gradient
    def squared(x):
        def backward(upstream):
            return upstream * x

        return x * x, backward  # here


    class Example(tf.keras.layers.Layer):  # layer
        pass
    """
    text = first(own_gradient.REMEDY, case(source, "LD207", "squared"))
    assert "\n\n\ndef squared(x):\n    return x * x  # here\n" in text


def test_an_import_stands_before_those_of_its_group_that_name_what_they_take() -> None:
    module = cst.parse_module(
        "from __future__ import annotations\n\n# typed\nfrom typing import Any\n\nimport keras\n"
    )
    assert with_import(module, "collections").code == (
        "from __future__ import annotations\n\n# typed\nimport collections\nfrom typing import Any"
        "\n\nimport keras\n"
    )
    module = cst.parse_module("import os\n\nfrom keras import layers\n")
    assert with_import(module, "tensorflow as tf").code == (
        "import os\n\nimport tensorflow as tf\nfrom keras import layers\n"
    )


def test_an_import_stands_among_the_others() -> None:
    tried = case(body("return inputs  # here"), "LD001", None)
    assert with_import(tried.module, "keras").code.startswith("import keras\nimport tensorflow")
    assert with_import(tried.module, "zlib").code.startswith("import zlib\n\nimport tensorflow")
