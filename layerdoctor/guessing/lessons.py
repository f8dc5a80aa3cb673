"""What a failed trial teaches: which rank, type, structure or size the layer asked for.

`LESSONS` has a row for each way in which frameworks and layers word it, with a message that the row
was made for. The rows of one subject answer together; the first subject that has an answer wins.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from layerdoctor.guessing.changed_forms import (
    with_ids_up_to,
    with_integers,
    with_last,
    with_long_integers,
    with_longer_axes,
    with_one_index,
    with_positive_floats,
    with_rank,
    with_row_indices,
    with_shape,
    with_size,
    with_type,
)
from layerdoctor.guessing.forms import SHAPES, Form, as_list, elements, floats, ids
from layerdoctor.target import INTEGERS

READ = 600
"""How many characters of a message are read: further on stand the values received."""
LARGEST = 4096
"""The largest size that a message may ask for."""
MOST_SIZES = 3

Match = re.Match[str]
FEATURES = Form(inputs=(floats(2),))


@dataclass(frozen=True, slots=True)
class Lesson:
    """One way of wording what was wrong with a call, and what to call with instead."""

    subject: str
    pattern: str
    """What is found in the message, whatever the case of its letters."""
    answers: Callable[[Form, Match], Iterator[Form]]
    message: str
    """One that the row was made for."""
    tried: Form = FEATURES
    """A form for which that message has an answer."""
    also: str = ""
    """A pattern that has to be found as well."""


def learn(
    form: Form, words: str, sizes: Sequence[int] = (), *, lessons: Sequence[Lesson] | None = None
) -> list[Form]:
    """Return the ways to call the layer that a failure in these words suggests, best first.

    ``sizes`` are those of the layer's own weights and arrays: where the words give no number, the
    last axis may have to be one of them. ``lessons`` are all of `LESSONS` unless given.
    """
    words = words[:READ]
    rows = LESSONS if lessons is None else lessons
    for subject, group in itertools.groupby(rows, key=lambda row: row.subject):
        found: list[Form] = []
        for answer in (each for row in group for each in _answers(row, form, words)):
            if answer != form and answer not in found:
                found.append(answer)
        if subject == "rank":
            found.sort(key=_rank, reverse="single" in words)
        if found:
            return found
    mismatch = re.search(r"broadcast|incompatible|mismatch|must match|not equal|!=", words, re.I)
    return [with_last(form, size) for size in sizes] if mismatch else []


def _answers(lesson: Lesson, form: Form, words: str) -> Iterator[Form]:
    if form.inputs and re.search(lesson.also, words, re.I):
        for match in re.finditer(lesson.pattern, words, re.I):
            yield from lesson.answers(form, match)


def _rank(form: Form) -> int:
    return len(form.inputs[0].shape or ())


def _first_alone(form: Form, _: Match) -> Iterator[Form]:
    if form.inputs_as == "list":
        yield Form(inputs=form.inputs[:1])


def _as_many_as_unpacked(form: Form, match: Match) -> Iterator[Form]:
    """Give a list as long as the layer unpacks it, unless it unpacks an axis."""
    count, got = int(match[1]), match[2] and int(match[2])
    if form.inputs_as == "list":
        if got == len(form.inputs):
            yield as_list(form.inputs[0], count)
    elif len(form.inputs) == 1 and got in (None, (form.inputs[0].shape or (0,))[0]):
        yield as_list(form.inputs[0], count)


def _in_list(form: Form, match: Match) -> Iterator[Form]:
    if form.inputs_as == "list" or len(form.inputs) != 1:
        return
    number = re.search(r"\b(\d)( or \d)? (inputs|tensors)", match.string)
    count = int(number[1]) if number and number[1] > "1" else 2
    for rank in (_rank(form), 3, 4):
        yield as_list(replace(form.inputs[0], shape=SHAPES[rank]), count)
    yield as_list(ids(1), count)


def _one_index_a_row(form: Form, _: Match) -> Iterator[Form]:
    places = (place for place, item in enumerate(form.inputs) if item.dtype in INTEGERS)
    yield from (with_row_indices(form, place) for place in places if place)


def _in_order(form: Form, _: Match) -> Iterator[Form]:
    yield with_one_index(form)


def _below(form: Form, match: Match) -> Iterator[Form]:
    yield with_ids_up_to(form, max(int(match[1]) - 1, 0))


def _positive(form: Form, _: Match) -> Iterator[Form]:
    if any(item.dtype == "float32" and item.low is None for item in form.inputs):
        yield with_positive_floats(form)


def _of_rank(form: Form, match: Match) -> Iterator[Form]:
    yield from _ranked(form, int(match[1]))


def _of_higher_rank(form: Form, match: Match) -> Iterator[Form]:
    """Take a number that counts axes from 0."""
    yield from _ranked(form, int(match[1]) + 1)


def _of_rank_in_words(form: Form, match: Match) -> Iterator[Form]:
    yield from _ranked(form, {"two": 2, "three": 3, "four": 4, "five": 5}[match[1].lower()])


def _ranked(form: Form, rank: int) -> Iterator[Form]:
    if 1 <= rank <= 6 and rank != _rank(form):
        yield with_rank(form, rank)


def _with_one_axis_more(form: Form, _: Match) -> Iterator[Form]:
    yield from _ranked(form, _rank(form) + 1)


def _strings(form: Form, _: Match) -> Iterator[Form]:
    yield with_type(form, "string")


def _complex(form: Form, _: Match) -> Iterator[Form]:
    if "float32" in _types(form):
        yield with_type(form, "complex64")


def _row_indices(form: Form, _: Match) -> Iterator[Form]:
    if _types(form) == {"float32"}:
        yield from (with_row_indices(form, place) for place in range(len(form.inputs) - 1, 0, -1))


def _long_indices(form: Form, _: Match) -> Iterator[Form]:
    if _types(form) >= {"int32", "float32"}:
        yield with_long_integers(form)


def _integers(form: Form, _: Match) -> Iterator[Form]:
    if "float32" in _types(form):
        yield with_integers(form)


def _booleans(form: Form, _: Match) -> Iterator[Form]:
    if "bool" not in _types(form):
        yield with_type(form, "bool")


def _floats(form: Form, _: Match) -> Iterator[Form]:
    if _types(form) & {"int32", "int64", "bool"}:
        yield with_type(form, "float32")


def _long(form: Form, _: Match) -> Iterator[Form]:
    if "int32" in _types(form):
        yield with_type(form, "int64")


def _types(form: Form) -> set[str]:
    return {item.dtype for item in form.inputs}


def _spelled_out(form: Form, match: Match) -> Iterator[Form]:
    if "expected axis" not in match.string and form.inputs[0].shape:
        yield with_shape(form, [int(size) for size in re.findall(r"\d+", match[1])])


def _axis_of_size(form: Form, match: Match) -> Iterator[Form]:
    if form.inputs[0].shape:
        yield with_size(form, int(match[1]), int(match[2]))


def _axis_of_one(form: Form, match: Match) -> Iterator[Form]:
    if form.inputs[0].shape:
        yield with_size(form, int(match[1]), 1)


def _of_one_shape(form: Form, _: Match) -> Iterator[Form]:
    shape = form.inputs[0].shape
    if shape:
        yield replace(form, inputs=tuple(replace(item, shape=shape) for item in form.inputs))


def _that_can_be_reshaped(form: Form, match: Match) -> Iterator[Form]:
    shape = form.inputs[0].shape or ()
    target = [int(size) for size in re.findall(r"\d+", match[1])]
    wanted = 1
    for size in target[1:] if target[:1] == list(shape[:1]) else target:
        wanted *= max(size, 1)
    rest = elements(shape) // shape[-1] if len(shape) > 1 and shape[-1] else 1
    if 1 < wanted <= LARGEST:
        yield with_last(form, wanted // rest if wanted % rest == 0 else wanted)


def _of_a_size_named(form: Form, match: Match) -> Iterator[Form]:
    """Put a number that the words name in the place of one of ours that they name too."""
    numbers = [int(number) for number in re.findall(r"(?<![\w.\-])\d+(?!\w|\.\d)", match.string)]
    own = {size for item in form.inputs for size in (item.shape or ())[1:]}
    foreign = [n for n in dict.fromkeys(numbers) if 1 < n <= LARGEST and n not in own]
    if not own.intersection(numbers):
        return
    if re.search(_BOUND, match.string, re.I):
        foreign = [2 * max(foreign)] if foreign else []
    yield from (with_last(form, size) for size in foreign[:MOST_SIZES])


def _with_longer_axes(form: Form, _: Match) -> Iterator[Form]:
    yield with_longer_axes(form)


_BOUND = r"(less|more) than|at least|larger|greater|smaller|negative|exceed|multiple|divi"
_ABOUT_A_TYPE = (
    r"dtype|data ?type|attr '|type (u?int|float|bool)|must be (an? )?(integer|u?int|bool|float)"
    r"|expected (an? )?(int|bool|float)|to be an? \w+ tensor|non-negative|unsupported object"
    r"|integer inputs|cast \w+ to"
)
_ASKS = r"(?:must|should|expects?|expected|needs?|has to)"
_LIST = Form(inputs=(floats(2), floats(2)), inputs_as="list")
_PAIR = Form(inputs=(floats(2), floats(2)))
_TOKENS = Form(inputs=(ids(2),))
_ROWS = Form(inputs=(floats(2), ids(2)))

LESSONS = (
    Lesson(
        "structure",
        r"expects 1 input\(s\), but it received|'list' object has no attribute",
        _first_alone,
        'Layer "head" expects 1 input(s), but it received 2 input tensors.',
        _LIST,
    ),
    Lesson(
        "structure",
        r"(?:list|tuple|sequence|pair)s?\b[^.]{0,40}\b(?:inputs|tensors|arrays|values)",
        _in_list,
        "this layer takes a list of 3 inputs",
    ),
    Lesson(
        "structure",
        r"(?:must|should|expects?|expected|needs?)[^.]{0,40}\b(?:a|be|on|with|of) (?:\w+ )?"
        r"(?:list|tuple|sequence|pair)\b",
        _in_list,
        "`inputs` must be a tuple: query and value",
    ),
    Lesson(
        "structure",
        r"at least (?:2|two) inputs|expected \d[^.]{0,12} inputs? tensor",
        _in_list,
        "A merge layer needs at least 2 inputs. Received: 1",
    ),
    Lesson(
        "structure",
        r"'int' object is not (?:iterable|subscriptable)",
        _in_list,
        "'int' object is not subscriptable",
    ),
    Lesson(
        "structure",
        r"values? to unpack \(expected (\d)(?:, got (\d))?\)",
        _as_many_as_unpacked,
        "too many values to unpack (expected 2)",
    ),
    Lesson(
        "indices of rows",
        r"of indices\[shape.*must match.*of updates",
        _one_index_a_row,
        "Dimensions [0,1) of indices[shape=[2,6]] must match dimensions [0,1) of updates",
        _ROWS,
    ),
    Lesson(
        "order of indices",
        r"segment_?.?ids.*not (?:increasing|sorted)",
        _in_order,
        "segment ids are not increasing",
        _ROWS,
    ),
    Lesson(
        "range of indices",
        r"is not in \[0, (\d+)\)",
        _below,
        "indices[0,4] = -1 is not in [0, 20)",
    ),
    Lesson(
        "range of indices",
        r"is out of range \[0, (\d+)\)",
        _below,
        "segment_ids[0] = 4 is out of range [0, 4)",
    ),
    Lesson(
        "range of indices",
        r"\b0 <= \w+ < (?:[^.]{0,40}=)?(\d+)",
        _below,
        "Expected 0 <= index < num_classes=5",
    ),
    Lesson(
        "range of floats",
        r"(?<!non-)positive|[<>]=? 0\b|between 0|not finite|nan\b|\[0, ?1\]",
        _positive,
        "the inputs must be positive",
    ),
    Lesson(
        "rank",
        r"expected (?:min_)?ndim=(\d)",
        _of_rank,
        "expected min_ndim=3, found ndim=2",
    ),
    Lesson("rank", r"expected (\d)\+?D", _of_rank, "expected 3+D tensor, got 2D"),
    Lesson(
        "rank",
        r"rank(?: of)?(?: at least)?[ -=]+(\d)",
        _of_rank,
        "Shape must be rank 3 but is rank 2",
    ),
    Lesson(
        "rank",
        rf"{_ASKS}[^.]{{0,40}}?\b(\d)[- ]?(?:d\b|dim|axes)",
        _of_rank,
        "images must be 4-dimensional",
    ),
    Lesson(
        "rank", r"at least (\d) dimensions", _of_rank, "inputs of at least 3 dimensions are taken"
    ),
    Lesson(
        "rank",
        r"values? to unpack \(expected (\d)",
        _of_rank,
        "not enough values to unpack (expected 3, got 2)",
    ),
    Lesson(
        "rank",
        r"expects a vector of size \d\. But input\(1\) is a vector of size (\d)",
        _of_rank,
        "transpose expects a vector of size 2. But input(1) is a vector of size 4",
    ),
    Lesson(
        "rank",
        r"using input dim (\d)",
        _of_higher_rank,
        "Invalid reduction arguments: using input dim 2 of 2",
    ),
    Lesson(
        "rank",
        r"paddings must be the rank of inputs\[(\d)",
        _of_rank,
        "The first dimension of paddings must be the rank of inputs[4,2] [4,8]",
    ),
    Lesson(
        "rank",
        r"\b(two|three|four|five)[- ]dimension",
        _of_rank_in_words,
        "takes three-dimensional inputs",
    ),
    Lesson("rank", r"rank \d[^.]{0,20} or (\d)", _of_rank, "inputs of rank 3 (unbatched) or 4"),
    Lesson(
        "one axis more",
        r"(?:tuple|list|strided_slice|slice) index (?:\d+ )?(?:of dimension 0 )?out of "
        r"(?:range|bounds)",
        _with_one_axis_more,
        "slice index 2 of dimension 0 out of bounds",
    ),
    Lesson(
        "one axis more",
        r"(?:axis|dimension|dim)\D{0,30}(?:out of (?:bounds|range)|invalid)",
        _with_one_axis_more,
        "axis is out of bounds for an array of two axes",
    ),
    Lesson(
        "one axis more",
        r"invalid (?:axis|reduction dimension|dimension)",
        _with_one_axis_more,
        "Invalid reduction dimension (2 for input with 2 dimension(s)",
    ),
    Lesson(
        "one axis more",
        r"expected dimension in the range",
        _with_one_axis_more,
        "Expected dimension in the range [-2, 2), but got 2",
    ),
    Lesson(
        "one axis more", r"too many indices", _with_one_axis_more, "Too many indices for tensor"
    ),
    Lesson("one axis more", r"index out of range", _with_one_axis_more, "Index out of range"),
    Lesson(
        "one axis more",
        r"must be in the range \[-\d",
        _with_one_axis_more,
        "`axis` must be in the range [-2, 2)",
    ),
    Lesson(
        "type",
        r"string",
        _strings,
        "Cast float to string is not supported",
        also=r"cast|expect|must be|requires",
    ),
    Lesson(
        "type",
        r"(?:requires?|must be|needs?) \S*complex64",
        _complex,
        "the data type of the spectrum must be complex64",
        also=_ABOUT_A_TYPE,
    ),
    Lesson(
        "type",
        r"attr 'ti(?:ndices|dx)'",
        _row_indices,
        "Value for attr 'Tindices' of float is not in the list of allowed values",
        _PAIR,
    ),
    Lesson(
        "type",
        r"int64",
        _long_indices,
        "cannot compute GatherV2 as input #2 was expected to be an int64 tensor but is an int32",
        _ROWS,
        also=_ABOUT_A_TYPE,
    ),
    Lesson(
        "type",
        r"int|non-negative|unsupported object",
        _integers,
        "Value for attr 'T' of float is not in the list: int32, int64",
        also=_ABOUT_A_TYPE,
    ),
    Lesson(
        "type",
        r"bool",
        _booleans,
        "the mask must be a bool tensor",
        also=_ABOUT_A_TYPE,
    ),
    Lesson(
        "type",
        r"float",
        _floats,
        "Value for attr 'T' of int32 is not in the list: half, float, double",
        _TOKENS,
        also=_ABOUT_A_TYPE,
    ),
    Lesson(
        "type",
        r"int64",
        _long,
        "expected to be a int64 tensor but is a int32 tensor",
        _TOKENS,
        also=_ABOUT_A_TYPE,
    ),
    Lesson(
        "shape spelled out",
        r"[\[(](?:batch\w*|None|N|B)((?:, *\d+)+),?[\])]",
        _spelled_out,
        "inputs of shape (batch_size, 10, 16) were promised",
    ),
    Lesson(
        "size of an axis",
        r"axis (-?\d+) of input shape to have value (\d+)",
        _axis_of_size,
        "expected axis -1 of input shape to have value 5, but received (4, 8)",
    ),
    Lesson(
        "axis of size 1",
        r"Cannot squeeze axis=(-?\d+)",
        _axis_of_one,
        "Cannot squeeze axis=-1, because the dimension is not 1.",
    ),
    Lesson(
        "elements",
        r"reshape a tensor with \d+ (?:elements|values) to (?:shape )?\[([^\]]+)",
        _that_can_be_reshaped,
        "Cannot reshape a tensor with 32 elements to shape [4,3,4] (48 elements)",
    ),
    Lesson(
        "size",
        r"should have the same shape|Incompatible shapes",
        _of_one_shape,
        "Incompatible shapes: [4,8] vs. [2,6]",
        _ROWS,
    ),
    Lesson("size", r"^", _of_a_size_named, "Dimensions must be equal, but are 8 and 5"),
    Lesson(
        "length",
        r"negative|too (?:small|short)|smaller than|larger than|at least|exceed|zero or",
        _with_longer_axes,
        "the sequence is too short for the window",
    ),
)
