"""Forms of a call changed in one respect: rank, type, sizes, indices."""

from __future__ import annotations

from dataclasses import replace

from layerdoctor.guessing.forms import SHAPES, Form, floats, ids
from layerdoctor.target import INTEGERS, Input

LENGTHS = {0: (), 1: (), 2: (512, 4096), 3: (32, 4096), 4: (32, 224), 5: (32,)}
"""How long the axes of an input of some rank are made when they were too short."""


def with_rank(form: Form, rank: int) -> Form:
    """Return the form with every input that has the rank of the first one brought to ``rank``."""
    current = form.inputs[0].shape

    def changed(item: Input) -> Input:
        if item.shape is None or len(item.shape) != len(current or ()):
            return item
        make = ids if item.dtype in INTEGERS else floats
        return replace(make(rank, item.name), dtype=item.dtype, low=item.low, high=item.high)

    inputs = tuple(changed(item) for item in form.inputs)
    batch = (inputs[0].shape or (2,))[0]
    return replace(form, inputs=tuple(_with_batch(item, batch) for item in inputs))


def with_shape(form: Form, sizes: list[int]) -> Form:
    """Return the form with inputs of these sizes behind the batch."""
    inputs = (
        replace(item, shape=(*(item.shape or (2,))[:1], *sizes)) if item.npy is None else item
        for item in form.inputs
    )
    return replace(form, inputs=tuple(inputs))


def with_last(form: Form, size: int) -> Form:
    """Return the form with another size of the last axis."""
    return with_size(form, -1, size)


def with_size(form: Form, axis: int, size: int) -> Form:
    """Return the form with another size of one axis of each float input that has it."""

    def changed(item: Input) -> Input:
        shape = list(item.shape or ())
        if item.dtype not in ("float32", "float64") or len(shape) < 2 or axis >= len(shape):
            return item
        shape[axis] = size
        return replace(item, shape=tuple(shape))

    return replace(form, inputs=tuple(changed(item) for item in form.inputs))


def with_longer_axes(form: Form) -> Form:
    """Return the form with longer axes between batch and features."""
    longest = max((size for item in form.inputs for size in item.shape or ()), default=0)
    inputs = (replace(item, shape=_longer(item.shape or (), longest)) for item in form.inputs)
    return replace(form, inputs=tuple(inputs))


def with_row_indices(form: Form, place: int) -> Form:
    """Return the form with indices, as many as there are rows, in place of one input."""
    rows = (form.inputs[0].shape or SHAPES[2])[0]
    item = form.inputs[place]
    dtype = item.dtype if item.dtype in INTEGERS else "int32"
    item = replace(item, shape=(rows,), dtype=dtype, low=0, high=rows - 1)
    return replace(form, inputs=(*form.inputs[:place], item, *form.inputs[place + 1 :]))


def with_ids_up_to(form: Form, high: int) -> Form:
    """Return the form with ids from 0 to ``high`` in place of its integers, or of everything."""
    everything = not any(item.dtype in INTEGERS for item in form.inputs)
    inputs = (
        _as_ids(item, high) if everything or item.dtype in INTEGERS else item
        for item in form.inputs
    )
    return replace(form, inputs=tuple(inputs))


def with_one_index(form: Form) -> Form:
    """Return the form with the same index in every place."""
    inputs = (replace(i, low=0, high=0) if i.dtype in INTEGERS else i for i in form.inputs)
    return replace(form, inputs=tuple(inputs))


def with_positive_floats(form: Form) -> Form:
    """Return the form with floats between 0.1 and 1."""
    inputs = (
        replace(item, low=0.1, high=1.0) if item.dtype == "float32" else item
        for item in form.inputs
    )
    return replace(form, inputs=tuple(inputs))


def with_integers(form: Form) -> Form:
    """Return the form with integers from 0 to 4 in place of floats; features become sequences."""

    def changed(item: Input) -> Input:
        if item.dtype != "float32":
            return item
        shape = SHAPES[3][:2] if item.shape is not None and len(item.shape) == 2 else item.shape
        return replace(item, shape=shape, dtype="int32", low=0, high=4)

    return replace(form, inputs=tuple(changed(item) for item in form.inputs))


def with_long_integers(form: Form) -> Form:
    """Return the form with int64 in place of int32, the values as they are."""
    inputs = (replace(i, dtype="int64") if i.dtype == "int32" else i for i in form.inputs)
    return replace(form, inputs=tuple(inputs))


def with_type(form: Form, dtype: str) -> Form:
    """Return the form with inputs of one type, drawn without a range."""
    inputs = (replace(item, dtype=dtype, low=None, high=None) for item in form.inputs)
    return replace(form, inputs=tuple(inputs))


def _with_batch(item: Input, batch: int) -> Input:
    return replace(item, shape=(batch, *item.shape[1:])) if item.shape else item


def _as_ids(item: Input, high: int) -> Input:
    shape = item.shape if item.dtype in INTEGERS else SHAPES[3][:2]
    return replace(item, shape=shape, dtype="int32", low=0, high=high)


def _longer(shape: tuple[int, ...], longest: int) -> tuple[int, ...]:
    """Return the shape with the next longer axes, or as it is where they are long already."""
    size = next((size for size in LENGTHS[min(len(shape), 5)] if size > longest), None)
    if size is None:
        return shape
    kept = shape[-1:] if len(shape) > 2 else ()
    return (*shape[:1], *(size for _ in shape[1 : len(shape) - len(kept)]), *kept)
