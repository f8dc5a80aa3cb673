"""Loading what another process has saved, calling it, and comparing what it returns."""

from __future__ import annotations

import importlib
import json
import math
import zipfile
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import reduce
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf

from layerdoctor.facts import Breach, Failure, Location, SavedFormat
from layerdoctor.probe.contents.object_walk import Held
from layerdoctor.probe.contract.comparing import arrays_of, difference, finite
from layerdoctor.probe.contract.models.around import holder_class
from layerdoctor.probe.contract.models.functional import custom_objects
from layerdoctor.probe.contract.outcome import Skipped
from layerdoctor.probe.contract.reload.differences import lost
from layerdoctor.probe.contract.reload.older_formats import OLDER
from layerdoctor.probe.contract.reload.record import Archive, Kept, Record
from layerdoctor.probe.contract.reload.saving import weights_holder
from layerdoctor.probe.contract.reload.shared_default import SharedDefault
from layerdoctor.probe.hooks.creation import as_tf_variable
from layerdoctor.probe.hooks.logged_warnings import warnings_logged_no_more
from layerdoctor.probe.layer import framework
from layerdoctor.probe.layer.subject import Subject


@dataclass(slots=True)
class Loading:
    """What the loading process has: the record, the layer's module imported anew, and more."""

    folder: Path
    record: Record
    fresh: Callable[[], Subject]
    """Makes the layer with the target's arguments; raises what it raises."""
    around: Callable[[Any], Subject]
    """Gives a layer the inputs of the target."""
    walk: Callable[[Any], list[Held]]
    failure: Callable[[BaseException], Failure]
    method_line: Callable[[type, str], Location | None]
    """Returns the ``def`` line of a method of a class, where the author wrote it."""
    shared_default: Callable[[type], SharedDefault | None]
    read: list[SavedFormat] = field(default_factory=list)
    """The formats in which it was loaded and called."""

    def compare(self) -> list[Breach]:
        """Return what is lost in the first archive that loses something.

        Raises ``Skipped`` where that cannot be told.
        """
        holder_class(self._keras)
        for archive in self.record.archives:
            if found := list(self._compare(archive)):
                return [replace(one, model=archive.model, format=archive.format) for one in found]
        if self.record.refused is not None:
            raise Skipped(f"only its weights could be saved and loaded: {self.record.refused}")
        return [self.record.unsaved] if self.record.unsaved else []

    def _compare(self, archive: Archive) -> Iterator[Breach]:
        try:
            subject = self._loaded(archive)
        except Exception as error:
            if archive.format not in OLDER:  # of which Keras alone knows what it cannot read
                yield self._unloadable(archive, error)
            return
        is_unbuilt = bool(self._unbuilt(archive, subject.layer))
        try:
            far = self._apart(archive, subject)
        except Exception as error:
            if archive.format not in OLDER:
                yield Breach(kind="uncallable", failure=self.failure(error))
            return
        if archive.format is not None:
            self.read.append(archive.format)
        if far is None:
            return
        if self.record.random:
            raise Skipped("the layer is random by declaration")
        if is_unbuilt and (unbuilt := self._comes_back_when_built(archive)):
            yield replace(unbuilt, difference=finite(far))
            return
        yield from self._lost(archive, subject, far)

    def _unloadable(self, archive: Archive, error: Exception) -> Breach:
        failure = self.failure(error)
        if unbuilt := self._comes_back_when_built(archive):
            return replace(unbuilt, failure=failure)
        if missing := self._missing():
            raise Skipped(f"`{missing}` is defined inside a function: no other process can find it")
        left_out = self._left_out(archive)
        if left_out is None:
            where = failure.location or self._methods_of_loading()
            return Breach(kind="unloadable", failure=failure, location=where)
        kept, method = left_out
        return Breach(
            kind="unloadable", subject=kept.name, op=method, failure=failure, location=kept.location
        )

    def _left_out(self, archive: Archive) -> tuple[Kept, str] | None:
        """Return the first weight that the layer's own method does not save, and that method."""
        with suppress(Exception):
            layer = self.fresh()
            layer.run(training=False)
            known = {id(as_tf_variable(held.thing)): held for held in self.walk(layer.layer)}
            weights = [as_tf_variable(weight) for weight in framework.weights_of(layer.layer)]
            for number, weight in enumerate(weights):
                weight.assign(tf.cast(tf.fill(weight.shape, number), weight.dtype))
            store: dict[str, Any] = {}
            layer.layer.save_own_variables(store)
            saved = {int(np.asarray(value).flat[0]) for value in store.values()}
            paths = [known[id(weight)].attribute for weight in weights]
            own = {kept.path: kept for kept in archive.weights if kept.path.count(".") == 1}
            missing = [own[path] for n, path in enumerate(paths) if path in own and n not in saved]
            method = type(layer.layer).save_own_variables.__qualname__
            return (missing[0], method) if missing else None
        return None

    def _methods_of_loading(self) -> Location | None:
        kind = type(self.fresh().layer)
        names = ("load_own_variables", "build_from_config", "from_config")
        lines = (self.method_line(kind, name) for name in names)
        return next((line for line in lines if line is not None), None)

    def _loaded(self, archive: Archive) -> Subject:
        """Return the layer in an archive as Keras loads it."""
        path = self.folder / archive.file
        if archive.model is None:
            subject = self.fresh()
            subject.run(training=False)
            weights_holder(subject.layer).load_weights(path)
            return subject
        with warnings_logged_no_more():
            model = self._keras.saving.load_model(
                path, self._objects(), compile=False, safe_mode=False
            )
        return self.around(_layer_in(model, archive))

    def _comes_back_when_built(self, archive: Archive) -> Breach | None:
        """Return what is unbuilt when the weights are loaded, where that is all that is wrong.

        The model is made, and called before the weights are loaded: if its output is then the
        expected one, loading fails for nothing else than what the call has built.
        """
        path = self.folder / archive.file
        if archive.model is None:
            return None
        with suppress(Exception):
            with zipfile.ZipFile(path) as parts:
                config = json.loads(parts.read("config.json"))
            with self._keras.saving.custom_object_scope(self._objects()):
                model = self._keras.saving.deserialize_keras_object(config, safe_mode=False)
            subject = self.around(_layer_in(model, archive))
            unbuilt = self._unbuilt(archive, subject.layer)
            if not unbuilt:
                return None
            subject.run(training=False)
            model.load_weights(path)
            if self._apart(archive, subject) is None:
                return self._blamed(unbuilt, type(subject.layer), archive)
        return None

    def _blamed(self, unbuilt: list[str], kind: type, archive: Archive) -> Breach:
        """Return that ``build`` leaves something, and what keeps Keras from building it then."""
        promises = ("compute_output_shape", "compute_output_spec")
        names = promises if archive.model == "functional" else ()
        op = next((name for name in names if self.method_line(kind, name) is not None), None)
        where = self.method_line(kind, "build")
        return Breach(
            kind="unbuilt", subject=unbuilt[0], subjects=tuple(unbuilt), op=op, location=where
        )

    def _unbuilt(self, archive: Archive, layer: Any) -> list[str]:
        """Return the owners of the saved weights that the layer does not have yet."""
        there = {held.attribute for held in self.walk(layer)}
        missing = [kept.path for kept in archive.weights if kept.path not in there]
        return list(dict.fromkeys(path.rpartition(".")[0] for path in missing))

    def _apart(self, archive: Archive, subject: Subject) -> float | None:
        return difference(archive.expected, arrays_of(subject.run(training=False)))

    def _lost(self, archive: Archive, subject: Subject, far: float) -> Iterator[Breach]:
        def apart() -> float:
            with suppress(Exception):
                return self._apart(archive, subject) or 0.0
            return math.inf

        variables = {held.attribute: held.thing for held in self.walk(subject.layer)}
        breach = Breach(kind="lost", difference=finite(far))
        found = lost(archive, subject.layer, variables, apart, far)
        if not found:
            yield self._by_a_default(breach, type(subject.layer)) or breach
        for kept in found:
            yield replace(breach, subject=kept.name, location=kept.location)

    def _by_a_default(self, breach: Breach, kind: type) -> Breach | None:
        """Return that a default has been changed, which makes each layer another one."""
        changed = self.shared_default(kind)
        if changed is None:
            return None
        name, where = changed.argument, changed.location
        return replace(breach, subject=name, expected=changed.written, location=where)

    @property
    def _keras(self) -> Any:
        return importlib.import_module(self.record.keras)

    def _objects(self) -> dict[str, Any]:
        """Return the classes and functions that loading may need, by their names."""
        found = {}
        for name, place in self.record.objects.items():
            with suppress(Exception):
                found[name] = _named(*place)
        if len(found) < len(self.record.objects):
            with suppress(Exception):
                found = {**custom_objects(self.fresh().layer), **found}
        return found

    def _missing(self) -> str | None:
        known = self._objects()
        return next((name for name in self.record.objects if name not in known), None)


def _named(module: str, path: str) -> Any:
    return reduce(getattr, path.split("."), importlib.import_module(module))


def _layer_in(model: Any, archive: Archive) -> Any:
    """Return the layer that a model was made around."""
    if archive.model == "itself":
        return model
    if archive.model == "subclassed":
        return model.layer
    inner = [each for each in model.layers if type(each).__name__ != "InputLayer"]
    return inner[0] if len(inner) == 1 else model.layers[-1]
