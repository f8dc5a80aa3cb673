"""The stages: each runs the author's code and then says what was seen.

A stage is made first, which prepares it. What ``run`` raises is a failure of the layer; what is
raised while it is made or while its ``facts`` are put together is a fault of layerdoctor's own.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from typing import Any, ClassVar, Protocol

import numpy as np

from layerdoctor.facts import Gradient, Output, Stage, Weight
from layerdoctor.probe.contents.assignments import Assignments
from layerdoctor.probe.contents.constants import derived_from
from layerdoctor.probe.contents.inventory import Tracked, Untracked
from layerdoctor.probe.contract.context import Context, Stuck
from layerdoctor.probe.contract.models.own_step import has_own_training
from layerdoctor.probe.contract.stage import make_checks
from layerdoctor.probe.examination.examined import ExaminedLayer
from layerdoctor.probe.layer import framework
from layerdoctor.protocol import observed

FLOWS = Gradient(status="flows")
"""That of a weight which the author's own training moves."""


class ExaminationStage(Protocol):
    """One stage of an examination."""

    stage: ClassVar[Stage]

    def __init__(self, examined: ExaminedLayer) -> None:
        """Prepare the stage; raises ``NothingToExamine``."""

    def run(self) -> None:
        """Run the author's code; raises what it raises."""

    def facts(self) -> dict[str, Any]:
        """Return what was seen, as fields of ``LayerFacts``."""


class Construct:
    """The constructor."""

    stage: ClassVar[Stage] = Stage.CONSTRUCT

    def __init__(self, examined: ExaminedLayer) -> None:
        self._examined = examined
        self._args = examined.args

    def run(self) -> None:
        """Construct the layer."""
        assert self._examined.tape is not None
        with self._examined.tape:
            self._examined.layer = self._examined.factory.construct(self._args)

    def facts(self) -> dict[str, Any]:
        """Return which class it is: a factory tells only now."""
        return class_facts(type(self._examined.layer), self._examined.assignments)


class FirstCall:
    """The first call, in which most layers are built."""

    stage: ClassVar[Stage] = Stage.CALL

    def __init__(self, examined: ExaminedLayer) -> None:
        self._examined = examined
        self._calls = examined.first_calls()

    def run(self) -> None:
        """Call the layer."""
        assert self._examined.tape is not None
        with self._examined.tape:
            self._calls.call()

    def facts(self) -> dict[str, Any]:
        """Return the weights and other variables, and what the call returned."""
        inventory = self._examined.inventory()
        weights, untracked = inventory.weights(), inventory.untracked_variables(None)
        sources: list[Tracked | Untracked] = [*weights, *untracked]
        self._examined.derived = derived_from(self._examined.tape, self._calls.held, sources)
        self._examined.tape = None
        return {
            "builds_itself": framework.own_method(self._examined.layer, "build"),
            "weights": [item.fact for item in weights],
            "untracked_variables": [item.fact for item in untracked],
            "outputs": [output_of(item) for item in framework.flatten(self._calls.returned)],
        }


class Repeat:
    """Further calls, for what each leaves behind."""

    stage: ClassVar[Stage] = Stage.REPEAT

    def __init__(self, examined: ExaminedLayer) -> None:
        self._calls = examined.called
        self._count = examined.target.calls
        self._assignments = examined.assignments

    def run(self) -> None:
        """Call the layer again."""
        self._calls.repeat(self._count)

    def facts(self) -> dict[str, Any]:
        """Return what has grown, and what the source gives the new variables to."""
        growth = self._calls.growth()
        places = {each.location for each in growth.new_variables if each.location}
        names = {place: self._assignments.assigned_on(place) for place in places}
        made = tuple(
            replace(each, assigned_to=names[each.location] if each.location else None)
            for each in growth.new_variables
        )
        return {"growth": replace(growth, new_variables=made)}


class Contract:
    """The checks of the layer's contract with its framework; each tells its own facts."""

    stage: ClassVar[Stage] = Stage.CONTRACT

    def __init__(self, examined: ExaminedLayer) -> None:
        examined.tape = None  # another process may have asked it
        self._examined = examined
        is_told = not has_own_training(examined.layer)
        stuck = (one.attribute for one in examined.weights if one.gradient.stuck and is_told)
        self._context = Context(
            examined.called,
            examined.factory,
            examined.author,
            examined.assignments,
            lambda place: examined.tell(observed(loop=place)),
            stuck=Stuck(frozenset(stuck), self._moved, self._trained),
        )

    def run(self) -> None:
        """Make the checks that are not made yet."""
        examined = self._examined
        make_checks(self._context, examined.made, examined.tell, examined.observations)

    def facts(self) -> dict[str, Any]:
        """Return nothing further."""
        return {}

    def _moved(self, attributes: Collection[str]) -> None:
        """Tell that training has moved weights whose gradient seemed to be zero for ever."""
        weights = [
            replace(each, gradient=revived(each.gradient)) if each.attribute in attributes else each
            for each in self._examined.weights
        ]
        self._examined.tell(observed(weights=weights))

    def _trained(self, attributes: Collection[str]) -> None:
        """Tell which weights the author's own training moves; of the others what was seen holds."""
        weights = with_unreached(
            self._examined.weights,
            lambda weight: FLOWS if weight.attribute in attributes else weight.gradient,
        )
        self._examined.tell(observed(weights=weights))


def with_unreached(
    weights: Sequence[Weight], gradient_of: Callable[[Weight], Gradient]
) -> list[Weight]:
    """Return the weights, with other gradients of those that none seemed to reach."""
    return [
        replace(each, gradient=gradient_of(each))
        if each.trainable and each.gradient.status in ("none", "zero")
        else each
        for each in weights
    ]


def revived(gradient: Gradient) -> Gradient:
    """Return a gradient of zero as that of a weight that training moves."""
    return replace(gradient, stuck=False, other_start_revives=None, held_by=())


def class_facts(kind: type, assignments: Assignments) -> dict[str, Any]:
    """Return which class it is and where it stands; nothing for what is no layer."""
    if framework.framework_of(kind) is None:
        return {}
    place = assignments.of_class(kind)
    return {
        "class_name": f"{kind.__module__}.{kind.__qualname__}",
        "file": place and place.file,
        "line": place and place.line,
        "framework": framework.framework_of(kind),
    }


def output_of(item: Any) -> Output:
    """Return shape and type of one leaf of what the layer returned."""
    shape = getattr(item, "shape", None)
    if shape is None or getattr(shape, "rank", 0) is None:
        return Output(shape=(), dtype=type(item).__name__)
    sizes = tuple(None if size is None else int(size) for size in tuple(shape))
    dtype = getattr(item, "dtype", None)
    return Output(shape=sizes, dtype=getattr(dtype, "name", None) or str(np.dtype(dtype)))
