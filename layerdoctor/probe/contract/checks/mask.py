"""Whether a Keras mask comes through where the time axis does, and fits what it comes out with."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import Any

import tensorflow as tf

from layerdoctor.facts import Breach, Location
from layerdoctor.probe.contract.context import Context
from layerdoctor.probe.contract.graphs import in_plain_graph, specs_of
from layerdoctor.probe.contract.outcome import Skipped, first_line
from layerdoctor.probe.layer import framework

DECLARED = "supports_masking"
BASE_MADE = re.compile(r"\bsuper\(.*\)\.__init__\(")
FEATURES = 3
"""The rank of a batch of sequences of vectors, which carry a mask."""
TOKENS = 2
"""The rank of a batch of token ids, for which an embedding inside makes the mask."""


def check(context: Context) -> Iterator[Breach]:
    """Yield a mask on an output that it does not fit, or that the mask of the input is lost."""
    context.need_keras("takes no Keras mask")
    context.need_single_layer()
    first = context.subject.tensors()[0] if context.subject.arrays else None
    if first is None or not (_is_sequence(first) or _is_tokens(first)):
        raise Skipped("the first input has no time axis")
    given, returned, made = _masked_call(context, first, specs_of(context.subject.tensors()))
    misfits = _misfits(context, returned) or _misfits_by_chance(context, first)
    if misfits:
        yield misfits[0]
        return
    if not made:
        raise Skipped("nothing makes a mask of token ids")
    kept = [leaf for leaf in _leaves(returned) if leaf.shape[:2] == given.shape[:2]]
    if not kept:
        raise Skipped("no output keeps the time axis")
    if not context.layer.supports_masking and all(_mask(leaf) is None for leaf in kept):
        early = _declared_too_early(context)
        where = early or context.method_line("__init__") or context.call_line
        yield Breach(kind="dropped", location=where, attribute=DECLARED if early else None)


def _is_sequence(tensor: Any) -> bool:
    return bool(tensor.dtype.is_floating and tensor.shape.rank == FEATURES)


def _is_tokens(tensor: Any) -> bool:
    return bool(tensor.dtype.is_integer and tensor.shape.rank == TOKENS)


def _masked_call(context: Context, first: Any, specs: Sequence[Any]) -> tuple[Any, Any, bool]:
    """Trace a call with a mask on the first input; return that, the outputs, if there is a mask."""
    made = _is_sequence(first)

    def with_mask(inputs: list[Any]) -> None:
        nonlocal made
        if made:
            inputs[0]._keras_mask = tf.ones(inputs[0].shape[:2], tf.bool)
        else:
            made = _is_masked_inside(context.layer, inputs[0])

    with context.states_kept():
        try:
            inputs, returned = in_plain_graph(context.subject, specs, with_mask)
        except Exception as error:
            raise Skipped(f"with a mask it cannot be traced: {first_line(error)}") from error
    return inputs[0], returned, made


def _misfits(context: Context, returned: Any) -> list[Breach]:
    """Return that a mask has no entry for each element of the leading axes of its output."""
    found = []
    for leaf in _leaves(returned):
        mask = _mask(leaf)
        rank = None if mask is None else mask.shape.rank
        if rank is None or (rank <= leaf.shape.rank and _goes_with(mask.shape, leaf.shape)):
            continue
        expected, received = str(tuple(leaf.shape)), str(tuple(mask.shape))
        where = _promising_line(context)
        found.append(Breach(kind="misfit", expected=expected, received=received, location=where))
    return found


def _goes_with(mask: Any, output: Any) -> bool:
    """Whether a mask is for the leading axes of an output, or for all, one entry for a vector."""
    if mask.rank == output.rank and mask[-1] == 1:
        mask = mask[:-1]
    return bool(mask.is_compatible_with(output[: mask.rank]))


def _misfits_by_chance(context: Context, first: Any) -> list[Breach]:
    """Look again with a step more, where the steps are as many as samples or features."""
    others = [*first.shape[:1], *first.shape[2:]]
    others += [size for leaf in _leaves(context.returned) for size in leaf.shape]
    if first.shape[1] not in others:
        return []
    try:
        longer = _longer(specs_of(context.subject.tensors()))
        return _misfits(context, _masked_call(context, first, longer)[1])
    except Skipped:
        return []


def _leaves(returned: Any) -> list[Any]:
    leaves = framework.flatten(returned)
    return [leaf for leaf in leaves if getattr(getattr(leaf, "shape", None), "rank", None)]


def _mask(leaf: Any) -> Any:
    return getattr(leaf, "_keras_mask", None)


def _longer(specs: Sequence[Any]) -> list[Any]:
    """Return the specs with one step more, for every input that has as many as the first."""
    steps = specs[0].shape[1]
    return [
        tf.TensorSpec([spec.shape[0], steps + 1, *spec.shape[2:]], spec.dtype)
        if spec.shape.rank >= 2 and spec.shape[1] == steps
        else spec
        for spec in specs
    ]


def _is_masked_inside(layer: Any, tokens: Any) -> bool:
    """Whether a sub-layer makes a mask of token ids, as an embedding with ``mask_zero`` does."""
    for part in framework.sublayers_of(layer):
        try:
            if part.compute_mask(tokens) is not None:
                return True
        except Exception:
            continue
    return False


def _declared_too_early(context: Context) -> Location | None:
    """Return the line that says so before the constructor of the base class, which unsays it."""
    said = context.assignments.of_attribute(context.kind, DECLARED)
    with suppress(OSError, TypeError):
        lines, first = inspect.getsourcelines(inspect.unwrap(context.kind.__init__))
        made = [at for at, line in enumerate(lines, first) if BASE_MADE.search(line)]
        if said is not None and made and first <= said.line < made[-1]:
            return said
    return None


def _promising_line(context: Context) -> Location | None:
    """Return the line that says what becomes of a mask."""
    said = context.assignments.of_attribute(context.kind, DECLARED)
    return context.method_line("compute_mask") or said or context.call_line
