"""The course of one examination: what is loaded and guessed, then stage after stage."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from layerdoctor.facts import Check, Failure, Location, Stage
from layerdoctor.probe.contents.assignments import Assignments
from layerdoctor.probe.contract.reload.record import Observations
from layerdoctor.probe.examination.examined import ExaminedLayer
from layerdoctor.probe.examination.gradients import Gradients
from layerdoctor.probe.examination.stages import (
    Construct,
    Contract,
    ExaminationStage,
    FirstCall,
    Repeat,
    class_facts,
)
from layerdoctor.probe.gradient.own_loss import Batch
from layerdoctor.probe.guess.left_out_axes import with_axes
from layerdoctor.probe.guess.ranges import other_range
from layerdoctor.probe.guess.trials import Trials, without_data
from layerdoctor.probe.hooks.creation import Creations
from layerdoctor.probe.hooks.files_used import local_files
from layerdoctor.probe.hooks.frames import let_go_of_frames
from layerdoctor.probe.hooks.import_times import ImportTimes
from layerdoctor.probe.hooks.internals import missing
from layerdoctor.probe.hooks.lookups import looked_for
from layerdoctor.probe.hooks.symbolic_calls import symbolic_calls_seen
from layerdoctor.probe.layer import framework
from layerdoctor.probe.layer.failures import (
    failure_of,
    is_the_layers,
    missing_super,
    stage_of,
    without_super,
)
from layerdoctor.probe.layer.loading import LayerSource, NothingToExamine, load
from layerdoctor.probe.layer.subject import seed_everything
from layerdoctor.probe.layer.values import described
from layerdoctor.protocol import Imported, StageBegan, Tell, observed
from layerdoctor.target import Target
from layerdoctor.user_code import Author
from layerdoctor.wording import shape_of, told

STAGES: tuple[type[ExaminationStage], ...] = (Construct, FirstCall, Repeat, Gradients, Contract)
LAST_ONLY: tuple[type[ExaminationStage], ...] = (Construct, FirstCall, Contract)
"""The stages where another process went through the others, and through some of the checks."""


class StageFailed(Exception):
    """A stage ended in a failure, which has been told; what follows cannot run."""


class Examination:
    """Runs one target through the stages; each sends its facts as it ends.

    Where checks of the contract are made already, one call is followed by the other checks alone.
    Where the ``source`` of the layer is given, it is not looked for; otherwise ``imported`` is
    called once the module that it is in has been imported. The loss of a ``batch`` is taken too.
    """

    def __init__(
        self,
        target: Target,
        tell: Tell,
        made: Sequence[Check] = (),
        source: LayerSource | None = None,
        *,
        batch: Batch | None = None,
        imported: Callable[[], None] = lambda: None,
    ) -> None:
        self._source = source
        self._batch = batch
        self._imported = imported
        self._made = made
        self._target = target
        self._tell = tell
        self._author = Author(target.app_dirs)
        self._assignments = Assignments(self._author)
        self._creations = Creations(self._author)
        self._asks: list[str] = []

    def run(self) -> None:
        """Examine; raises ``NothingToExamine`` where there is no layer to examine."""
        started = time.perf_counter()
        try:
            with self._creations.watch(), symbolic_calls_seen():
                source = self._load()
            self._guess(source)
            self._attempt(source)
        except StageFailed:
            pass
        except NothingToExamine:
            raise
        except Exception as error:
            if not is_the_layers(error, self._author):
                raise
            self._observed(failures=[failure_of(error, Stage.CONSTRUCT, self._author)])
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
        times = ImportTimes(Author(self._target.app_dirs))
        if (source := self._source) is None:
            with times.watched():
                source = load(self._target)
        self._imported()
        self._asks += [*source.remarks, *times.asks()]
        self._observed(asks=self._asks)
        self._author.adopt(source.package)
        self._tell(Imported(self._author.package))
        kind = source.attribute if isinstance(source.attribute, type) else type(source.attribute)
        self._observed(**class_facts(kind, self._assignments))
        self._tell_target(self._target)
        return source

    def _guess(self, source: LayerSource) -> None:
        """Find out by trying what was not said of the arguments and inputs."""
        given = set(self._target.args)

        def trying(stage: Stage, target: Target) -> None:
            self._tell(StageBegan(stage))
            self._tell_target(target)
            self._observed(guessed_args=[name for name in target.args if name not in given])

        trials = Trials(self._target, source, self._author, trying)
        if not trials.needed:
            return
        guessed: list[str] = []
        try:
            self._target = trials.settle()
            guessed = [name for name in self._target.args if name not in given]
        finally:
            self._asks += trials.asks
            self._observed(asks=self._asks, guessed_args=guessed)
            self._tell_target(self._target)

    def _tell_target(self, target: Target) -> None:
        self._observed(
            args=target.args,
            inputs=tuple(map(described, target.inputs)),
            inputs_as=target.inputs_as,
            call_args=target.call,
        )

    def _attempt(self, source: LayerSource) -> None:
        """Run the stages; once more with other ranges where the first call needs them."""
        examined = self._examined(source)
        try:
            self._run_stages(examined)
        except StageFailed:
            out_of_memory = examined.failures[-1].exception == MemoryError.__name__
            if examined.running is not Stage.CALL or self._made or out_of_memory:
                raise
            other = other_range(self._target, source, self._author)
            if other is None:
                self._blame_shape(examined, source)
                raise
            self._target, ask = other
            self._asks.append(ask)
            self._observed(failures=[], completed=[], asks=self._asks)
            self._tell_target(self._target)
            self._run_stages(self._examined(source))

    def _blame_shape(self, examined: ExaminedLayer, source: LayerSource) -> None:
        """Raise ``NothingToExamine`` where the shape given is at fault, and not the layer."""
        failed = told(examined.failures[-1])
        fitting = with_axes(self._target, source, self._author)
        words = (
            f"the call raises {failed} for the shape given, and works with axes before it: "
            f"`{fitting}`; the batch is part of a shape"
        )
        is_from_file = any(item.npy for item in self._target.inputs)
        if fitting is None and (is_from_file or framework.declares_inputs(examined.layer)):
            fitting = without_data(self._target, source, self._author)
            data = ", ".join(
                f"{f'`{item.npy}` ' if item.npy else ''}{shape_of(item.shape or ())} {item.dtype}"
                for item in map(described, self._target.inputs)
            )
            advice = "save an array" if is_from_file else "give inputs"
            words = (
                f"the call raises {failed} for {data}, and works for `{fitting}`; {advice} of such "
                "a shape"
            )
        if fitting is None:
            return
        self._observed(failures=[], completed=[])
        raise NothingToExamine("inputs", words)

    def _examined(self, source: LayerSource) -> ExaminedLayer:
        return ExaminedLayer(
            self._target,
            source,
            self._author,
            self._assignments,
            self._creations,
            self._tell,
            self._batch,
            self._made,
            self._asks,
            observations=None if self._source else Observations(self._target),
        )

    def _run_stages(self, examined: ExaminedLayer) -> None:
        """Run stage after stage; raises ``StageFailed`` behind the first that does not end well."""
        try:
            with self._creations.watch(), symbolic_calls_seen():
                for kind in LAST_ONLY if self._made else STAGES:
                    stage = kind(examined)
                    with self._failures_seen(examined, kind.stage):
                        stage.run()
                    if not self._made:
                        self._observed(**stage.facts())
        except (NothingToExamine, StageFailed):
            raise
        except Exception as error:
            if not is_the_layers(error, self._author):
                raise
            examined.failures.append(failure_of(error, examined.running, self._author))
            self._observed(failures=examined.failures, completed=examined.completed)
            raise StageFailed from error

    @contextmanager
    def _failures_seen(self, examined: ExaminedLayer, stage: Stage) -> Iterator[None]:
        """Turn what is raised inside into a failure, and note the stage as completed otherwise."""
        self._tell(StageBegan(stage))
        examined.running = stage
        completed = examined.completed
        try:
            yield
        except (NothingToExamine, StageFailed):
            raise
        except BaseException as error:
            examined.failures.append(self._failure(examined, stage, error))
            if stage is Stage.CALL and examined.called.has_built:
                completed.append(Stage.BUILD)
            self._observed(failures=examined.failures, completed=completed)
            let_go_of_frames(error)
            raise StageFailed from error
        completed += [Stage.BUILD, stage] if stage is Stage.CALL else [stage]
        self._observed(completed=completed)

    def _failure(self, examined: ExaminedLayer, stage: Stage, error: BaseException) -> Failure:
        layer = examined.layer
        if layer is not None and missing_super(layer):
            where = self._assignments.of_method(type(layer), "__init__")
            return without_super(stage, error, self._author, where)
        if stage is Stage.CALL:
            stage = stage_of(error, layer)
        failure = failure_of(error, stage, self._author)
        training = examined.calls is not None and examined.calls.training is True
        return replace(
            failure, training=training, location=failure.location or self._def_line(stage, layer)
        )

    def _def_line(self, stage: Stage, layer: Any) -> Location | None:
        """Return the line of the method that a framework refused before it ran."""
        methods = {Stage.BUILD: "build", Stage.CALL: "call"}
        if layer is None or stage not in methods:
            return None
        return self._assignments.of_method(type(layer), methods[stage])
