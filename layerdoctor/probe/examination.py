"""One examination: the stages in their order, and what each leaves in the facts."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from typing import Any

import numpy as np
import tensorflow as tf

from layerdoctor.facts import Check, Constant, Failure, Location, NodeKind, Output, Stage, Weight
from layerdoctor.probe.contents.assignments import Assignments
from layerdoctor.probe.contents.branches import Branches
from layerdoctor.probe.contents.constants import (
    compare,
    derived_from,
    used_constants,
    values_of,
)
from layerdoctor.probe.contents.derived_constants import Derivation
from layerdoctor.probe.contents.inventory import ConstantAt, Inventory, Tracked, Untracked
from layerdoctor.probe.contents.literals import inline_tables
from layerdoctor.probe.contents.object_walk import Held, ObjectWalk
from layerdoctor.probe.contract.context import Context
from layerdoctor.probe.contract.reload.record import Observations
from layerdoctor.probe.contract.stage import make_checks
from layerdoctor.probe.gradient.custom_gradients import CustomGradients
from layerdoctor.probe.gradient.finiteness import Finiteness
from layerdoctor.probe.gradient.flow_graph import draw
from layerdoctor.probe.gradient.passes import Pass, Variable
from layerdoctor.probe.gradient.stage import GradientStage
from layerdoctor.probe.guess.ranges import other_range
from layerdoctor.probe.guess.trials import Trials
from layerdoctor.probe.hooks.creation import Creations, handle_id
from layerdoctor.probe.hooks.files_used import local_files
from layerdoctor.probe.hooks.internals import missing
from layerdoctor.probe.hooks.lookups import looked_for
from layerdoctor.probe.hooks.tracing import TraceCounts
from layerdoctor.probe.layer import framework
from layerdoctor.probe.layer.construction import LayerFactory
from layerdoctor.probe.layer.failures import (
    failure_of,
    is_the_layers,
    missing_super,
    stage_of,
    without_super,
)
from layerdoctor.probe.layer.loading import LayerSource, NothingToExamine, load
from layerdoctor.probe.layer.subject import Subject, seed_everything
from layerdoctor.probe.repeat import Calls
from layerdoctor.protocol import Imported, StageBegan, Tell, observed
from layerdoctor.target import Target
from layerdoctor.user_code import Author


class StageFailed(Exception):
    """A stage ended in a failure, which has been told; what follows cannot run."""


class Examination:
    """Runs one target through the stages; each sends its facts as it ends.

    Where checks of the contract are made already, one call is followed by the other checks alone.
    Where the ``source`` of the layer is given, it is not looked for; otherwise ``imported`` is
    called once the module that it is in has been imported.
    """

    def __init__(
        self,
        target: Target,
        tell: Tell,
        made: Sequence[Check] = (),
        source: LayerSource | None = None,
        imported: Callable[[], None] = lambda: None,
    ) -> None:
        self._source = source
        self._imported = imported
        self._made = made
        self._target = target
        self._tell = tell
        self._author = Author(target.app_dirs)
        self._assignments = Assignments(self._author)
        self._creations = Creations(self._author)
        self._failures: list[Failure] = []
        self._calls: Calls | None = None
        self._completed: list[Stage] = []
        self._running = Stage.CONSTRUCT
        self._asks: list[str] = []
        self._compared: Observations | None = None

    def run(self) -> None:
        """Examine; raises ``NothingToExamine`` where there is no layer to examine."""
        started = time.perf_counter()
        try:
            with self._creations.watch():
                source = self._load()
            self._guess(source)
            self._attempt(source)
        except (NothingToExamine, StageFailed) as end:
            if isinstance(end, NothingToExamine):
                raise
        except Exception as error:
            if not is_the_layers(error, self._author):
                raise
            self._failures.append(failure_of(error, self._running, self._author))
            self._observed(failures=self._failures, completed=self._completed)
        finally:
            self._observed(
                local_files=local_files(self._author),
                looked_for=looked_for(self._author),
                seconds=time.perf_counter() - started,
            )

    def _observed(self, **fields: Any) -> None:
        self._tell(observed(**fields))

    def _load(self) -> LayerSource:
        if (lack := missing()) is not None:
            raise NothingToExamine("internal", lack)
        seed_everything(self._target.seed)  # for what the module draws when it is imported
        source = self._source or load(self._target)
        self._imported()
        self._author.adopt(source.package)
        self._tell(Imported(self._author.package))
        kind = source.attribute if isinstance(source.attribute, type) else type(source.attribute)
        self._tell_class(kind)
        self._tell_target()
        return source

    def _attempt(self, source: LayerSource) -> None:
        """Run the stages; once more with other ranges where the first call needs them."""
        try:
            with self._creations.watch():
                self._stages(source)
        except StageFailed:
            if self._running is not Stage.CALL or self._made:
                raise
            other = other_range(self._target, source, self._author)
            if other is None:
                raise
            self._target, ask = other
            self._asks.append(ask)
            self._failures.clear()
            self._completed.clear()
            self._observed(failures=[], completed=[], asks=self._asks)
            self._tell_target()
            with self._creations.watch():
                self._stages(source)

    def _stages(self, source: LayerSource) -> None:
        factory = LayerFactory(self._target, source, self._creations)
        with tf.GradientTape(persistent=True) as tape:
            subject = self._construct(factory)
            calls = Calls(
                subject,
                self._creations,
                TraceCounts(self._author),
                lambda: self._walk(subject.layer),
            )
            self._calls = calls
            with self._stage(Stage.CALL, subject.layer):
                calls.call()
        if self._made:
            self._contract(factory, calls)
            return
        inventory = self._inventory(calls)
        sources: list[Tracked | Untracked] = [*inventory.weights()]
        sources += inventory.untracked_variables(None)
        derived = derived_from(tape, calls.held, sources)
        del tape
        self._tell_weights(calls)
        with self._stage(Stage.REPEAT, subject.layer):
            calls.repeat(self._target.calls)
        self._observed(growth=calls.growth())
        self._gradients(factory, calls, derived)
        self._contract(factory, calls)

    def _guess(self, source: LayerSource) -> None:
        """Find out by trying what was not said of the arguments and inputs."""
        trials = Trials(self._target, source, self._author)
        if not trials.needed:
            return
        given = set(self._target.args)
        try:
            self._target = trials.settle()
            self._observed(guessed_args=[name for name in self._target.args if name not in given])
        finally:
            self._asks += trials.asks
            self._observed(asks=self._asks)
            self._tell_target()

    def _tell_target(self) -> None:
        target = self._target
        self._observed(
            args=target.args,
            inputs=target.inputs,
            inputs_as=target.inputs_as,
            call_args=target.call,
        )

    def _construct(self, factory: LayerFactory) -> Subject:
        args = factory.arguments()
        with self._stage(Stage.CONSTRUCT):
            layer = factory.construct(args)
        self._tell_class(type(layer))
        subject = factory.subject(layer, args)
        nothing = (n for n in subject.left_out if subject.parameters[n].default is None)
        self._observed(left_out=sorted(nothing))
        return subject

    def _tell_class(self, kind: type) -> None:
        if framework.framework_of(kind) is None:
            return
        place = self._assignments.of_class(kind)
        self._observed(
            class_name=f"{kind.__module__}.{kind.__qualname__}",
            file=place and place.file,
            line=place and place.line,
            framework=framework.framework_of(kind),
        )

    def _tell_weights(self, calls: Calls) -> None:
        layer = calls.subject.layer
        inventory = self._inventory(calls)
        self._observed(
            builds_itself=framework.own_method(layer, "build"),
            weights=[item.fact for item in inventory.weights()],
            untracked_variables=[item.fact for item in inventory.untracked_variables(None)],
            outputs=[_output(item) for item in framework.flatten(calls.returned)],
        )

    def _gradients(
        self, factory: LayerFactory, calls: Calls, derived: dict[str, tuple[str, ...]]
    ) -> None:
        inventory = self._inventory(calls)
        known = inventory.weights()
        unknown = inventory.untracked_variables(None)
        kept = [item.attribute for item in calls.held if calls.kept_by_call(item.attribute)]
        hidden = inventory.constants(kept, calls.created_in)
        variables = [_variable(item) for item in known] + [_variable(item) for item in unknown]
        tensors = [item.thing for item in hidden if isinstance(item.thing, tf.Tensor)]
        stage = GradientStage(calls.subject, variables, tensors, self._author)
        finiteness = Finiteness(stage, variables, self._author)
        custom = CustomGradients(self._author)
        with self._stage(Stage.GRADIENT, calls.subject.layer):
            with custom.watch():
                stage.run()
            nonfinite = finiteness.observe()
            compared = custom.compare()
        read = stage.read()
        called = {item.fact.owner for item in known if handle_id(item.variable) in read}
        called.update(calls.called_sublayers())
        self._failures += stage.raised()
        held = self._constants(factory, stage, hidden, derived, [*known, *unknown])
        written = inline_tables(stage.first, {tensor._id for tensor in tensors}, self._author)
        constants = [*held, *written]
        values = [*values_of(hidden, held), *(None for _ in written)]
        self._compared = Observations(self._target, constants, values)
        self._observed(
            failures=self._failures,
            nonfinite=nonfinite,
            gradient_checks=compared,
            asks=[*self._asks, *finiteness.asks],
            input_gradients=stage.input_gradients(),
            flow=draw(
                stage.fullest,
                _names(stage.fullest, calls.subject, variables, hidden, known),
                self._author,
            ),
            outputs=[
                replace(_output(item), reached_by=stage.reached_by(position))
                for position, item in enumerate(framework.flatten(calls.returned))
            ],
            weights=self._with_conditions(
                calls, [_with_gradient(item, stage, called) for item in known]
            ),
            untracked_variables=[
                replace(item.fact, gradient=stage.gradient(_variable(item)))
                for item in inventory.untracked_variables(read)
            ],
            untracked_layers=inventory.untracked_layers(read),
            constants=constants,
        )

    def _with_conditions(self, calls: Calls, weights: Sequence[Weight]) -> list[Weight]:
        """Say of weights that nothing read under which condition the source would read them."""
        held = {item.attribute: item.thing for item in calls.held}
        branches = Branches(self._assignments, {**held, "self": calls.subject.layer})

        def told(weight: Weight) -> Weight:
            unread = weight.gradient.cause == "unused" and weight.gradient.modes is None
            condition = branches.around(weight.attribute) if unread else None
            if condition is None:
                return weight
            left_out = sorted(condition.names & calls.subject.left_out)
            awaits = left_out[0] if left_out else None
            gradient = replace(weight.gradient, condition=condition.location, awaits=awaits)
            return replace(weight, gradient=gradient)

        return list(map(told, weights))

    def _contract(self, factory: LayerFactory, calls: Calls) -> None:
        context = Context(calls, factory, self._author, self._assignments)
        with self._stage(Stage.CONTRACT, calls.subject.layer):
            make_checks(context, self._made, self._tell, self._observations())

    def _observations(self) -> Observations | None:
        """Return what another process needs to load the layer; None where it cannot."""
        if self._source is not None:
            return None
        return self._compared or Observations(self._target)

    def _constants(
        self,
        factory: LayerFactory,
        stage: GradientStage,
        hidden: Sequence[ConstantAt],
        derived: dict[str, tuple[str, ...]],
        variables: Sequence[Tracked | Untracked],
    ) -> list[Constant]:
        facts = used_constants(stage, hidden, [item.variable for item in variables])
        facts = [replace(fact, derived_from=derived.get(fact.name, ())) for fact in facts]
        suspects = [fact for fact in facts if fact.used and not fact.given]
        if not suspects or not factory.reusable:
            return facts
        with suppress(BaseException):
            facts = compare(facts, hidden, self._another_walk(factory))
            facts = self._with_sources(factory, facts, hidden, variables)
        return facts

    def _with_sources(
        self,
        factory: LayerFactory,
        facts: Sequence[Constant],
        hidden: Sequence[ConstantAt],
        variables: Sequence[Tracked | Untracked],
    ) -> list[Constant]:
        """Find the variables behind constants that no gradient connects with them."""
        open_questions = [
            item
            for item, fact in zip(hidden, facts, strict=True)
            if fact.used and not (fact.given or fact.derived_from) and fact.created_in
        ]
        found: dict[str, tuple[str, ...]] = {}
        if open_questions:
            found = Derivation(
                lambda: self._another_walk(factory, as_first=True),
                self._creations,
                open_questions,
                variables,
            ).find()
        return [
            replace(fact, derived_from=found.get(fact.name, fact.derived_from)) for fact in facts
        ]

    def _another_walk(self, factory: LayerFactory, *, as_first: bool = False) -> list[Held]:
        args = factory.arguments()
        layer = factory.construct(args, as_first=as_first)
        factory.subject(layer, args).run()
        return self._walk(layer)

    def _walk(self, layer: Any) -> list[Held]:
        return list(ObjectWalk(layer, self._author, self._assignments).walk())

    def _inventory(self, calls: Calls) -> Inventory:
        args = calls.subject.args.values()
        return Inventory(calls.subject, calls.held, self._creations, args, calls.put_in_call)

    @contextmanager
    def _stage(self, stage: Stage, layer: Any = None) -> Iterator[None]:
        """Turn what is raised inside into a failure, and note the stage as completed otherwise."""
        self._tell(StageBegan(stage))
        self._running = stage
        try:
            yield
        except (NothingToExamine, StageFailed):
            raise
        except BaseException as error:
            self._failures.append(self._failure(stage, layer, error))
            if stage is Stage.CALL and self._calls is not None and self._calls.has_built:
                self._completed.append(Stage.BUILD)
            self._observed(failures=self._failures, completed=self._completed)
            raise StageFailed from error
        self._completed += [Stage.BUILD, stage] if stage is Stage.CALL else [stage]
        self._observed(completed=self._completed)

    def _failure(self, stage: Stage, layer: Any, error: BaseException) -> Failure:
        if layer is not None and missing_super(layer):
            where = self._assignments.of_method(type(layer), "__init__")
            return without_super(stage, error, self._author, where)
        if stage is Stage.CALL:
            stage = stage_of(error, layer)
        failure = failure_of(error, stage, self._author)
        training = self._calls is not None and self._calls.training is True
        return replace(
            failure, training=training, location=failure.location or self._def_line(stage, layer)
        )

    def _def_line(self, stage: Stage, layer: Any) -> Location | None:
        """Return the line of the method that a framework refused before it ran."""
        methods = {Stage.BUILD: "build", Stage.CALL: "call"}
        if layer is None or stage not in methods:
            return None
        return self._assignments.of_method(type(layer), methods[stage])


def _variable(item: Tracked | Untracked) -> Variable:
    return Variable(item.variable, item.fact.attribute, item.fact.trainable)


def _names(
    seen: Pass,
    subject: Subject,
    variables: Sequence[Variable],
    hidden: Sequence[ConstantAt],
    known: Sequence[Tracked],
) -> dict[int, tuple[NodeKind, str]]:
    """Return kind and name of everything that enters the forward pass, by identity."""
    weights = {item.fact.attribute for item in known}
    names: dict[int, tuple[NodeKind, str]] = {
        item.id: ("weight" if item.attribute in weights else "variable", item.attribute)
        for item in variables
    }
    for item in hidden:
        if isinstance(item.thing, tf.Tensor):
            names[item.thing._id] = ("constant", item.fact.name)
    for tensor, spec in zip(seen.inputs, subject.inputs, strict=True):
        names[tensor._id] = ("input", spec.name or "inputs")
    return names


def _with_gradient(item: Tracked, stage: GradientStage, called: Collection[str]) -> Weight:
    variable = _variable(item)
    return replace(
        item.fact,
        gradient=stage.gradient(variable),
        assigned_at=stage.assigned_at(variable),
        owner_called=None if item.fact.owner == "self" else item.fact.owner in called,
    )


def _output(item: Any) -> Output:
    shape = getattr(item, "shape", None)
    if shape is None or getattr(shape, "rank", 0) is None:
        return Output(shape=(), dtype=type(item).__name__)
    sizes = tuple(None if size is None else int(size) for size in tuple(shape))
    dtype = getattr(item, "dtype", None)
    return Output(shape=sizes, dtype=getattr(dtype, "name", None) or str(np.dtype(dtype)))
