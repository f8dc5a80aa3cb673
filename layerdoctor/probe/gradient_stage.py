"""The gradient stage: what the forward pass reads, and how the gradient reaches each variable."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from layerdoctor.author import Author
from layerdoctor.facts import NOT_RUN, Gradient, InputGradient, Location
from layerdoctor.probe import framework
from layerdoctor.probe.creation import handle_id
from layerdoctor.probe.explanation import explain, locate
from layerdoctor.probe.gradients import Pass, Variable, dense, differentiate, status_of
from layerdoctor.probe.revival import Revival, perturbed
from layerdoctor.probe.subject import Snapshot, Subject

NOT_APPLICABLE = Gradient(status="not-applicable")


class GradientStage:
    """Runs as few passes as tell the truth: two or three where nothing looks suspicious.

    One pass in training mode, one in inference where the call tells the two apart, one on inputs of
    zeros; more only for variables without a gradient or with a gradient of exactly zero.
    """

    def __init__(
        self,
        subject: Subject,
        variables: Sequence[Variable],
        constants: Sequence[Any],
        author: Author,
    ) -> None:
        self.subject = subject
        self._variables = variables
        self._constants = constants
        self._author = author
        known = subject.variables()
        handles = set(map(handle_id, known))
        self._start = Snapshot.of(
            [*known, *(item.variable for item in variables if item.id not in handles)]
        )
        self._found: dict[int, Gradient] = {}
        self._inputs: list[Gradient] = []
        self._kept: Pass | None = None
        self.passes: list[Pass] = []
        """The passes on ordinary inputs."""

    def run(self) -> None:
        """Differentiate, and go on only where a gradient is missing or zero."""
        self.passes.append(self.differentiate())
        if self.subject.has_training:
            self.passes.append(self.differentiate(training=False))
        if any(not self._is_read(item) for item in self._without("none")):
            self.passes.append(self.differentiate(arrays=self.subject.redrawn(1)))
        self._explain(self._without("none"))
        if zero := self._without("zero"):
            self._judge_zeros(zero)
        self._inputs = [self._input_gradient(tensor) for tensor in self.first.inputs]

    @property
    def first(self) -> Pass:
        """The pass in training mode on the first draw."""
        return self.passes[0]

    @property
    def fullest(self) -> Pass:
        """The pass of which most is known: the kept one where there was need for it."""
        return self._kept or self.first

    @property
    def kept(self) -> Pass:
        """A pass like the first that has the gradients at every tensor in between."""
        if self._kept is None:
            self._kept = self.differentiate(keep=True)
        return self._kept

    def differentiate(self, **options: Any) -> Pass:
        """Make one pass and give every variable its value back."""
        variables = [item.variable for item in self._variables if item.is_float]
        try:
            return differentiate(self.subject, variables, self._constants, **options)
        finally:
            self._start.restore()

    def read(self) -> set[int]:
        """Return the identities of what some pass read: handles and tensors."""
        return {tensor for seen in self.passes for tensor in seen.flow.taken()}

    def gradient(self, item: Variable) -> Gradient:
        """Return what was found for a variable."""
        if not item.trainable:
            return NOT_APPLICABLE
        if not item.is_float:
            return Gradient(status="none", cause="integer")
        return self._found.get(item.id) or self._measured(item)

    def gradient_at(self, tensor: Any) -> Gradient:
        """Return what was found for a constant that was differentiated by."""
        if tensor._id not in self.first.gradients:
            return NOT_RUN
        status, norm = status_of(self.first.gradients[tensor._id])
        return Gradient(status=status, norm=norm)

    def input_gradients(self) -> list[InputGradient]:
        """Return how the gradient reaches each float input."""
        if not any(tensor.dtype.is_floating for tensor in self.first.outputs):
            return []
        names = [
            spec.name or _positional(index, len(self._inputs))
            for index, spec in enumerate(self.subject.inputs)
        ]
        return [
            InputGradient(name=name, gradient=gradient)
            for name, gradient in zip(names, self._inputs, strict=True)
            if gradient is not NOT_APPLICABLE
        ]

    def assigned_at(self, item: Variable) -> Location | None:
        """Return the author's line that assigns the variable in the forward pass."""
        for seen in self.passes:
            for operation in seen.flow.assignments(item.id):
                return self._author.location(list(operation.stack), operation.type)
        return None

    def _without(self, status: str) -> list[Variable]:
        """Return the trainable float variables of that status in every pass so far."""
        return [
            item
            for item in self._variables
            if item.trainable
            and item.is_float
            and all(status_of(seen.gradients.get(item.id))[0] == status for seen in self.passes)
        ]

    def _is_read(self, item: Variable) -> bool:
        return any(seen.flow.used(item.id) for seen in self.passes)

    def _measured(self, item: Variable) -> Gradient:
        """Return status and norm in training mode, or in the first pass that has a gradient."""
        found = [status_of(seen.gradients.get(item.id)) for seen in self.passes]
        status, norm = next((one for one in found if one[0] != "none"), found[0])
        modes = None
        if self.subject.has_training and found[0][0] != found[1][0]:
            modes = {"training": found[0][0], "inference": found[1][0]}
        return Gradient(status=status, norm=norm, modes=modes)

    def _explain(self, missing: Iterable[Variable]) -> None:
        discarded = []
        for item in missing:
            if not self._is_read(item):
                self._found[item.id] = Gradient(status="none", cause="unused")
                continue
            gradient = explain(self.kept, item.id, self._author)
            self._found[item.id] = gradient
            if gradient.cause == "discarded":
                discarded.append(item)
        if discarded:
            self._separate_left(discarded)

    def _separate_left(self, discarded: Sequence[Variable]) -> None:
        """Tell what left TensorFlow unseen from what is discarded: the output depends on it still.

        NumPy reads a tensor's memory without a word to TensorFlow.
        """
        before = self._values()
        with perturbed([item.variable for item in discarded], self._start):
            after = self._values()
        if all(np.array_equal(a, b, equal_nan=True) for a, b in zip(before, after, strict=True)):
            return
        for item in discarded:
            found = self._found[item.id]
            self._found[item.id] = replace(found, cause="left-tensorflow", op="numpy")

    def _values(self) -> list[Any]:
        self.subject.seed()
        outputs = self.subject.run(training=False if self.subject.has_training else None)
        self._start.restore()
        return [np.asarray(item) for item in _numeric(outputs)]

    def _judge_zeros(self, zero: Sequence[Variable]) -> None:
        stuck = Revival(self.differentiate, self.subject, zero, self._start).stuck()
        for item in zero:
            measured = self._measured(item)
            if item.id not in stuck:
                self._found[item.id] = replace(measured, stuck=False)
                continue
            found = replace(measured, stuck=True, other_start_revives=stuck[item.id])
            self._found[item.id] = locate(self.kept, item.id, _nonzero, found, self._author)

    def _input_gradient(self, tensor: Any) -> Gradient:
        if not tensor.dtype.is_floating:
            return NOT_APPLICABLE
        status, norm = status_of(self.first.gradients.get(tensor._id))
        if status != "none":
            return Gradient(status=status, norm=norm)
        if not self.first.flow.used(tensor._id):
            return Gradient(status="none", cause="unused")
        position = [item is tensor for item in self.first.inputs].index(True)
        return explain(self.kept, self.kept.inputs[position]._id, self._author)


def _nonzero(gradient: Any) -> bool:
    return bool(np.any(dense(gradient)))


def _positional(index: int, count: int) -> str:
    return "inputs" if count == 1 else f"inputs[{index}]"


def _numeric(outputs: Any) -> list[Any]:
    return [item for item in framework.flatten(outputs) if hasattr(item, "numpy")]
