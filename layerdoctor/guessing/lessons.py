"""What a failed trial teaches: which rank, type, structure or size the layer asked for."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from layerdoctor.guessing.forms import SHAPES, Form, as_list, elements, floats, ids
from layerdoctor.target import INTEGERS, Input

READ = 600
"""How many characters of a message are read: further on stand the values received."""
LARGEST = 4096
"""The largest size that a message may ask for."""
MOST_SIZES = 3
LENGTHS = {0: (), 1: (), 2: (512, 4096), 3: (32, 4096), 4: (32, 224), 5: (32,)}
"""How long the axes of an input of some rank are made when they were too short."""


def learn(form: Form, words: str, sizes: Sequence[int] = ()) -> list[Form]:
    """Return the ways to call the layer that a failure in these words suggests, best first.

    ``sizes`` are those of the layer's own weights and arrays: where the words give no number, the
    last axis may have to be one of them.
    """
    words = words[:READ]
    for lesson in (
        _structure,
        _indexed,
        _sorted,
        _indices,
        _values,
        _rank,
        _types,
        _sizes,
        _larger,
    ):
        found = [other for other in lesson(form, words) if other != form]
        if found:
            return found
    mismatch = re.search(r"broadcast|incompatible|mismatch|must match|not equal|!=", words, re.I)
    return [_with_last(form, size) for size in sizes] if mismatch else []


def _structure(form: Form, words: str) -> Iterator[Form]:
    alone = r"expects 1 input\(s\), but it received|'list' object has no attribute"
    if form.inputs_as == "list" and re.search(alone, words):
        yield Form(inputs=form.inputs[:1])
    counted = re.search(r"values to unpack \(expected (\d), got (\d)\)", words)
    if form.inputs_as == "list" and counted and int(counted[2]) == len(form.inputs):
        yield as_list(form.inputs[0], int(counted[1]))
    if form.inputs_as == "list" or len(form.inputs) != 1:
        return
    item = form.inputs[0]
    asks = re.search(
        r"(list|tuple|sequence|pair)s?\b[^.]{0,40}\b(inputs|tensors|arrays|values)"
        r"|(must|should|expects?|expected|needs?)[^.]{0,40}\b(a|be|on|with|of) (\w+ )?"
        r"(list|tuple|sequence|pair)\b|at least (2|two) inputs|expected \d[^.]{0,12} inputs? tensor"
        r"|'int' object is not (iterable|subscriptable)",
        words,
        re.I,
    )
    if asks:
        number = re.search(r"\b(\d)( or \d)? (inputs|tensors)", words)
        count = int(number[1]) if number and number[1] > "1" else 2
        for rank in (len(item.shape or ()), 3, 4):
            yield as_list(replace(item, shape=SHAPES[rank]), count)
        yield as_list(ids(1), count)
    unpacked = re.search(r"values? to unpack \(expected (\d)(?:, got (\d))?\)", words)
    batch = (item.shape or (0,))[0]
    if unpacked and (unpacked[2] is None or int(unpacked[2]) == batch):
        yield as_list(item, int(unpacked[1]))


def _indices(form: Form, words: str) -> Iterator[Form]:
    found = re.search(r"is not in \[0, (\d+)\)|\b0 <= \w+ < (?:[^.]{0,40}=)?(\d+)", words)
    if found is None:
        return
    high = max(int(found[1] or found[2]) - 1, 0)
    changed = [_as_ids(item, high) for item in form.inputs if item.dtype in INTEGERS]
    if changed:
        inputs = iter(changed)
        kept = (next(inputs) if item.dtype in INTEGERS else item for item in form.inputs)
        yield replace(form, inputs=tuple(kept))
        return
    yield replace(form, inputs=tuple(_as_ids(item, high) for item in form.inputs))


def _indexed(form: Form, words: str) -> Iterator[Form]:
    """Give one index for every row where they do not go together with what they select."""
    if re.search(r"of indices\[shape.*must match.*of updates", words):
        places = (place for place, item in enumerate(form.inputs) if item.dtype in INTEGERS)
        yield from (_with_ids(form, place) for place in places if place)


def _sorted(form: Form, words: str) -> Iterator[Form]:
    """Draw the same index for every row where the words ask for them in order."""
    if re.search(r"segment_?.?ids.*not (increasing|sorted)", words):
        inputs = (replace(i, low=0, high=0) if i.dtype in INTEGERS else i for i in form.inputs)
        yield replace(form, inputs=tuple(inputs))


def _as_ids(item: Input, high: int) -> Input:
    shape = item.shape if item.dtype in INTEGERS else SHAPES[3][:2]
    return replace(item, shape=shape, dtype="int32", low=0, high=high)


def _values(form: Form, words: str) -> Iterator[Form]:
    """Draw positive numbers where the words ask for them."""
    asks = re.search(
        r"(?<!non-)positive|[<>]=? 0\b|between 0|not finite|nan\b|\[0, ?1\]", words, re.I
    )
    if asks and any(item.dtype == "float32" and item.low is None for item in form.inputs):
        inputs = (
            replace(item, low=0.1, high=1.0) if item.dtype == "float32" else item
            for item in form.inputs
        )
        yield replace(form, inputs=tuple(inputs))


_RANKS = (
    r"expected (?:min_)?ndim=(\d)",
    r"expected (\d)\+?D",
    r"rank(?: of)?(?: at least)?[ -=]+(\d)",
    r"(?:must|should|expects?|expected|needs?|has to)[^.]{0,40}?\b(\d)[- ]?(?:d\b|dim|axes)",
    r"at least (\d) dimensions",
    r"values? to unpack \(expected (\d)",
    r"expects a vector of size (?P<given>\d)\. But input\(1\) is a vector of size (\d)",
    r"using input dim (?P<from_zero>\d)",
    r"paddings must be the rank of inputs\[(\d)",
)
_IN_WORDS = {"two": 2, "three": 3, "four": 4, "five": 5}
_TOO_FEW = (
    r"(tuple|list|strided_slice|slice) index (\d+ )?(of dimension 0 )?out of (range|bounds)",
    r"(axis|dimension|dim)\D{0,30}(out of (bounds|range)|invalid)",
    r"invalid (axis|reduction dimension|dimension)",
    r"expected dimension in the range",
    r"too many indices",
    r"index out of range",
    r"must be in the range \[-\d",
)


def _rank(form: Form, words: str) -> Iterator[Form]:
    if not form.inputs:
        return
    current = len(form.inputs[0].shape or ())
    wanted = [rank for rank in _ranks_in(words) if 1 <= rank <= 6 and rank != current]
    if not wanted and any(re.search(pattern, words, re.I) for pattern in _TOO_FEW):
        wanted = [current + 1]
    batches = [rank for rank in wanted if rank > current] + [r for r in wanted if r < current]
    for rank in sorted(dict.fromkeys(batches), reverse="single" in words):
        yield _with_rank(form, rank)


def _ranks_in(words: str) -> Iterator[int]:
    for pattern in _RANKS:
        for match in re.finditer(pattern, words, re.I):
            zero = match.groupdict().get("from_zero")
            yield int(zero) + 1 if zero else int(match.groups()[-1])
    for match in re.finditer(r"\b(two|three|four|five)[- ]dimension", words, re.I):
        yield _IN_WORDS[match[1].lower()]
    either = re.search(r"rank (\d)[^.]{0,20} or (\d)", words)
    if either:
        yield int(either[2])


def _with_rank(form: Form, rank: int) -> Form:
    current = form.inputs[0].shape

    def changed(item: Input) -> Input:
        if item.shape is None or len(item.shape) != len(current or ()):
            return item
        make = ids if item.dtype in INTEGERS else floats
        return replace(make(rank, item.name), dtype=item.dtype, low=item.low, high=item.high)

    inputs = tuple(changed(item) for item in form.inputs)
    batch = (inputs[0].shape or (2,))[0]
    return replace(form, inputs=tuple(_with_batch(item, batch) for item in inputs))


def _with_batch(item: Input, batch: int) -> Input:
    return replace(item, shape=(batch, *item.shape[1:])) if item.shape else item


def _types(form: Form, words: str) -> Iterator[Form]:
    lowered = words.lower()
    if "string" in lowered and re.search(r"cast|expect|must be|requires", lowered):
        yield replace(form, inputs=tuple(_of_type(item, "string") for item in form.inputs))
    of_type = re.search(
        r"dtype|data ?type|attr '|type (u?int|float|bool)|must be (an? )?(integer|u?int|bool|float)"
        r"|expected (an? )?(int|bool|float)|to be an? \w+ tensor|non-negative|unsupported object"
        r"|integer inputs|cast \w+ to",
        lowered,
    )
    if of_type is None:
        return
    given = {item.dtype for item in form.inputs}
    if "float32" in given and re.search(r"(requires?|must be|needs?) \S*complex64", lowered):
        yield replace(form, inputs=tuple(_of_type(item, "complex64") for item in form.inputs))
    if re.search(r"attr 'ti(ndices|dx)'", lowered) and given == {"float32"}:
        yield from (_with_ids(form, place) for place in range(len(form.inputs) - 1, 0, -1))
    if given >= {"int32", "float32"} and "int64" in lowered:
        indices = (_of_index(item) if item.dtype == "int32" else item for item in form.inputs)
        yield replace(form, inputs=tuple(indices))
    if "float32" in given and re.search(r"int|non-negative|unsupported object", lowered):
        yield replace(form, inputs=tuple(_whole(item) for item in form.inputs))
    if "bool" in lowered and "bool" not in given:
        yield replace(form, inputs=tuple(_of_type(item, "bool") for item in form.inputs))
    if given & {"int32", "int64", "bool"} and "float" in lowered:
        yield replace(form, inputs=tuple(_of_type(item, "float32") for item in form.inputs))
    if "int64" in lowered and "int32" in given:
        yield replace(form, inputs=tuple(_of_type(item, "int64") for item in form.inputs))


def _with_ids(form: Form, place: int) -> Form:
    """Return the form with indices, as many as there are rows, in place of one input."""
    rows = (form.inputs[0].shape or SHAPES[2])[0]
    item = form.inputs[place]
    dtype = item.dtype if item.dtype in INTEGERS else "int32"
    item = replace(item, shape=(rows,), dtype=dtype, low=0, high=rows - 1)
    return replace(form, inputs=(*form.inputs[:place], item, *form.inputs[place + 1 :]))


def _whole(item: Input) -> Input:
    if item.dtype != "float32":
        return item
    shape = SHAPES[3][:2] if item.shape is not None and len(item.shape) == 2 else item.shape
    return replace(item, shape=shape, dtype="int32", low=0, high=4)


def _of_index(item: Input) -> Input:
    return replace(item, dtype="int64")


def _of_type(item: Input, dtype: str) -> Input:
    return replace(item, dtype=dtype, low=None, high=None)


def _sizes(form: Form, words: str) -> Iterator[Form]:
    """Put a number that the words name in the place of one of ours that they name too."""
    if not form.inputs or not form.inputs[0].shape:
        return
    spelled = re.search(r"[\[(](?:batch\w*|None|N|B)((?:, *\d+)+),?[\])]", words)
    if spelled and "expected axis" not in words:
        sizes = [int(size) for size in re.findall(r"\d+", spelled[1])]
        yield _with_shape(form, sizes)
        return
    given = re.search(r"axis (-?\d+) of input shape to have value (\d+)", words)
    if given:
        yield _with_size(form, int(given[1]), int(given[2]))
        return
    squeezed = re.search(r"Cannot squeeze axis=(-?\d+)", words)
    if squeezed:
        yield _with_size(form, int(squeezed[1]), 1)
        return
    if re.search(r"should have the same shape|Incompatible shapes", words) and _differ(form):
        shape = form.inputs[0].shape
        yield replace(form, inputs=tuple(replace(item, shape=shape) for item in form.inputs))
    product = re.search(
        r"reshape a tensor with \d+ (?:elements|values) to (?:shape )?\[([^\]]+)", words
    )
    if product:
        yield from _reshaped(form, [int(size) for size in re.findall(r"\d+", product[1])])
        return
    numbers = [int(number) for number in re.findall(r"(?<![\w.\-])\d+(?!\w|\.\d)", words)]
    own = {size for item in form.inputs for size in (item.shape or ())[1:]}
    foreign = [n for n in dict.fromkeys(numbers) if 1 < n <= LARGEST and n not in own]
    if not own.intersection(numbers):
        return
    if re.search(
        r"(less|more) than|at least|larger|greater|smaller|negative|exceed|multiple|divi",
        words,
        re.I,
    ):
        foreign = [2 * max(foreign)] if foreign else []
    for size in foreign[:MOST_SIZES]:
        yield _with_last(form, size)


def _differ(form: Form) -> bool:
    return len({item.shape for item in form.inputs}) > 1


def _reshaped(form: Form, target: list[int]) -> Iterator[Form]:
    shape = form.inputs[0].shape or ()
    wanted = 1
    for size in target[1:] if target[:1] == list(shape[:1]) else target:
        wanted *= max(size, 1)
    rest = elements(shape) // shape[-1] if len(shape) > 1 and shape[-1] else 1
    if 1 < wanted <= LARGEST:
        yield _with_last(form, wanted // rest if wanted % rest == 0 else wanted)


def _larger(form: Form, words: str) -> Iterator[Form]:
    """Make the axes between batch and features longer where something did not fit into them."""
    if not re.search(
        r"negative|too (small|short)|smaller than|larger than|at least|exceed|zero or", words, re.I
    ):
        return
    longest = max((size for item in form.inputs for size in item.shape or ()), default=0)
    shapes = [_longer(item.shape or (), longest) for item in form.inputs]
    yield replace(
        form,
        inputs=tuple(
            replace(item, shape=shape) for item, shape in zip(form.inputs, shapes, strict=True)
        ),
    )


def _longer(shape: tuple[int, ...], longest: int) -> tuple[int, ...]:
    """Return the shape with the next longer axes, or as it is where they are long already."""
    size = next((size for size in LENGTHS[min(len(shape), 5)] if size > longest), None)
    if size is None:
        return shape
    kept = shape[-1:] if len(shape) > 2 else ()
    return (*shape[:1], *(size for _ in shape[1 : len(shape) - len(kept)]), *kept)


def _with_shape(form: Form, sizes: list[int]) -> Form:
    inputs = (
        replace(item, shape=(*(item.shape or (2,))[:1], *sizes)) if item.npy is None else item
        for item in form.inputs
    )
    return replace(form, inputs=tuple(inputs))


def _with_last(form: Form, size: int) -> Form:
    return _with_size(form, -1, size)


def _with_size(form: Form, axis: int, size: int) -> Form:
    def changed(item: Input) -> Input:
        shape = list(item.shape or ())
        if item.dtype not in ("float32", "float64") or len(shape) < 2 or axis >= len(shape):
            return item
        shape[axis] = size
        return replace(item, shape=tuple(shape))

    return replace(form, inputs=tuple(changed(item) for item in form.inputs))
