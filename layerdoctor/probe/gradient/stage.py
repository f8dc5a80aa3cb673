"""The gradient stage: what the forward pass reads, and how the gradient reaches each variable."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from layerdoctor.facts import (
    NOT_RUN,
    Failure,
    Gradient,
    GradientStatus,
    InputGradient,
    Location,
    Measured,
    Mode,
)
from layerdoctor.probe.gradient.causes import explain, locate, without_gradient
from layerdoctor.probe.gradient.passes import Pass, Run, Variable, dense, differentiate, status_of
from layerdoctor.probe.gradient.zero import Revival, perturbed
from layerdoctor.probe.gradient.zero_causes import (
    chosen_by_data,
    held_by_themselves,
    meeting,
    softmax_over_one,
)
from layerdoctor.probe.hooks.creation import handle_id
from layerdoctor.probe.hooks.line_tracing import LineReads
from layerdoctor.probe.layer import framework
from layerdoctor.probe.layer.subject import Snapshot, Subject
from layerdoctor.user_code import Author

NOT_APPLICABLE = Gradient(status="not-applicable")
DRAWS = 4
"""How often inputs are drawn before a variable that inference alone differentiates is untrained."""


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
        self._touches = LineReads(author)
        self.passes: list[Pass] = []
        """The passes on ordinary inputs."""

    def run(self) -> None:
        """Differentiate, and go on only where a gradient is missing or zero."""
        layers = set(map(id, framework.layers_of_model(self.subject.layer)))
        self.passes.append(self.differentiate(follow=True, layers=layers))
        if self.subject.has_training and self._inference_tells():
            self.passes.append(self.differentiate(training=False))
        self._draw_again()
        self._explain(self._untrained())
        if zero := self._zero():
            if any(array.dtype.kind in "iu" for _, array in self.subject.uniform):
                self._leave_open(zero)
            else:
                self._judge_zeros(zero)
        self._inputs = [self._input_gradient(tensor) for tensor in self.first.inputs]

    def _inference_tells(self) -> bool:
        """Whether a pass in inference may tell more: of a large model where something is lost."""
        if not framework.is_assembled(self.subject.layer):
            return True
        return any(self.first.status(item.id)[0] != "flows" for item in self._trained())

    def _draw_again(self) -> None:
        """Draw inputs anew, in one more pass, where chance may have left a variable out.

        Once for what is not read, several times for what has a gradient in inference.
        """
        missing = self._untrained()
        chance = any((self._modes(item) or {}).get("inference") for item in missing)
        if chance or not all(map(self._is_read, missing)):
            draws = range(1, DRAWS + 1 if chance else 2)
            arrays = [self.subject.mirrored(), *map(self.subject.redrawn, draws)]
            self.passes.append(self.differentiate(runs=list(map(Run, arrays))))

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
            with self._touches.watch():
                self._kept = self.differentiate(keep=True, follow=True)
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

    def read_at(self, tensor: Any) -> Location | None:
        """Return the author's line of the first operation that took a tensor."""
        users = (use for seen in self.passes for use in seen.flow.users(tensor._id))
        lines = (self._author.location(use.frames, use.type) for use in users)
        return next((line for line in lines if line is not None), None)

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
            spec.name or positional_name(index, len(self._inputs))
            for index, spec in enumerate(self.subject.inputs)
        ]
        return [
            InputGradient(name=name, gradient=gradient)
            for name, gradient in zip(names, self._inputs, strict=True)
            if gradient is not NOT_APPLICABLE
        ]

    def reached_by(self, position: int) -> tuple[str, ...] | None:
        """Return the attributes of the variables whose gradient reaches one returned value.

        ``None`` where that could not be seen.
        """
        if self.first.in_graph:
            return None
        reached = self.first.reaching(position)
        return tuple(item.attribute for item in self._trained() if item.id in reached)

    def raised(self) -> list[Failure]:
        """Return what ``fit`` raises: operations without a gradient on the way of one that flows.

        Where a variable has no gradient at all, such an operation is what cuts it.
        """
        flow, backward = self.first.flow, self.first.backward
        flowing = {item.id for item in self._trained()} - {item.id for item in self._untrained()}
        found = []
        for operation in flow.recording.operations:
            if operation.type not in backward.missing:
                continue
            reached = (flow.differentiated(item, backward.might_pass) for item in operation.inputs)
            if not flowing.isdisjoint(set().union(*reached)):
                found.append(without_gradient(operation, self._author))
        return found[:1]

    def assigned_at(self, item: Variable) -> Location | None:
        """Return the author's line that assigns the variable in the forward pass."""
        for seen in self.passes:
            for operation in seen.flow.assignments(item.id):
                return self._author.location(operation.frames, operation.type)
        return None

    @property
    def _training(self) -> list[Pass]:
        """The passes in the mode in which ``fit`` runs the layer."""
        return [seen for seen in self.passes if seen.training]

    def _trained(self) -> Iterator[Variable]:
        return (item for item in self._variables if item.trainable and item.is_float)

    def _untrained(self) -> list[Variable]:
        """Return the trainable variables that no pass in training mode has a gradient for."""
        return [
            item
            for item in self._trained()
            if all(seen.gradients.get(item.id) is None for seen in self._training)
        ]

    def _zero(self) -> list[Variable]:
        """Return the trainable variables whose gradient is zero in every pass so far."""
        return [
            item
            for item in self._trained()
            if all(seen.status(item.id)[0] == "zero" for seen in self.passes)
        ]

    def _is_read(self, item: Variable) -> bool:
        return any(seen.flow.used(item.id) for seen in self.passes)

    def _is_read_in_training(self, item: Variable) -> bool:
        return any(seen.flow.used(item.id) for seen in self._training)

    def _measured(self, item: Variable) -> Gradient:
        """Return status and norm in training mode, or in the first pass that has a gradient."""
        found = [seen.status(item.id) for seen in self.passes]
        status, norm = next((one for one in found if one[0] != "none"), found[0])
        return Gradient(status=status, norm=norm, modes=self._modes(item))

    def _modes(self, item: Variable) -> dict[Mode, GradientStatus] | None:
        """Return the status in training and in inference where the two differ."""
        if all(seen.training is not False for seen in self.passes):
            return None
        training, inference = self._status_in(item, True), self._status_in(item, False)
        return {"training": training, "inference": inference} if training != inference else None

    def _status_in(self, item: Variable, training: bool) -> Measured:
        """Return the first status in one mode that is not ``none``."""
        seen = (one for one in self.passes if one.training is training)
        found = (one.status(item.id)[0] for one in seen)
        return next((status for status in found if status != "none"), "none")

    def _explain(self, missing: Iterable[Variable]) -> None:
        lost = []
        trained = {item.id for item in self._trained()}
        for item in missing:
            gradient = Gradient(status="none", cause="unused")
            if self._is_read_in_training(item):
                gradient = explain(self.kept, item.id, self._author, trained)
            self._found[item.id] = replace(gradient, modes=self._modes(item))
            if gradient.cause in ("discarded", "unused") and gradient.op:
                lost.append(item)
        if lost:
            self._separate_left(lost)

    def _separate_left(self, discarded: Sequence[Variable]) -> None:
        """Tell what left TensorFlow unseen from what is discarded: the output depends on it still.

        NumPy reads a tensor's memory without TensorFlow noticing.
        """
        before = self._values()
        with perturbed([item.variable for item in discarded], self._start):
            after = self._values()
        if all(_same(a, b) for a, b in zip(before, after, strict=True)):
            return
        for item in discarded:
            where = self._touches.last_of(self.kept.flow.dead_ends(item.id))
            found = self._found[item.id]
            self._found[item.id] = replace(
                found, cause="left-tensorflow", op="numpy", location=where or found.location
            )

    def _values(self, arrays: Sequence[Any] | None = None) -> list[Any]:
        self.subject.seed()
        training = True if self.subject.has_training else None
        outputs = self.subject.run(self.subject.tensors(arrays), training=training)
        self._start.restore()
        return [np.asarray(item) for item in _numeric(outputs)]

    def _leave_open(self, zero: Sequence[Variable]) -> None:
        """Judge nothing by integers that are all the same, for which nobody knows others."""
        for item in zero:
            self._found[item.id] = replace(self._measured(item), stuck=False)

    def _judge_zeros(self, zero: Sequence[Variable]) -> None:
        done = {operation.type for operation in self.first.flow.recording.operations}
        revival = Revival(
            self.differentiate,
            self.subject,
            zero,
            self._start,
            fills_gaps="IsNan" in done,
            guessed=all(given.inferred for given in self.subject.inputs),
        )
        left, settled = revival.still_zero()
        dead = revival.dead(left)
        held = [item for item in left if item.id not in dead]
        by_each_other = self._held_by_each_other(held) if settled else {}
        stuck = dead - chosen_by_data(self.kept, dead, self._flowing(), _nonzero, self._author)
        stuck |= self._held_by_themselves(held, left if settled else self._trained())
        asked_for_one = self._is_given_one()
        for item in zero:
            measured = self._measured(item)
            excused = asked_for_one and item.id in stuck and softmax_over_one(self.kept, item.id)
            if item.id not in (stuck | by_each_other.keys()) or excused:
                self._found[item.id] = replace(measured, stuck=False)
                continue
            found = replace(
                measured,
                stuck=True,
                other_start_revives=item.id not in dead,
                held_by=by_each_other.get(item.id, ()),
            )
            self._found[item.id] = locate(self.kept, item.id, _nonzero, found, self._author)

    def _flowing(self) -> list[int]:
        """Return the identities of the variables whose gradient flows in the first pass."""
        gradients = {item.id: self.first.gradients.get(item.id) for item in self._trained()}
        return [id_ for id_, found in gradients.items() if status_of(found)[0] == "flows"]

    def _held_by_themselves(self, held: Sequence[Variable], others: Iterable[Variable]) -> set[int]:
        if not held:
            return set()
        return held_by_themselves(
            self.kept, [item.id for item in held], _nonzero, [item.id for item in others]
        )

    def _held_by_each_other(self, held: Sequence[Variable]) -> dict[int, tuple[str, ...]]:
        """Return, by identity, what is zero itself and meets what is so where its gradient ends."""
        zeros = {item.id: item.attribute for item in held if not item.variable.numpy().any()}
        if len(zeros) < 2:
            return {}
        met = meeting(self.kept, zeros, _nonzero)
        return {each: tuple(zeros[other] for other in met[each]) for each in zeros if met[each]}

    def _is_given_one(self) -> bool:
        """Whether an axis of an input, or an argument of the constructor, is 1."""
        sizes = [size for array in self.subject.arrays for size in array.shape]
        return 1 in sizes or any(type(value) is int and value == 1 for value in self._arguments())

    def _arguments(self) -> Iterable[Any]:
        return framework.flatten(list(self.subject.args.values()))

    def _input_gradient(self, tensor: Any) -> Gradient:
        if not tensor.dtype.is_floating:
            return NOT_APPLICABLE
        status, norm = status_of(self.first.gradients.get(tensor._id))
        if status != "none":
            return Gradient(status=status, norm=norm)
        position = [item is tensor for item in self.first.inputs].index(True)
        if self.first.flow.used(tensor._id):
            return explain(self.kept, self.kept.inputs[position]._id, self._author)
        if not self._depends_unseen(position):
            return Gradient(status="none", cause="unused")
        where = self._touches.last_of({self.kept.inputs[position]._id})
        return Gradient(status="none", cause="left-tensorflow", op="numpy", location=where)

    def _depends_unseen(self, position: int) -> bool:
        """Whether another draw of an input gives another output, though no operation takes it."""
        arrays = list(self.subject.arrays)
        arrays[position] = self.subject.redrawn(1)[position]
        pairs = zip(self._values(), self._values(arrays), strict=False)
        return not all(_same(a, b) for a, b in pairs)


def _nonzero(gradient: Any) -> bool:
    return bool(np.any(dense(gradient)))


def positional_name(index: int, count: int) -> str:
    """Return what an input without a name is called."""
    return "inputs" if count == 1 else f"inputs[{index}]"


def _numeric(outputs: Any) -> list[Any]:
    leaves = framework.flatten(outputs)
    return [item for item in leaves if hasattr(item, "numpy") or isinstance(item, np.ndarray)]


def _same(one: Any, other: Any) -> bool:
    """Whether two arrays are equal; only of numbers can it be asked where they are NaN."""
    return bool(np.array_equal(one, other, equal_nan=np.asarray(one).dtype.kind in "fc"))
