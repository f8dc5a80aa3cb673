"""What a layer holds or can name, and what its author calls it: helper objects made by hand."""

from __future__ import annotations

import collections
import functools
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import keras
import numpy as np
import pytest
import tensorflow as tf

from layerdoctor.facts import Holder
from layerdoctor.probe.contents.assignments import Assignments
from layerdoctor.probe.contents.object_walk import Held, ObjectWalk
from layerdoctor.user_code import Author

TABLE = np.arange(6.0)


class Holding(tf.Module):  # type: ignore[misc]
    def __init__(self, **attributes: Any) -> None:
        super().__init__()
        for name, value in attributes.items():
            setattr(self, name, value)


class Plain:
    def __init__(self, thing: Any) -> None:
        self.thing = thing


class Slotted:
    __slots__ = ("thing",)

    def __init__(self, thing: Any) -> None:
        self.thing = thing


class Pair(NamedTuple):
    gain: Any
    bias: Any


class Naming(tf.Module):  # type: ignore[misc]
    shared = np.ones(4)

    def __call__(self, x: Any) -> Any:
        return x * TABLE * self.shared


def walked(layer: Any) -> list[Held]:
    author = Author([str(Path(__file__).parent)])
    return list(ObjectWalk(layer, author, Assignments(author)).walk())


def arrays(layer: Any) -> dict[str, Holder]:
    return {held.attribute: held.holder for held in walked(layer) if _is_array(held.thing)}


def _is_array(thing: Any) -> bool:
    return isinstance(thing, (np.ndarray, tf.Variable, tf.Tensor)) and thing.dtype != object


def closure_over(value: Any) -> Callable[[Any], Any]:
    return lambda x: x * value


def looped(thing: Any) -> Plain:
    ring: list[Any] = [thing]
    ring.append(ring)
    return Plain(ring)


@pytest.mark.parametrize(
    ("held_by", "name"),
    [
        (lambda thing: thing, "self.it"),
        (lambda thing: [0, thing], "self.it[1]"),
        (lambda thing: {"a": {2: thing}}, "self.it['a'][2]"),
        (lambda thing: collections.deque([thing]), "self.it[0]"),
        (lambda thing: Pair(1.0, thing), "self.it.bias"),
        (Plain, "self.it.thing"),
        (Slotted, "self.it.thing"),
        (lambda thing: functools.partial(tf.multiply, thing), "self.it.args[0]"),
        (lambda thing: functools.partial(tf.multiply, y=thing), "self.it.keywords['y']"),
        (lambda thing: Plain([Plain(thing)]), "self.it.thing[0].thing"),
        (lambda thing: np.array([None, Plain(thing)], object), "self.it[1].thing"),
        (looped, "self.it.thing[0]"),
    ],
)
def test_a_thing_is_called_as_its_author_writes_it(
    held_by: Callable[[Any], Any], name: str
) -> None:
    assert arrays(Holding(it=held_by(np.ones(3)))) == {name: "attribute"}


def test_what_lies_in_a_module_is_said_to() -> None:
    assert arrays(Holding(part=Holding(gain=tf.Variable(1.0)))) == {"self.part.gain": "module"}


def test_what_a_function_closes_over_is_held_by_its_closure() -> None:
    assert arrays(Holding(scale=closure_over(np.ones(3)))) == {"value": "closure"}


def test_globals_and_class_attributes_that_a_method_names_are_held() -> None:
    assert arrays(Naming()) == {"TABLE": "global", "Naming.shared": "class"}


def test_a_thing_is_known_once_by_the_name_nearest_to_the_layer() -> None:
    table = np.ones(3)
    assert arrays(Holding(first=[table], scale=closure_over(table))) == {
        "self.first[0]": "attribute"
    }
    assert list(arrays(Holding(scale=closure_over(table), own=table))) == ["self.own"]


class Backwards(keras.layers.Layer):  # type: ignore[misc]
    def __hash__(self) -> int:
        return 20 - int(self.name.removeprefix("part_"))


def test_layers_in_a_set_are_numbered_as_they_were_made_whatever_their_hashes() -> None:
    parts = [Backwards(name=f"part_{number}") for number in range(12)]
    assert [each.name for each in set(parts)] != [each.name for each in parts]
    found = {held.thing.name: held.attribute for held in walked(Holding(it=set(parts)))[1:]}
    assert found == {each.name: f"self.it[{number}]" for number, each in enumerate(parts)}


def test_a_sparse_tensor_is_its_values_and_its_indices() -> None:
    sparse = tf.sparse.from_dense([[1.0, 0.0]])
    assert set(arrays(Holding(it=sparse))) == {"self.it.values", "self.it.indices"}


def test_numbers_and_texts_are_not_looked_at() -> None:
    held = walked(Holding(units=3, kind="relu", nothing=None, name_of={"a": 1}))
    assert [each.attribute for each in held if each.attribute != "self"] == ["self.name_of"]


def test_an_endless_chain_of_objects_ends() -> None:
    chain = Plain(np.ones(3))
    for _ in range(2000):
        chain = Plain(chain)
    assert arrays(Holding(it=chain)) == {}


def test_an_object_that_refuses_to_be_opened_hides_nothing_else() -> None:
    class Refusing(dict[str, Any]):
        def items(self) -> Any:
            raise RuntimeError("no")

    assert list(arrays(Holding(refusing=Refusing(a=1), own=np.ones(3)))) == ["self.own"]


def test_the_line_is_that_of_the_assignment() -> None:
    (held,) = [each for each in walked(Holding(it=Plain(np.ones(3)))) if _is_array(each.thing)]
    assert held.location is not None
    source = Path(__file__).read_text(encoding="utf-8").splitlines()
    assert source[held.location.line - 1].strip() == "self.thing = thing"
