"""Configs that say every argument, in the way in which they are written."""

from __future__ import annotations

import pytest

from layerdoctor.facts import Breach, Check, Failure, Stage
from layerdoctor.remedies.construction import config_arguments, start_weights, super_call
from tests.remedies.trying import candidates, case, first

LAYER = """
import keras


class Slope(keras.layers.Layer):  # layer
    def __init__(self, slope=0.1, units=3, **kwargs):
        super().__init__(**kwargs)
        self.slope = slope
        self.units = units

    def get_config(self):
{body}
"""

FORMS = {
    "        return super().get_config()": ('return {**super().get_config(), "slope": self.slope}'),
    '        return {**super().get_config(), "units": self.units}': (
        '{**super().get_config(), "units": self.units, "slope": self.slope}'
    ),
    "        return dict(super().get_config(), units=self.units)": (
        "dict(super().get_config(), units=self.units, slope=self.slope)"
    ),
    "        config = super().get_config()\n"
    "        config.update({'units': self.units})\n"
    "        return config": "config.update({'units': self.units, 'slope': self.slope})",
    "        config = super().get_config()\n"
    '        config["units"] = self.units\n'
    "        return config": 'config["slope"] = self.slope\n        return config',
    "        config = super().get_config()\n"
    "        config.update(\n"
    "            {\n"
    '                "units": self.units,\n'
    "            }\n"
    "        )\n"
    "        return config": (
        '                "units": self.units,\n'
        '                "slope": self.slope,\n'
        "            }\n"
    ),
}


def dropped(name: str, **changes: object) -> tuple[Check, ...]:
    told: dict[str, object] = {"kind": "dropped", "subject": name, **changes}
    breach = Breach(**told)  # type: ignore[arg-type]
    return (Check(name="config", status="failed", breaches=(breach,)),)


@pytest.mark.parametrize(("body", "expected"), FORMS.items())
def test_an_argument_is_added_as_the_others_are(body: str, expected: str) -> None:
    tried = case(LAYER.format(body=body), "LD501", "slope", checks=dropped("slope"))
    assert expected in first(config_arguments.REMEDY, tried)


def test_an_argument_that_is_not_kept_is_kept_behind_the_call_of_the_base() -> None:
    source = LAYER.format(body="        return super().get_config()")
    source = source.replace("self.slope = slope", "self.slope = abs(slope)")
    text = first(config_arguments.REMEDY, case(source, "LD501", "slope", checks=dropped("slope")))
    assert "super().__init__(**kwargs)\n        self._slope = slope\n" in text
    assert '"slope": self._slope' in text


def test_arguments_that_one_line_keeps_together_are_known_to_be_kept() -> None:
    body = """
    import keras


    class Example(keras.layers.Layer):  # layer
        def __init__(self, units=4, power=2, **kwargs):
            super().__init__(**kwargs)
            self.units, self.power = units, int(power)

        def get_config(self):
            return super().get_config()
    """
    kept = first(config_arguments.REMEDY, case(body, "LD501", "units", checks=dropped("units")))
    assert kept.endswith('return {**super().get_config(), "units": self.units}\n')
    assert kept.count("units = units") == 0
    made = first(config_arguments.REMEDY, case(body, "LD501", "power", checks=dropped("power")))
    assert "        self._power = power\n" in made


def test_an_object_is_serialised_and_made_again() -> None:
    source = """
    import tensorflow as tf


    class Wrapper(tf.keras.layers.Layer):  # layer
        def __init__(self, inner, name=None):
            super().__init__(name=name)
            self.inner = inner
    """
    failure = Failure(stage=Stage.CONTRACT, kind="raised", message="")
    checks = dropped("inner", kind="refused", failure=failure)
    text = first(config_arguments.REMEDY, case(source, "LD501", "inner", checks=checks))
    assert "def __init__(self, inner, name=None, **kwargs):" in text
    assert "super().__init__(name=name, **kwargs)" in text
    assert '"inner": tf.keras.utils.serialize_keras_object(self.inner)' in text
    assert 'config["inner"] = tf.keras.utils.deserialize_keras_object(config["inner"])' in text


def test_a_missing_call_of_the_base_comes_first_behind_the_docstring() -> None:
    source = """
    import keras


    class Scale(keras.layers.Layer):  # layer
        def __init__(
            self,
            scale=1.0,
        ):  # here
            '''Keep the scale.'''
            self.scale = scale
    """
    text = first(super_call.REMEDY, case(source, "LD001", None))
    assert "        scale=1.0,\n        **kwargs,\n    ):" in text
    assert "'''Keep the scale.'''\n        super().__init__(**kwargs)\n" in text


def test_a_late_call_of_the_base_is_moved_and_an_early_one_stays() -> None:
    source = """
    import keras


    class Scale(keras.layers.Layer):  # layer
        def __init__(self, scale=1.0):
            {lines}
    """
    late = "self.scale = scale  # here\n            super().__init__()"
    text = first(super_call.REMEDY, case(source.format(lines=late), "LD001", None))
    assert "super().__init__()\n        self.scale = scale" in text
    early = "super().__init__()\n            self.scale = scale  # here"
    assert not candidates(super_call.REMEDY, case(source.format(lines=early), "LD001", None))


def test_start_values_for_the_base_become_initializers_of_what_build_adds() -> None:
    source = """
    import keras


    class Affine(keras.layers.Layer):  # layer
        def __init__(self, table, **kwargs):
            super().__init__(weights=[table, table[0]], **kwargs)  # here

        def build(self, input_shape):
            self.rows = self.add_weight(name="rows", shape=(4, 3))
            self.shift = self.add_weight(name="shift", shape=(3,), initializer="zeros")
    """
    assert first(start_weights.REMEDY, case(source, "LD001", None)).endswith(
        "        super().__init__(**kwargs)  # here\n"
        "        self.table = table\n"
        "        self.start_2 = table[0]\n\n"
        "    def build(self, input_shape):\n"
        '        self.rows = self.add_weight(name="rows", shape=(4, 3), '
        "initializer=keras.initializers.Constant(self.table))\n"
        '        self.shift = self.add_weight(name="shift", shape=(3,), '
        "initializer=keras.initializers.Constant(self.start_2))\n"
    )
    fewer = source.replace("[table, table[0]]", "[table]")
    assert not candidates(start_weights.REMEDY, case(fewer, "LD001", None))


OWN_ALONE = {
    '        return {"slope": self.slope}': (
        '        return {**super().get_config(), "slope": self.slope}\n'
    ),
    '        config = {\n            "slope": self.slope,\n        }\n        return config': (
        "        config = {\n"
        "            **super().get_config(),\n"
        '            "slope": self.slope,\n'
        "        }\n"
    ),
}


@pytest.mark.parametrize(("body", "expected"), OWN_ALONE.items())
def test_a_config_takes_in_what_every_layer_has(body: str, expected: str) -> None:
    tried = case(LAYER.format(body=body), "LD501", "trainable", checks=dropped("trainable"))
    assert expected in first(config_arguments.REMEDY, tried)
