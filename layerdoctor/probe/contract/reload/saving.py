"""Saving a trained layer in the ways in which people save it, for another process to load."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from layerdoctor.facts import Breach, ModelKind, SavedFormat
from layerdoctor.probe.contents.inventory import attribute_of
from layerdoctor.probe.contract.attributes import attributes_of
from layerdoctor.probe.contract.context import INSTANCE, MOST_HELD, Context
from layerdoctor.probe.contract.graphs import is_random, operations
from layerdoctor.probe.contract.models.around import LayerModel, functional_model, subclassed_model
from layerdoctor.probe.contract.models.functional import custom_objects
from layerdoctor.probe.contract.outcome import Skipped, first_line
from layerdoctor.probe.contract.reload.older_formats import formats, obstacle, write_as
from layerdoctor.probe.contract.reload.record import Archive, Kept, Observations, Record
from layerdoctor.probe.hooks.creation import as_tf_variable
from layerdoctor.probe.layer import framework
from layerdoctor.probe.layer.subject import Snapshot, Subject

STEP = 0.05
"""How far the trained variables are moved from their start."""
SAVED_TWICE = 64 * 2**20
"""The bytes of variables up to which more than one archive is written."""

Write = Callable[[Path], None]


ALONE = "what was handed over as an object no other process can make"


class Unsaved(Exception):
    """Saving raised, in the author's own code."""

    def __init__(self, error: Exception, model: ModelKind | None) -> None:
        super().__init__(str(error))
        self.error = error
        self.model = model


def save(context: Context, folder: Path, observations: Observations | None) -> Iterator[Breach]:
    """Write the layer's archives and a record of them into a folder; yield what saving raises.

    Raises ``Skipped`` where nothing can be written that another process could load.
    """
    context.need_keras("is saved as a whole, by `tf.saved_model` or `tf.train.Checkpoint`")
    if observations is None:
        raise Skipped(ALONE)
    if context.obstacle not in (None, INSTANCE):
        raise Skipped(context.obstacle)
    if context.holds_too_much:
        raise Skipped(
            f"the layer holds more than {MOST_HELD:,} things, and saving goes through each"
        )
    if context.repeated is not None:
        raise Skipped("two calls of the same layer differ already")
    try:
        written = _archives(context, folder)
    except Unsaved as unsaved:
        failure = context.failure(unsaved.error, "state")
        form: SavedFormat | None = ".keras" if unsaved.model else None
        where = failure.location
        yield Breach(
            kind="unsaved", model=unsaved.model, format=form, failure=failure, location=where
        )
        return
    places = {name: _place(thing) for name, thing in custom_objects(context.layer).items()}
    objects = {name: place for name, place in places.items() if place is not None}
    keras = framework.keras_of(context.layer).__name__
    Record(
        observations,
        written.archives,
        objects,
        keras,
        random=_is_random(context),
        refused=written.refused,
        unsaved=written.unsaved,
    ).write(folder)


def _is_random(context: Context) -> bool:
    trace = context.trace(False)
    if isinstance(trace, Exception):
        return False
    return any(is_random(inner) for inner, _ in operations(trace.graph))


def _place(thing: Any) -> tuple[str, str] | None:
    """Return the module of an object and its name there; None for one that has or tells none."""
    with suppress(Exception):
        return thing.__module__, thing.__qualname__
    return None


@dataclass(slots=True)
class _Written:
    """What was saved, and what belongs to it."""

    archives: list[Archive] = field(default_factory=list)
    """Those in older formats behind the others."""
    refused: str | None = None
    """Why it was only the weights."""
    unsaved: Breach | None = None
    """The first of the older formats that has no room for the layer."""


