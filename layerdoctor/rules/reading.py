"""How rules find their way in the facts."""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, TypeVar

from layerdoctor.wording import NAMED, are_alike, listed

if TYPE_CHECKING:
    from layerdoctor.facts import (
        Breach,
        BreachKind,
        Cause,
        CheckName,
        Failure,
        Gradient,
        Growth,
        LayerFacts,
        Location,
        Weight,
    )

Item = TypeVar("Item")

FLOATS = ("float", "bfloat", "complex")

ARGUMENTS = re.compile(
    r"keyword argument|positional argument|multiple values for argument|takes no arguments"
)
"""The words of an exception about the arguments of a Python call."""

SIZES = re.compile(r"\b(shapes?|dim\w*|ranks?|axis|axes|sizes?|d?types?|none\w*|float\w*|int\w*)\b")
"""The words of an exception about shapes and types that do not fit."""


def is_float(dtype: str) -> bool:
    """Whether a gradient can flow through values of this type."""
    return dtype.startswith(FLOATS)


def breaches(facts: LayerFacts, check: CheckName, *kinds: BreachKind) -> Iterator[Breach]:
    """The breaches of one check of the contract, of these kinds only where some are given."""
    for found in facts.checks:
        if found.name == check:
            yield from (breach for breach in found.breaches if not kinds or breach.kind in kinds)


def leaks_that_raise(facts: LayerFacts) -> Iterator[Breach]:
    """The tensors left on the layer by tracing that make a later call raise."""
    return (leak for leak in breaches(facts, "graph", "leaked") if leak.failure is not None)


def without_value(facts: LayerFacts, name: str) -> str:
    """What a tensor that is kept, and that is told of, does besides where a graph makes it."""
    leak = next((leak for leak in leaks_that_raise(facts) if leak.subject == name), None)
    if leak is None or leak.failure is None:
        return ""
    raises = leak.failure.exception or "an exception"
    return (
        "; made in a graph, as where `fit` builds the layer in a subclassed model, it has no "
        f"value, and a later call raises {raises}"
    )


def makes_variables(growth: Growth | None) -> bool:
    """Whether calls after the first make new variables, and go on to do so."""
    later = growth.variables_per_call[1:] if growth else ()
    return bool(later) and (all(later) or sum(map(bool, later)) > 1)


def makes_them_at(facts: LayerFacts, place: Location | None) -> bool:
    """Whether it is on this line that calls make new variables, or no line is known."""
    growth = facts.growth
    if growth is None or not makes_variables(growth):
        return False
    made = (variable for variable in growth.new_variables if variable.call > 1)
    places = [place for each in made for place in (each.location, each.inner_location)]
    lines = {(one.file, one.line) for one in places if one}
    return place is None or not lines or (place.file, place.line) in lines


def behind(weights: Sequence[Weight]) -> str | None:
    """``nothing before it trains: 169 weights of 13 layers``, of weights whose gradient ends there.

    None where they are few enough, or alike enough, to be named. Where others that the operation is
    computed from do train, only these are said not to.
    """
    layers = {outermost(weight.owner) for weight in weights if weight.owner != "self"}
    if len(weights) <= NAMED + 1 or len(layers) < 2 or are_alike(w.attribute for w in weights):
        return None
    number = f"{len(weights)} weights of {len(layers)} layers"
    if weights[0].gradient.upstream == len(weights):
        return f"nothing before it trains: {number}"
    return f"{number} before it do not train"


def outermost(owner: str) -> str:
    """``self.blocks[0]`` for ``self.blocks[0].att.query``: the layer's own part.

    A model in a model is none, but its layers are.
    """
    found = re.match(r"self\.\w+(\[[^\[\]]*\])*(\.layers\[\d+\])*", owner)
    return found[0] if found else owner


def same_failure(one: Failure | None, other: Failure | None) -> bool:
    """Whether both are the same exception, raised on the same line."""
    if one is None or other is None:
        return False
    return (one.exception, one.location) == (other.exception, other.location)


def weights_named(names: Iterable[str], facts: LayerFacts) -> str:
    """The weights of those names; of many in one container, how many of how many there."""
    return listed(names, (weight.attribute for weight in facts.weights))


def is_lost(gradient: Gradient, *causes: Cause) -> bool:
    """Whether no gradient arrives in training, for one of these causes."""
    trains = (gradient.modes or {}).get("training", "none") != "none"
    return gradient.status == "none" and gradient.cause in causes and not trains


