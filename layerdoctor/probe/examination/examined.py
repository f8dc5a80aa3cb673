"""What the stages of one examination share: the target, its layer, and what was seen so far."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import tensorflow as tf

from layerdoctor.facts import Check, Failure, Stage, Weight
from layerdoctor.probe.contents.assignments import Assignments
from layerdoctor.probe.contents.inventory import Inventory
from layerdoctor.probe.contents.object_walk import Held, ObjectWalk
from layerdoctor.probe.contract.reload.record import Observations
from layerdoctor.probe.gradient.own_loss import Batch
from layerdoctor.probe.hooks.creation import Creations
from layerdoctor.probe.hooks.tracing import TraceCounts
from layerdoctor.probe.layer.construction import LayerFactory
from layerdoctor.probe.layer.loading import LayerSource
from layerdoctor.probe.repeat import Calls
from layerdoctor.protocol import Tell, observed
from layerdoctor.target import Target
from layerdoctor.user_code import Author


@dataclass
class ExaminedLayer:
    """One layer under examination; a stage adds what the stages behind it need."""

    target: Target
    source: LayerSource
    author: Author
    assignments: Assignments
    creations: Creations
    tell: Tell
    batch: Batch | None = None
    """What the author's own loss is taken of."""
    made: Sequence[Check] = ()
    """The checks of the contract that another process has made."""
    asks: list[str] = field(default_factory=list)
    failures: list[Failure] = field(default_factory=list)
    completed: list[Stage] = field(default_factory=list)
    running: Stage = Stage.CONSTRUCT
    layer: Any = None
    """None until it is constructed."""
    calls: Calls | None = None
    """None until the layer is called."""
    observations: Observations | None = None
    """What another process compares with what it loads; None where none can load the layer."""
    weights: list[Weight] = field(default_factory=list)
    """The facts of the weights, once gradients were taken."""
    derived: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """The weights that a constant was computed from, by the name of the constant."""
    tape: tf.GradientTape | None = field(
        default_factory=lambda: tf.GradientTape(persistent=True), repr=False
    )
    """Records the construction and the first call; None once it was asked."""

    @cached_property
    def factory(self) -> LayerFactory:
        """Makes layers of the target."""
        return LayerFactory(self.target, self.source, self.creations)

    @cached_property
    def args(self) -> dict[str, Any]:
        """The arguments of the first construction; raises ``NothingToExamine``."""
        return self.factory.arguments()

    def first_calls(self) -> Calls:
        """Return the calls of the layer, none made yet; raises ``NothingToExamine``."""
        subject = self.factory.subject(self.layer, self.args)
        nothing = (n for n in subject.left_out if subject.parameters[n].default is None)
        self.tell(observed(left_out=sorted(nothing)))
        counts = TraceCounts(self.author)
        self.calls = Calls(subject, self.creations, counts, lambda: self.walk(subject.layer))
        return self.calls

    @property
    def called(self) -> Calls:
        """The calls of the layer, behind the stage that makes the first."""
        assert self.calls is not None
        return self.calls

    def walk(self, layer: Any) -> list[Held]:
        """Return what a layer holds or can name."""
        return list(ObjectWalk(layer, self.author, self.assignments).walk())

    def inventory(self) -> Inventory:
        """Return what the layer consists of at this moment."""
        calls = self.called
        args = calls.subject.args.values()
        return Inventory(calls.subject, calls.held, self.creations, args, calls.put_in_call)