def _archives(context: Context, folder: Path) -> _Written:
    """Write the archives; raises ``Skipped`` where none can be written, and ``Unsaved``."""
    written = _Written()
    known: dict[ModelKind, _WrittenModel] = {}
    refused = "its config cannot be written and read"
    for model in _models(context) if _has_config(context) else ():
        try:
            saved = _archive(context, folder, model)
        except Skipped as skipped:
            refused = str(skipped)
            continue
        written.archives.append(saved.archive)
        if _size(saved.archive) > SAVED_TWICE:
            break
        known[model.kind] = saved
    if not written.archives:
        return _Written([_weights_file(context, folder, refused)], refused)
    known.pop("subclassed", None)
    if known and not context.is_keras_3:
        _in_older_formats(context, folder, written, next(iter(known.values())))
    return written


def _has_config(context: Context) -> bool:
    """Whether a layer comes out of the config, so that nothing but its state can be lost."""
    if context.is_whole_model:  # which the other process shows
        return True
    with suppress(Exception):
        return bool(context.round_trip.loaded)
    return False


@dataclass(frozen=True, slots=True)
class _Model:
    """A model to be saved, and the layer in it."""

    kind: ModelKind
    model: Any
    subject: Subject
    inputs: Any = None


def _models(context: Context) -> Iterator[_Model]:
    """Yield the models that a layer is saved in, as far as they can be made; a model as it is."""
    if context.is_whole_model:
        yield _Model("itself", context.layer, context.subject)
        return
    for kind, make in (("functional", functional_model), ("subclassed", subclassed_model)):
        if kind == "subclassed" and not _builds_when_loaded(context):
            continue
        with suppress(Exception):
            if context.obstacle == INSTANCE:
                with context.states_kept():
                    made: Any = make(context.subject)
            else:
                made = getattr(context, f"{kind}_model")
            if _is_spoiled(context, made):
                made = make(context.fresh())
            if isinstance(made, LayerModel):
                yield _Model(made.kind, made.model, made.subject, made.inputs)
    if isinstance(context.layer, framework.keras_of(context.layer).Model):
        yield _Model("itself", context.layer, context.subject)


def _builds_when_loaded(context: Context) -> bool:
    """Whether Keras can build a subclassed model that it loads: Keras 2 calls it on floats."""
    floats = all(array.dtype.kind in "fV" for array in context.subject.arrays)
    return context.is_keras_3 or floats


def _is_spoiled(context: Context, model: Any) -> bool:
    """Whether training has failed with a model, which may have been built in vain then."""
    fits = vars(context).get("fits", ())
    return any(fit.model is model and fit.error is not None for fit in fits)


def _archive(context: Context, folder: Path, model: _Model) -> _WrittenModel:
    """Write one archive; raises ``Skipped`` where the model cannot be called or written."""
    try:
        if model.kind == "subclassed":
            model.model(model.inputs)
        trained = _trained(context, model.subject)
    except Exception as error:
        words = f"{type(error).__name__}: {first_line(error)}"
        raise Skipped(f"a {model.kind} model around it cannot be called: {words}") from None
    file = f"{model.kind}.keras"
    try:
        model.model.save(folder / file)
    except Exception as error:
        if context.failure(error, "state").location is not None:
            raise Unsaved(error, model.kind) from None
        words = f"{type(error).__name__}: {first_line(error)}"
        raise Skipped(f"a {model.kind} model around it cannot be saved: {words}") from None
    finally:
        context.start.restore()
    return _WrittenModel(model, trained, _archived(context, file, model.kind, trained))


def _in_older_formats(
    context: Context, folder: Path, written: _Written, saved: _WrittenModel
) -> None:
    """Write what an archive holds in the older formats of Keras 2 too, behind all archives.

    Where Keras fails to write one, it leaves the model in disorder. It is told where a part of the
    layer is the obstacle; of the rest Keras alone knows: it traces no branches, for instance.
    """
    model = saved.model
    saved.trained.state.restore()
    try:
        for form in formats(context):
            file = write_as(form, model.model, folder)
            if form != "checkpoint":  # which holds no layer
                written.archives.append(replace(saved.archive, file=file, format=form))
    except Exception as error:
        if (found := obstacle(context, model.subject.layer, form)) is not None:
            written.unsaved = Breach(
                kind="unsaved",
                model=model.kind,
                format=form,
                subject=found.attribute,
                received=found.name and found.name.rpartition("/")[2],
                failure=context.failure(error, "state"),
                location=found.location,
            )
    finally:
        context.start.restore()


