"""The usual inputs: features, sequences, images, token ids, alone and together."""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from layerdoctor.guessing.source_hints import Hints
from layerdoctor.target import Input, Value

SHAPES = {
    0: (),
    1: (4,),
    2: (4, 8),
    3: (2, 6, 8),
    4: (2, 8, 8, 3),
    5: (2, 4, 8, 8, 3),
    6: (2, 3, 4, 4, 4, 3),
}
"""A usual shape of every rank, batch first."""
OTHER_SIZES = (6, 5, 3, 7)
"""Sizes of the axes that are neither the batch nor the features."""
HIGHEST_ID = 9
ORDER = (2, 3, 4, 5, 1)
"""Ranks, the most usual first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """One way to call a layer."""

    inputs: tuple[Input, ...]
    inputs_as: str = "auto"
    call: dict[str, Value] = field(default_factory=dict)


def floats(rank: int, name: str | None = None) -> Input:
    """Return a float input of the usual shape of that rank."""
    return Input(name=name, shape=SHAPES[min(rank, 6)], inferred=True)


def ids(rank: int, name: str | None = None) -> Input:
    """Return token ids: the usual shape, without features."""
    shape = SHAPES[3][:rank] if rank in (1, 2) else SHAPES[min(rank, 6)]
    return Input(name=name, shape=shape, dtype="int32", low=0, high=HIGHEST_ID, inferred=True)


def whole_numbers(form: Form) -> Form:
    """Return the form with whole numbers in place of floats."""
    changed = (
        replace(item, dtype="int32", low=0, high=HIGHEST_ID) if item.dtype == "float32" else item
        for item in form.inputs
    )
    return replace(form, inputs=tuple(changed))


def usual_forms(required: Sequence[str], hints: Hints) -> Iterator[Form]:
    """Yield the ways to call a layer that are worth trying, the likeliest first.

    ``required`` are the names of the parameters without a default, ``hints`` what the source says
    of the first of them.
    """
    if not required:
        yield Form(inputs=())
        return
    if len(required) > 1:
        yield from (_several(required, rank, hints) for rank in _ranks(hints))
        return
    if hints.keys and not hints.optional_structure:
        yield _by_key(hints.keys)
    if hints.items and not hints.optional_structure:
        yield from _in_list(hints)
    named = _role(required[0], 2)
    if hints.integer or (named is not None and named.dtype != "float32"):
        yield Form(inputs=(replace(named or ids(2), name=None),))
        yield Form(inputs=(ids(1),))
    elif named is not None and hints.rank is None and hints.least_rank <= len(named.shape or ()):
        yield Form(inputs=(replace(named, name=None),))
    for rank in _ranks(hints):
        yield Form(inputs=(floats(rank),))
    yield Form(inputs=(ids(2),))
    yield from itertools.islice(_in_list(hints), 2) if hints.items else (as_list(floats(2), 2),)
    if hints.keys:
        yield _by_key(hints.keys)
    yield Form(inputs=(Input(shape=SHAPES[1], dtype="string", inferred=True),))


def _by_key(keys: Sequence[str]) -> Form:
    items = tuple(_role(key, 2) or floats(2, key) for key in keys)
    return Form(inputs=items, inputs_as="dict")


def _in_list(hints: Hints) -> Iterator[Form]:
    """Yield the calls with a list: as documented, by the roles of the names, and of alike inputs.

    Names of inputs in a list are the source's own, and are told to nobody.
    """
    names = hints.item_names or ("",) * hints.items
    if len(hints.item_shapes) == hints.items:
        yield _of_list(_documented(names, hints.item_shapes))
    roles = [_role(name, 2) for name in names]
    if any(role is not None and role.dtype != "float32" for role in roles):
        for rank in (2, 3):
            yield _of_list(_several(names, rank, replace(hints, integer=False)).inputs)
    for rank in _ranks(hints):
        yield as_list(floats(rank), hints.items)


def _of_list(inputs: Sequence[Input]) -> Form:
    return Form(inputs=tuple(replace(item, name=None) for item in inputs), inputs_as="list")


def _documented(names: Sequence[str], shapes: Sequence[Sequence[str]]) -> list[Input]:
    """Return the inputs of documented shapes: the same word is the same size in all of them."""
    deep = any(len(axes) > 2 for axes in shapes)
    usual = SHAPES[3] if deep else SHAPES[2]
    sizes = {shapes[0][0]: usual[0], shapes[0][-1]: usual[-1]}
    left = itertools.cycle(OTHER_SIZES)
    found = []
    for name, axes in zip(names, shapes, strict=True):
        shape = tuple(
            int(axis) if axis.isdigit() else sizes.get(axis) or sizes.setdefault(axis, next(left))
            for axis in axes
        )
        role = _role(name, 2)
        made = role if role is not None and role.dtype != "float32" else floats(len(shape))
        found.append(replace(made, shape=shape))
    return found


def as_list(item: Input, count: int) -> Form:
    """Return the call with a list of alike inputs."""
    return Form(inputs=(replace(item, name=None),) * count, inputs_as="list")


def _ranks(hints: Hints) -> list[int]:
    ranks = [rank for rank in (*ORDER, 6) if rank >= hints.least_rank]
    if hints.rank != 6 and hints.least_rank < 6:
        ranks.remove(6)
    return sorted(ranks, key=lambda rank: rank != hints.rank) if hints.rank else ranks


def _several(required: Sequence[str], rank: int, hints: Hints) -> Form:
    found = [_role(name, rank) or floats(rank, name) for name in required]
    if hints.integer:
        found[0] = ids(2, required[0])
    sequences = any(item.shape is not None and len(item.shape) == 3 for item in found)
    batch = SHAPES[3][0] if sequences else None
    return Form(inputs=tuple(_with_batch(item, batch) for item in found))


def _with_batch(item: Input, batch: int | None) -> Input:
    return replace(item, shape=(batch, *item.shape[1:])) if batch and item.shape else item


def with_optional(form: Form, names: Sequence[str]) -> list[Form]:
    """Return the form with the first of these inputs that its name says something of; or none."""
    shape = (form.inputs[0].shape or ()) if form.inputs else ()
    roles = (_role(name, len(shape)) for name in names)
    found = next((role for role in roles if role is not None), None)
    if found is None or form.inputs_as != "auto":
        return []
    batch = shape[0] if shape and found.dtype == "float32" else None
    return [replace(form, inputs=(*form.inputs, _with_batch(found, batch)))]


def _role(name: str, rank: int) -> Input | None:
    """Return the input that a name speaks of; None where it says nothing."""
    for pattern, make in _ROLES:
        if re.search(rf"(^|_)({pattern})(s?)(_|\d|$)", name.lower()):
            if make == "mask":
                shape = SHAPES[3][:2] if rank != 4 else SHAPES[4][:3]
                return Input(name=name, shape=shape, dtype="bool", inferred=True)
            if make == "counts":
                shape = SHAPES[3][:1] if rank != 4 else SHAPES[4][:1]
                return replace(ids(1, name), shape=shape, low=1, high=SHAPES[3][1])
            return ids(2, name) if make == "ids" else floats(int(make), name)
    return None


_ROLES = (
    ("mask", "mask"),
    ("id|ids|token|tokens|index|indices|idx|label|category|categories|codes|words", "ids"),
    ("position|pos", "ids"),
    ("length", "counts"),
    ("query|queries|key|value|context|memory|sequence|seq|encoded|encoder_output\\w*|q|k|v", "3"),
    ("image|images|img|imgs|pixels|picture|frame", "4"),
    ("video|clip|volume|voxel", "5"),
    ("audio|wave|waveform|signal|feature|features|logit|logits", "2"),
)


def elements(shape: Sequence[int]) -> int:
    """Return the number of values in one sample."""
    return math.prod(shape[1:])
