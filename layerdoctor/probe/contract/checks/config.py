"""Whether the layer's config brings back every argument of its constructor."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from typing import Any

import numpy as np
import tensorflow as tf

from layerdoctor.facts import Breach, Location
from layerdoctor.probe.contract.comparing import finite
from layerdoctor.probe.contract.config.argument_lines import ArgumentLines
from layerdoctor.probe.contract.config.lost_arguments import LostArgument, LostArguments
from layerdoctor.probe.contract.config.round_trip import construction, identical, is_json
from layerdoctor.probe.contract.context import Context
from layerdoctor.probe.contract.outcome import Skipped
from layerdoctor.probe.layer import framework

LONGEST = 60


def check(context: Context) -> Iterator[Breach]:
    """Yield the arguments that are dropped or changed, or what saving and loading raise."""
    context.need_keras("has no config")
    if context.is_whole_model and not framework.is_authors(context.layer, "__init__"):
        raise Skipped("not run of a whole model: `state` loads its config with the archive")
    if taken := context.round_trip.claimant:
        name, other = taken
        received = f"{other.__module__}.{other.__qualname__}"
        yield Breach(kind="claimed", expected=name, received=received)
        return
    lines = ArgumentLines(context)
    given: dict[str, Any] = {}
    if context.factory.reusable:
        _, given = construction(context.kind, lambda: context.fresh().layer)
    argument = _not_plain(given)
    try:
        config, _ = context.round_trip.saved
    except Exception as error:
        yield _refused(context, error, argument, lines.saving(argument))
        return
    try:
        _ = context.round_trip.loaded
    except Exception as error:
        refused = _refused(context, error, argument, lines.loading())
        if refused.failure and lines.only_keras_gives(refused.failure.message):
            yield replace(refused, subject=None)
            return
        unfit = lines.unfit(config) or _misfit(context, given, config) or _named(error, config)
        yield replace(refused, subject=unfit, location=lines.saving(unfit)) if unfit else refused
        return
    if context.obstacle is not None:
        raise Skipped(context.obstacle)
    arguments = LostArguments(context, given)
    lost = arguments.as_given()
    yield from (_breach(context, lines, each) for each in lost)
    known = {each.name for each in lost}
    moved = (each for each in arguments.moved() if each.name not in known)
    yield from (_breach(context, lines, each) for each in moved)
    is_written = framework.is_authors(context.layer, "get_config")  # Keras 2 makes one of its own
    if is_written and not framework.is_model(context.layer):
        yield from (_breach(context, lines, each) for each in arguments.of_every_layer())


def _breach(context: Context, lines: ArgumentLines, lost: LostArgument) -> Breach:
    name, apart = lost.name, lost.apart
    tried = f"{name}={_shown(lost.before)}" if lost.moved else None
    if apart.error is not None and not lost.config:
        where = lines.loading()
        return replace(_refused(context, apart.error, name, where), tried=tried)
    dropped = name not in lost.config
    return Breach(
        kind="dropped" if dropped else "changed",
        subject=name,
        expected=_shown(lost.before),
        received=_shown(lost.now),
        tried=tried,
        effect=apart.effect,
        difference=finite(apart.difference),
        failure=context.failure(apart.error, "config") if apart.error else None,
        attribute=_kept_in(lost.layer, name, lost.before),
        location=lines.saving(None)
        if dropped
        else lines.changing(name, lost.before, lost.layer, lost.config),
    )


def _kept_in(layer: Any, argument: str, value: Any) -> str | None:
    """Return the attribute of its name that keeps an argument as it was given.

    One of another name may have the same value by chance.
    """
    held = vars(layer)
    names = (argument, f"_{argument}")
    found = next((name for name in names if name in held and identical(held[name], value)), None)
    return f"self.{found}" if found else None


def _misfit(context: Context, given: dict[str, Any], config: dict[str, Any]) -> str | None:
    """Return the argument with which, as it was given, the layer comes out of its config."""
    for name, value in given.items():
        if name in config and is_json(value) and not identical(value, config[name]):
            with suppress(Exception):
                _ = context.round_trip.repaired({name: value})
                return name
    return None


def _named(error: Exception, config: dict[str, Any]) -> str | None:
    """Return the entry of the config that holds an object of the class which the error names."""
    found = re.search(r"'class_name': '(\w+)'", str(error))
    if found is None:
        return None
    for name, value in config.items():
        if isinstance(value, dict) and value.get("class_name") == found[1]:
            return name
    return None


def _refused(
    context: Context, error: Exception, argument: str | None, blamed: Location | None
) -> Breach:
    failure = context.failure(error, "config")
    failure = replace(failure, message=_first_paragraph(failure.message))
    where = failure.location or blamed
    return Breach(kind="refused", subject=argument, failure=failure, location=where)


def _not_plain(given: dict[str, Any]) -> str | None:
    """Return the first argument that the automatic config cannot hold."""
    simple = (str, int, float, bool, type(None))
    for name, value in given.items():
        if not all(isinstance(leaf, simple) for leaf in tf.nest.flatten(value)):
            return name
    return None


def _first_paragraph(words: str) -> str:
    """Return the first paragraph as one line: Keras breaks its messages in mid-sentence."""
    return " ".join(words.strip().partition("\n\n")[0].split())


def _shown(value: Any) -> str:
    if isinstance(value, (np.ndarray, tf.Tensor)):
        return f"an array of shape {tuple(value.shape)}"
    if isinstance(value, dict) and "class_name" in value:
        return f"the config of a {value['class_name']}"
    words = repr(value)
    if " at 0x" in words:
        return f"a {type(value).__name__}"
    return words if len(words) <= LONGEST else words[: LONGEST - 1] + "…"