@dataclass(frozen=True, slots=True)
class _Trained:
    """A layer in the state that it was saved in."""

    subject: Subject
    state: Snapshot
    outputs: list[Any]


@dataclass(frozen=True, slots=True)
class _WrittenModel:
    """A model that an archive was written of, and what is in that."""

    model: _Model
    trained: _Trained
    archive: Archive


def _trained(context: Context, subject: Subject) -> _Trained:
    """Bring the layer to a state that it was trained to, and call it there.

    The late weights are made by then, as they are in the layer examined, and averages and counters
    have moved.
    """
    if subject.has_training:
        with suppress(Exception):
            subject.run(training=True)
    if subject is not context.subject:
        context.run(False, subject)
    generator = np.random.default_rng(subject.target.seed)
    variables = context.variables(subject.layer)
    for variable in variables:
        if variable.trainable and variable.dtype.is_floating:
            step = STEP * np.abs(generator.standard_normal(tuple(variable.shape)))
            variable.assign_add(step.astype(variable.dtype.as_numpy_dtype))
    state = Snapshot.of(variables)
    outputs = context.run(False, subject).outputs
    state.restore()
    return _Trained(subject, state, outputs)


def _weights_file(context: Context, folder: Path, refused: str) -> Archive:
    """Write the weights alone, as ``save_weights`` does, where there can be no archive."""
    if context.obstacle is not None:
        raise Skipped(refused)
    subject = context.fresh()
    try:
        trained = _trained(context, subject)
        weights_holder(subject.layer).save_weights(folder / WEIGHTS)
    except Exception as error:
        if context.failure(error, "state").location is not None:
            raise Unsaved(error, None) from None
        words = f"{type(error).__name__}: {first_line(error)}"
        raise Skipped(f"{refused}, nor can its weights be saved: {words}") from None
    return _archived(context, WEIGHTS, None, trained)


WEIGHTS = "layer.weights.h5"


def weights_holder(layer: Any) -> Any:
    """Return a model that holds the layer and nothing else, to save and load weights."""
    keras = framework.keras_of(layer)

    class WeightsHolder(keras.Model):  # type: ignore[misc, name-defined]
        def __init__(self) -> None:
            super().__init__()
            self.layer = layer
            self.built = True

        def call(self, *args: Any, **kwargs: Any) -> Any:
            return self.layer(*args, **kwargs)

    return WeightsHolder()


def _archived(context: Context, file: str, kind: ModelKind | None, trained: _Trained) -> Archive:
    layer = trained.subject.layer
    tracked = {id(as_tf_variable(weight)) for weight in framework.weights_of(layer)}
    own = context.method_line("save_own_variables", "load_own_variables")
    values = {id(variable): value for variable, value in trained.state.values}
    weights: list[Kept] = []
    variables: list[Kept] = []
    for held in context.walk(layer):
        variable = as_tf_variable(held.thing)
        if id(variable) not in values:
            continue
        made = context.creation_line(variable) or held.location
        is_weight = id(variable) in tracked
        where = own or made if is_weight else made
        name, _ = attribute_of(held, held.thing)
        kept = Kept(held.attribute, name, values[id(variable)].numpy(), where)
        (weights if is_weight else variables).append(kept)
    attributes = [
        Kept(path, path, found.value, found.location(context.assignments))
        for path, found in attributes_of(layer).items()
    ]
    form: SavedFormat | None = ".keras" if kind else None
    return Archive(file, kind, form, trained.outputs, weights, variables, attributes)


def _size(archive: Archive) -> int:
    return sum(int(kept.value.nbytes) for kept in archive.weights)
