"""Which framework a class of layers belongs to."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import keras
import pytest
import tensorflow as tf
import tf_keras

from layerdoctor.probe.layer.framework import call_parameters, framework_of


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        (keras.layers.Dense, "keras"),
        (keras.Model, "keras"),
        (tf_keras.layers.Dense, "tf_keras"),
        (tf_keras.Model, "tf_keras"),
        (tf.Module, None),
        (keras.layers.InputSpec, None),
        (dict, None),
    ],
)
def test_a_class_is_known_by_its_base(kind: type, name: str | None) -> None:
    assert framework_of(kind) == name


def test_a_layer_is_one_though_its_package_has_hidden_keras(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delitem(sys.modules, "tf_keras")
    assert framework_of(tf_keras.layers.Dense) == "tf_keras"


def passed_on(function: Callable[..., Any]) -> Callable[..., Any]:
    def inner(*args: Any, **kwargs: Any) -> Any:
        return function(*args, **kwargs)

    return inner


class Wrapped(keras.layers.Layer):  # type: ignore[misc]
    @passed_on
    def call(self, x: Any) -> Any:
        return x


def test_a_call_behind_a_decorator_takes_what_that_takes() -> None:
    assert [*call_parameters(Wrapped())] == ["args", "kwargs"]
    assert [*call_parameters(keras.layers.Dropout(0.5))] == ["inputs", "training"]
