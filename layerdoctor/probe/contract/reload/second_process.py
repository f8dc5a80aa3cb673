"""What only another process tells: whether it can load what the first has saved, and agrees.

It imports the author's module anew, under other seeds, and knows nothing that is not in the files.
"""

from __future__ import annotations

import re
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import Any

from layerdoctor.facts import Breach, Check, CheckName, Failure, Stage
from layerdoctor.probe.contents.assignments import Assignments
from layerdoctor.probe.contents.constants import compare_with
from layerdoctor.probe.contents.object_walk import Held, ObjectWalk
from layerdoctor.probe.contract.outcome import Skipped, made
from layerdoctor.probe.contract.reload.loading import Loading
from layerdoctor.probe.contract.reload.record import read_record
from layerdoctor.probe.contract.reload.shared_default import shared_default
from layerdoctor.probe.hooks.creation import Creations
from layerdoctor.probe.layer.construction import LayerFactory
from layerdoctor.probe.layer.failures import failure_of
from layerdoctor.probe.layer.loading import LayerSource, NothingToExamine, load
from layerdoctor.probe.layer.subject import Subject, seed_everything
from layerdoctor.protocol import CheckBegan, Imported, StageBegan, Tell, observed
from layerdoctor.user_code import Author

STATE: CheckName = "state"

ONE_OF_SEVERAL = re.compile(r"Example error message for object .*:\n\n((?:.|\n)+?)(?:\n\n|$)")
"""How Keras tells what it met while it loaded weights: the first of it stands in the middle."""


class SecondProcess:
    """Loads what another process has saved of a target, and compares it."""

    def __init__(self, folder: Path, made_already: Sequence[Check], tell: Tell) -> None:
        self._record = read_record(folder)
        self._target = self._record.observations.target
        self._folder = folder
        self._made = list(made_already)
        self._tell = tell
        self._author = Author(self._target.app_dirs)
        self._assignments = Assignments(self._author)
        self._creations = Creations(self._author)

    def run(self) -> None:
        """Tell of the check that the first process has begun, and of constants that differ."""
        started = time.perf_counter()
        self._tell(StageBegan(Stage.CONTRACT))
        if self._record.archives:
            self._tell(CheckBegan(check=STATE, remaining=()))
            check = made(STATE, SecondProcess._compare, self)
            self._tell(observed(checks=[*self._made, check]))
        if self._record.observations.compares:
            with suppress(Exception):
                self._compare_constants()
        self._tell(observed(seconds=time.perf_counter() - started))

    @cached_property
    def _factory(self) -> LayerFactory:
        """The layer's source, imported by this process; raises ``NothingToExamine``."""
        seed_everything(self._target.seed + 1)
        with self._creations.watch():
            source: LayerSource = load(self._target)
        self._author.adopt(source.package)
        self._tell(Imported(self._author.package))
        return LayerFactory(self._target, source, self._creations)

    def _compare(self) -> list[Breach]:
        try:
            factory = self._factory
        except NothingToExamine as nothing:
            raise Skipped(f"another process cannot find it: {nothing.error.message}") from None
        loading = Loading(
            folder=self._folder,
            record=self._record,
            fresh=self._fresh,
            around=lambda layer: factory.subject(layer, {}),
            walk=self._walk,
            failure=self._failure,
            method_line=self._assignments.of_method,
            shared_default=lambda kind: shared_default(kind, self._assignments),
        )
        try:
            return loading.compare()
        finally:
            self._tell(observed(saved_as=list(dict.fromkeys(loading.read))))

    def _compare_constants(self) -> None:
        known = self._record.observations
        subject = self._fresh()
        subject.run()
        found = compare_with(known.constants, known.arrays, self._walk(subject.layer))
        self._tell(observed(constants=found))

    def _fresh(self) -> Subject:
        """Return the layer made as the first process made its first."""
        args = self._factory.arguments()
        return self._factory.subject(self._factory.construct(args, as_first=True), args)

    def _walk(self, layer: Any) -> list[Held]:
        return list(ObjectWalk(layer, self._author, self._assignments).walk())

    def _failure(self, error: BaseException) -> Failure:
        failure = failure_of(error, Stage.CONTRACT, self._author, STATE)
        told = ONE_OF_SEVERAL.search(failure.message)
        return replace(failure, message=told[1]) if told else failure
