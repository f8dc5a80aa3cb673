"""The gradient stage: how gradients reach weights, variables, constants and inputs."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from typing import Any, ClassVar

import numpy as np
import tensorflow as tf

from layerdoctor.facts import (
    NOT_RUN,
    Constant,
    GradientCheck,
    IdleLayer,
    NodeKind,
    NonFinite,
    OwnLoss,
    Stage,
    Weight,
)
from layerdoctor.probe.contents.branches import Branches
from layerdoctor.probe.contents.constants import values_of
from layerdoctor.probe.contents.idle_layers import idle_layers
from layerdoctor.probe.contents.inventory import ConstantAt, Tracked, Untracked
from layerdoctor.probe.contents.literals import inline_tables
from layerdoctor.probe.contract.models.own_step import has_own_training
from layerdoctor.probe.contract.reload.record import Observations
from layerdoctor.probe.examination.constants import ConstantFacts
from layerdoctor.probe.examination.examined import ExaminedLayer
from layerdoctor.probe.examination.model_layers import model_layers
from layerdoctor.probe.examination.stages import output_of, with_unreached
from layerdoctor.probe.gradient.custom_gradients import CustomGradients
from layerdoctor.probe.gradient.finiteness import Finiteness
from layerdoctor.probe.gradient.flow_graph import draw
from layerdoctor.probe.gradient.own_loss import observe_loss
from layerdoctor.probe.gradient.passes import Variable
from layerdoctor.probe.gradient.stage import GradientStage, positional_name
from layerdoctor.probe.hooks.creation import handle_id
from layerdoctor.probe.layer import framework
from layerdoctor.probe.layer.subject import is_one_number


class Gradients:
    """Forward and backward passes, with everything that enters them known by name."""

    stage: ClassVar[Stage] = Stage.GRADIENT

    def __init__(self, examined: ExaminedLayer) -> None:
        self._examined = examined
        self._calls = calls = examined.called
        self._inventory = inventory = examined.inventory()
        self._known = inventory.weights()
        self._unknown = inventory.untracked_variables(None)
        kept = [item.attribute for item in calls.held if calls.kept_by_call(item.attribute)]
        self._hidden = inventory.constants(kept, calls.created_in)
        self._found: list[Tracked | Untracked] = [*self._known, *self._unknown]
        variables = [variable_of(item) for item in self._found]
        self._tensors = [i.thing for i in self._hidden if isinstance(i.thing, tf.Tensor)]
        self._passes = GradientStage(calls.subject, variables, self._tensors, examined.author)
        self._variables = variables
        self._finiteness = Finiteness(self._passes, variables, examined.author)
        self._custom = CustomGradients(examined.author)
        self._nonfinite: list[NonFinite] = []
        self._compared: list[GradientCheck] = []
        self._own_loss: OwnLoss | None = None

    def run(self) -> None:
        """Take gradients, look at their values, and compare the author's own ones."""
        with self._custom.watch():
            self._passes.run()
        self._nonfinite = list(self._finiteness.observe())
        self._compared = self._custom.compare()
        if (batch := self._examined.batch) is not None:
            self._own_loss = observe_loss(self._calls.subject, batch, self._variables)

    def facts(self) -> dict[str, Any]:
        """Return how the gradient reaches everything, and what no gradient could be taken of."""
        examined, passes = self._examined, self._passes
        read = passes.read()
        examined.failures += passes.raised()
        weights = examined.weights = self._weights(read)
        return {
            "failures": examined.failures,
            "nonfinite": self._nonfinite,
            "gradient_checks": self._compared,
            "own_loss": self._own_loss,
            "asks": [*examined.asks, *self._finiteness.asks, *self._uniform_data()],
            "input_gradients": passes.input_gradients(),
            "flow": draw(
                passes.fullest, self._names(), examined.author, type(self._calls.subject.layer)
            ),
            "outputs": [
                replace(output_of(item), reached_by=passes.reached_by(position))
                for position, item in enumerate(framework.flatten(self._calls.returned))
            ],
            "weights": self._told(weights),
            "layers": model_layers(examined, passes.first, weights),
            "untracked_variables": [
                replace(item.fact, gradient=passes.gradient(variable_of(item)))
                for item in self._inventory.untracked_variables(read)
            ],
            "untracked_layers": self._inventory.untracked_layers(read),
            "idle_layers": self._idle_layers(),
            "constants": self._constants(),
        }

    def _told(self, weights: list[Weight]) -> list[Weight]:
        """Return the weights without what only their author's own training can say of them."""
        trains_itself = has_own_training(self._calls.subject.layer)
        return with_unreached(weights, lambda _: NOT_RUN) if trains_itself else weights

    def _idle_layers(self) -> list[IdleLayer]:
        layer, calls = self._calls.subject.layer, self._calls
        return idle_layers(type(layer), calls.held, calls.called, self._examined.assignments)

    def _uniform_data(self) -> Iterator[str]:
        """Yield what to say of data that are one number everywhere, where something is zero."""
        passes = self._passes
        if any(passes.gradient(item).status == "zero" for item in self._variables):
            for spec, array in passes.subject.uniform:
                yield _says_little(spec.npy or spec.name or "the input", array)
        if self._own_loss is not None and self._examined.batch is not None:
            batch = self._examined.batch.inputs
            if any(each.status == "zero" for each in self._own_loss.gradients):
                for number, array in enumerate(map(np.asarray, batch)):
                    if is_one_number(array):
                        yield _says_little(positional_name(number, len(batch)), array)

    def _weights(self, read: Collection[int]) -> list[Weight]:
        # of what was handed in, another layer may call what this one reads
        own = (item for item in self._known if not item.fact.given)
        called = {item.fact.owner for item in own if handle_id(item.variable) in read}
        called.update(self._calls.called_sublayers())
        return self._with_conditions([self._with_gradient(item, called) for item in self._known])

    def _with_gradient(self, item: Tracked, called: Collection[str]) -> Weight:
        variable = variable_of(item)
        return replace(
            item.fact,
            gradient=self._passes.gradient(variable),
            assigned_at=self._passes.assigned_at(variable),
            owner_called=None if item.fact.owner == "self" else item.fact.owner in called,
        )

    def _with_conditions(self, weights: Sequence[Weight]) -> list[Weight]:
        """Say of weights that nothing read under which condition the source would read them."""
        subject = self._calls.subject
        held = {item.attribute: item.thing for item in self._calls.held}
        branches = Branches(self._examined.assignments, {**held, "self": subject.layer})

        def reported(weight: Weight) -> Weight:
            unread = weight.gradient.cause == "unused" and weight.gradient.modes is None
            condition = branches.around(weight.attribute) if unread else None
            if condition is None:
                return weight
            left_out = sorted(condition.names & subject.left_out)
            awaits = left_out[0] if left_out else None
            gradient = replace(weight.gradient, condition=condition.location, awaits=awaits)
            return replace(weight, gradient=gradient)

        return list(map(reported, weights))

    def _constants(self) -> list[Constant]:
        """Return what the layer computes with, and keep the values for another process."""
        examined = self._examined
        held = ConstantFacts(examined, self._passes, self._hidden, self._found).facts()
        tensors = {tensor._id for tensor in self._tensors}
        written = inline_tables(self._passes.first, tensors, examined.author)
        if examined.observations is not None:
            values = [*values_of(self._hidden, held), *(None for _ in written)]
            examined.observations = Observations(examined.target, [*held, *written], values)
        return [*held, *written]

    def _names(self) -> dict[int, tuple[NodeKind, str]]:
        """Return kind and name of everything that enters the forward pass, by identity."""
        weights = {item.fact.attribute for item in self._known}
        names: dict[int, tuple[NodeKind, str]] = {
            item.id: ("weight" if item.attribute in weights else "variable", item.attribute)
            for item in self._variables
        }
        hidden: Sequence[ConstantAt] = self._hidden
        names |= {
            item.thing._id: ("constant", item.fact.name)
            for item in hidden
            if isinstance(item.thing, tf.Tensor)
        }
        tensors, specs = self._passes.fullest.inputs, self._calls.subject.inputs
        return names | {
            tensor._id: ("input", spec.name or positional_name(number, len(specs)))
            for number, (tensor, spec) in enumerate(zip(tensors, specs, strict=True))
        }


def _says_little(name: str, array: Any) -> str:
    number = f"{float(array.flat[0]):g}"
    return (
        f"`{name}` is {number} everywhere, and a gradient that is zero for it need not be so for "
        "other data: give data that vary"
    )


def variable_of(item: Tracked | Untracked) -> Variable:
    """Return a tracked or untracked variable as the passes take it."""
    return Variable(item.variable, item.fact.attribute, item.fact.trainable)
