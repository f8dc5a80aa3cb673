"""A callback of Keras that looks at the custom layers of a model while it is trained."""

from __future__ import annotations

import importlib
import os
import sys
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

from layerdoctor.api import Examined, examine_target
from layerdoctor.config.settings import Settings, chosen
from layerdoctor.report import Style, render
from layerdoctor.report.training import table
from layerdoctor.target import named
from layerdoctor.training_facts import EpochFacts


class Checkup:
    """Examines each custom layer on the first batch, and tells what the first epoch left behind.

    A callback of Keras 3 and of Keras 2: ``model.fit(x, y, callbacks=[layerdoctor.Checkup()])``.
    Before the first step each custom layer is examined on what the model calls it with for the real
    batch; after the first epoch it is seen which weights never moved, which variables are not
    finite, and whether variables and traces have grown. What is the matter is printed when it is
    seen, and once more as a table when the training ends; where all is well nothing is. The
    training goes on as without it. The ``config`` says which rules count, or the closest one found
    from the working directory, unless ``isolated``.
    """

    async_safe = False
    _supports_tf_logs = True
    """Keras 2 then makes no arrays of the logs, which are not read."""

    def __init__(
        self, *, config: str | os.PathLike[str] | None = None, isolated: bool = False
    ) -> None:
        file = None if config is None else Path(config)
        self._settings: Settings = chosen(file, isolated=isolated)
        self.examined: list[Examined] = []
        """The examination of each custom layer, in the order of their calls; of several that are
        alike the first is examined."""
        self._counts: list[int] = []
        self.epoch: EpochFacts | None = None
        """What was seen after the first epoch."""
        self.not_seen: list[tuple[str, str]] = []
        """What could not be examined, and why."""
        self.model: Any = None
        self.params: dict[str, Any] = {}
        self._training: Any = None

    def set_params(self, params: dict[str, Any]) -> None:
        """Take what ``fit`` was asked for."""
        self.params = params

    def set_model(self, model: Any) -> None:
        """Take the model that is trained."""
        self.model = model

    def on_train_begin(self, _logs: Any = None) -> None:
        """Have the first batch looked at before its step is run."""
        self.examined, self.epoch, self.not_seen, self._counts = [], None, [], []
        self._training = _probe().TrainingModel(self.model)
        self._training.before_first_step(self._look)

    def on_epoch_end(self, _epoch: int, _logs: Any = None) -> None:
        """See what the first epoch left behind."""
        if self.epoch is None and self._training is not None:
            self.epoch = self._training.after_epoch()
            for words, about in self.epoch.remarks():
                _print(f"after the first epoch: {words}: {about}")

    def on_train_end(self, _logs: Any = None) -> None:
        """Print the table, where there is anything to tell."""
        self._training = None
        reports = [each.report for each in self.examined]
        text = table(list(zip(reports, self._counts, strict=True)), self.epoch, self.not_seen)
        if text:
            print(text, end="", flush=True)

    def _look(self, batch: Any) -> None:
        """Examine the custom layers on a batch, and print what is the matter with them."""
        if batch is None:
            self.not_seen.append(("the custom layers", "Keras reads these data in its own way"))
            return
        try:
            called = self._training.called_layers(batch)
        except _probe().NotSeen as error:
            self.not_seen.append(("the custom layers", str(error)))
            return
        with tempfile.TemporaryDirectory() as folder:
            for each in called:
                self._examine(each, Path(folder))

    def _examine(self, called: Any, folder: Path) -> None:
        name = str(called.layer.name)
        try:
            inputs, form, call = called.inputs(folder)
        except _probe().NotSeen as error:
            self.not_seen.append((name, str(error)))
            return
        target = self._settings.plain(
            named(type(called.layer)),
            id=name,
            inputs=inputs,
            inputs_as=form,
            call=call,
        )
        found = _without_files(examine_target(called.layer, target, self._settings))
        self.examined.append(found)
        self._counts.append(called.count)
        if found.report.exit_code:
            text = render("concise", found.report, Style(unicode=True))
            for line in text.splitlines()[:-1]:
                _print(f"before the first step: {line}")

    def _nothing(self, *_given: Any, **_named: Any) -> None:
        """Do nothing at the other moments of a training."""

    on_epoch_begin = on_batch_begin = on_batch_end = _nothing
    on_train_batch_begin = on_train_batch_end = _nothing
    on_test_begin = on_test_end = on_test_batch_begin = on_test_batch_end = _nothing
    on_predict_begin = on_predict_end = on_predict_batch_begin = on_predict_batch_end = _nothing

    def _implements_train_batch_hooks(self) -> bool:
        return False

    _implements_test_batch_hooks = _implements_train_batch_hooks
    _implements_predict_batch_hooks = _implements_train_batch_hooks


def _probe() -> Any:
    """Return the part of the probe that sees a training; it imports TensorFlow."""
    return importlib.import_module("layerdoctor.probe.worker.training_model")


def _without_files(found: Examined) -> Examined:
    """Return the examination without the files that held the batch for as long as it took."""
    [diagnosis] = found.report.diagnoses
    inputs = tuple(replace(each, npy=None) for each in diagnosis.facts.inputs)
    seen = replace(diagnosis, facts=replace(diagnosis.facts, inputs=inputs))
    return Examined(replace(found.report, diagnoses=(seen,)))


def _print(words: str) -> None:
    """Print a line of its own: a progress bar may stand in the last one."""
    print(f"\nlayerdoctor: {words}", file=sys.stdout, flush=True)