def cuts_weights_at(facts: LayerFacts, place: Location | None) -> bool:
    """Whether something on this line ends the gradient of a weight, of which is told already."""
    causes: tuple[Cause, ...] = ("cut", "left-tensorflow", "integer", "stopped", "discarded")
    ends = (
        weight.gradient.location
        for weight in facts.weights
        if weight.trainable and is_lost(weight.gradient, *causes)
    )
    return place is not None and any(same_line(end, place) for end in ends)


def in_training(gradient: Gradient) -> str:
    """`` in training`` where inference is another matter."""
    return " in training" if gradient.modes else ""


def grouped(items: Iterable[Item], key: Callable[[Item], Hashable]) -> list[list[Item]]:
    """The items that share a key, in the order in which the keys first occur."""
    groups: dict[Hashable, list[Item]] = {}
    for item in items:
        groups.setdefault(key(item), []).append(item)
    return list(groups.values())


def container(attribute: str) -> str:
    """``self.gains`` for ``self.gains[2]``; an attribute that is no element stays as it is."""
    return attribute[: attribute.rindex("[")] if attribute.endswith("]") else attribute


def class_line(facts: LayerFacts) -> Location | None:
    """The line of the ``class`` statement, where it is known."""
    if facts.file is None or facts.line is None:
        return None
    from layerdoctor.facts import Location

    return Location(file=facts.file, line=facts.line)


def same_line(one: Location | None, other: Location | None) -> bool:
    """Whether both are known and the same line."""
    if one is None or other is None:
        return False
    return (one.file, one.line) == (other.file, other.line)


def remedy_of(failure: Failure) -> str | None:
    """What to do about an exception that is not about a shape or a type that does not fit."""
    return lacking(failure) or _of_the_line(failure)


def _of_the_line(failure: Failure) -> str | None:
    if re.search(rf"line {_line(failure)}, in .*\n\s+(raise|assert)\b", failure.traceback or ""):
        return (
            "the layer refuses this itself: give it what it asks for, with `--shape SIZES` or "
            "`--arg NAME=VALUE`, or mend its condition"
        )
    if adds_state(failure):
        return MADE_BEFORE
    if OF_GRADIENT in failure.message:
        return WITH_VARIABLES
    if "NoneType" in failure.message and ".gradient(" in (failure.traceback or ""):
        return UNWATCHED
    if ARGUMENTS.search(failure.message):
        return MENDED
    of_operations = failure.exception in ("TypeError", "InvalidArgumentError")
    about_sizes = of_operations or SIZES.search(failure.message.lower())
    return None if about_sizes else MENDED


def lacking(failure: Failure) -> str | None:
    """What to do where the environment lacks something, or a name has another use."""
    if found := re.search(r"No module named '(\w+)", failure.message):
        return f"install `{found[1]}` in the environment in which layerdoctor runs"
    if ABSENT.search(failure.message):
        return (
            "provide the file or the connection that it needs, or give it another: "
            "`--arg NAME=VALUE`"
        )
    if found := re.search(r"property '(\w+)' of '\w+' object has no setter", failure.message):
        return f"give the attribute another name: `{found[1]}` is a property that every layer has"
    return None


ABSENT = re.compile(
    r"No such file or directory|Name or service not known|name resolution|Connection refused"
    r"|Network is unreachable|timed out"
)
"""What the operating system says where a file or a connection is not there."""

IN_TENSORFLOW = (
    "compute it with TensorFlow operations, which have gradients; what only NumPy has can be given "
    "one with `tf.custom_gradient`"
)
"""What to do where a value leaves TensorFlow, and no gradient comes back."""

MENDED = "mend that line: the message says what it lacks or refuses"

OF_GRADIENT = "grad_fn must accept keyword argument 'variables'"
"""What ``tf.custom_gradient`` says of a function that reads weights which it is not given."""

UNWATCHED = (
    "let the tape see what it is to derive by, before it is used: `tape.watch(x)`; of a tensor "
    "that it does not watch it gives None"
)

WITH_VARIABLES = (
    "give the function that returns the gradient an argument `variables=None`, and return their "
    "gradients, too: `def grad(upstream, variables=None): return upstream * slope, [of_each]`; or "
    "hand the weights to the decorated function as arguments"
)

MADE_BEFORE = "make variables and sub-layers in `build`, or in `__init__`, and only use them here"


def adds_state(failure: Failure) -> bool:
    """Whether Keras refuses a weight or a sub-layer of a layer that is built already."""
    return "add new elements of state" in failure.message


def is_of_build(failure: Failure) -> bool:
    """Whether it was on a line of ``build`` that an exception arose."""
    return f"line {_line(failure)}, in build\n" in (failure.traceback or "")


def _line(failure: Failure) -> int:
    return failure.location.line if failure.location else 0
