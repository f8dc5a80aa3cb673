"""What to examine and how to call it, parsed from what people write."""

from __future__ import annotations

import difflib
import math
import re
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, time
from typing import Any, Literal, get_args

Value = Any
"""A JSON value: null, bool, int, float, str, list or table. Three tables stand for what has no
literal: ``{"array": [2, 3], "dtype": ..., "low": ..., "high": ...}`` is a random array,
``{"npy": "file.npy"}`` an array from a file, or from an archive, ``"file.npz:name"``,
``{"object": "module:attr", "args": ...}`` an imported object, called when ``args`` is there. They
may stand at any depth."""

Float = Literal["float16", "bfloat16", "float32", "float64"]
Integer = Literal["int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64"]
Dtype = Literal[Float, Integer, "bool", "complex64", "complex128", "string"]
"""The types of values that TensorFlow has."""
FLOATS: tuple[Float, ...] = get_args(Float)
INTEGERS: tuple[Integer, ...] = get_args(Integer)
DTYPES: tuple[Dtype, ...] = get_args(Dtype)
InputsAs = Literal["auto", "positional", "list", "dict"]
"""How several inputs reach the call."""
INPUTS_AS: tuple[InputsAs, ...] = get_args(InputsAs)
Device = Literal["cpu", "gpu"]

SAVED_MODEL = ".keras"
"""What the name of a saved model ends in."""

FILES = (".py", ".ipynb")
"""What the names of files end in that a target may name."""

SIZE_UNITS = {"": 1, "k": 1024, "m": 1024**2, "g": 1024**3, "t": 1024**4}


class BadInput(ValueError):
    """What was written cannot be read; the message says what was received and what to write."""


def named(kind: type) -> str:
    """Return a class as a target names it: ``module:Class``."""
    return f"{kind.__module__}:{kind.__qualname__}"


def nearest(word: str, known: Iterable[str]) -> str:
    """Return ``; did you mean `x`?`` for a word that is close to a known one, else nothing."""
    near = difflib.get_close_matches(word, list(known), n=1)
    return f"; did you mean `{near[0]}`?" if near else ""


@contextmanager
def within(where: str) -> Iterator[None]:
    """Say in the message of a ``BadInput`` which option or key it is about."""
    try:
        yield
    except BadInput as error:
        raise BadInput(f"{where}: {error}") from None


@dataclass(frozen=True, slots=True, kw_only=True)
class Input:
    """One input of the layer: drawn values of a shape, or the array of a file."""

    name: str | None = None
    shape: tuple[int, ...] | None = None
    dtype: str = "float32"
    low: float | None = None
    high: float | None = None
    """The largest value that is drawn; for integers it is included."""
    npy: str | None = None
    """``file.npy``, or ``file.npz:name`` for one array of an archive."""
    inferred: bool = False
    """Whether the shape was guessed rather than given."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """One layer to examine: where it is, how to construct it and how to call it."""

    id: str
    target: str
    """``module:Class``, ``path/to/file.py:Class``, ``path/to/notebook.ipynb:Class``,
    ``module:instance``, ``module:factory`` or ``path/to/model.keras``."""
    args: dict[str, Value] = field(default_factory=dict)
    inputs: tuple[Input, ...] = ()
    inputs_as: str = "auto"
    """``auto``, ``positional``, ``list`` or ``dict``."""
    call: dict[str, Value] = field(default_factory=dict)
    app_dirs: tuple[str, ...] = (".",)
    calls: int = 3
    timeout: float = 60.0
    """Seconds, counted from the target's own start."""
    seed: int = 0
    device: str = "cpu"
    memory_limit: int | None = None
    """Bytes."""
    sources: tuple[str, ...] = ()
    """Of a saved model: ``path/to/file.py:Class`` for the author's classes in it."""
    discovered: bool = False
    """Whether it was found in a file rather than named: what cannot be guessed is skipped."""


def is_saved_model(text: str) -> bool:
    """Whether a target is the file of a model that was saved."""
    return text.endswith(SAVED_MODEL)


def parse_target(text: str) -> tuple[str, str]:
    """Return the module or file and the attribute of ``module:Class`` or ``path/file.py:Class``.

    A saved model is a file without an attribute.
    Raises ``BadInput``.
    """
    if is_saved_model(text):
        return text, ""
    place, colon, attribute = text.rpartition(":")
    good = bool(colon and place) and all(part.isidentifier() for part in attribute.split("."))
    module = place.endswith(FILES) or all(part.isidentifier() for part in place.split("."))
    if not good or not module:
        raise BadInput(
            f"`{text}` is no target; expected `package.module:Class` or `path/to/file.py:Class`"
        )
    return place, attribute


def parse_shape(text: str) -> tuple[int, ...]:
    """Return the sizes of ``10,5``, ``10,`` or ``(10, 5)``; ``()`` is the shape of a scalar.

    Raises ``BadInput``.
    """
    inner = text.strip()
    if inner.startswith("(") and inner.endswith(")"):
        inner = inner[1:-1].strip()
        if not inner:
            return ()
    sizes = [size.strip() for size in inner.removesuffix(",").split(",")]
    if not all(re.fullmatch(r"[0-9]{1,18}", size) for size in sizes):
        raise BadInput(
            f"`{text}` is no shape; expected sizes separated by commas, batch first, such as `8,16`"
        )
    return tuple(int(size) for size in sizes)


def parse_dtype(text: str) -> str:
    """Return the name of a type that TensorFlow has; raises ``BadInput``."""
    if text not in DTYPES:
        expected = f"expected one of {', '.join(DTYPES)}{nearest(text, DTYPES)}"
        raise BadInput(f"`{text}` is no dtype; {expected}")
    return text


def parse_range(text: str) -> tuple[float, float]:
    """Return the ends of ``0..999`` or ``-1.5..1.5``; raises ``BadInput``."""
    low, dots, high = text.partition("..")
    try:
        ends = (float(low), float(high))
    except ValueError:
        ends = (math.nan, math.nan)
    if not dots or not all(map(math.isfinite, ends)) or ends[0] > ends[1]:
        raise BadInput(f"`{text}` is no range; expected `LOW..HIGH`, such as `0..999`")
    return ends


def check_range(dtype: str, low: float | None, high: float | None) -> None:
    """Check that values of the dtype can be drawn between the ends; raises ``BadInput``."""
    ends = [end for end in (low, high) if end is not None]
    if not ends:
        return
    if dtype not in (*FLOATS, *INTEGERS):
        raise BadInput(f"values of `{dtype}` take no range; leave it out")
    if not all(map(math.isfinite, ends)):
        raise BadInput(f"`{low}..{high}` is no range; expected finite numbers")
    if dtype in INTEGERS:
        least, largest = _limits(dtype)
        for end in ends:
            if end != int(end) or not least <= end <= largest:
                raise BadInput(
                    f"`{end:.17g}` is no value of `{dtype}`; "
                    f"expected whole numbers from {least} to {largest}"
                )
    first = 0 if low is None and dtype in INTEGERS else low
    if first is not None and high is not None and first > high:
        raise BadInput(f"the range from {first:g} to {high:g} is empty; expected low before high")


def _limits(dtype: str) -> tuple[int, int]:
    """Return the least and the largest integer that can be drawn."""
    bits = int(dtype.lstrip("uint"))
    largest: int = 2 ** min(63, bits - (not dtype.startswith("u"))) - 1
    return (0 if dtype.startswith("u") else -largest - 1), largest


def split_array(path: str) -> tuple[str, str | None]:
    """Return the file of an array, and its name there where the file is an archive."""
    file, colon, name = path.rpartition(":")
    return (file, name) if colon and file.endswith(".npz") else (path, None)


def arrays_of(item: Input) -> tuple[Input, ...]:
    """Return the inputs of a whole archive, by the names it gives them; else the input itself.

    What ``numpy.savez`` has named ``arr_0`` and so on has no name. Raises ``BadInput`` for a file
    that is no archive, and for a name that no argument can have.
    """
    if item.npy is None or not item.npy.endswith(".npz"):
        return (item,)
    import zipfile

    try:
        with zipfile.ZipFile(item.npy) as archive:
            names = [name.removesuffix(".npy") for name in archive.namelist()]
    except (OSError, zipfile.BadZipFile) as error:
        raise BadInput(
            f"cannot read the archive `{item.npy}`: {error}; expected a file written by "
            "`numpy.savez(FILE, query=..., key=...)`"
        ) from None
    if item.name is not None:
        raise BadInput(
            f"`{item.npy}` holds {len(names)} arrays, which have names of their own; leave out "
            f"`{item.name}=`, or name one: `{item.name}=@{item.npy}:{(names or ['x'])[0]}`"
        )
    return tuple(_named_array(item.npy, name) for name in names)


def _named_array(file: str, name: str) -> Input:
    if re.fullmatch(r"arr_\d+", name):
        return Input(npy=f"{file}:{name}")
    if not name.isidentifier():
        raise BadInput(
            f"`{name}` in `{file}` is no name of an argument; expected names as in "
            "`numpy.savez(FILE, query=..., key=...)`"
        )
    return Input(name=name, npy=f"{file}:{name}")


def parse_input(text: str) -> Input:
    """Return the input that ``[NAME=]SHAPE[:DTYPE[:LOW..HIGH]]`` or ``[NAME=]@FILE`` describes.

    FILE is ``file.npy``, ``file.npz:name``, or a whole ``file.npz``, which ``arrays_of`` takes
    apart. Raises ``BadInput``.
    """
    name, equals, rest = text.partition("=")
    if not equals:
        name, rest = "", text
    if equals and not name.isidentifier():
        raise BadInput(f"`{name}` in `{text}` is no name; expected `NAME=SHAPE`, as in `ids=8,16`")
    if rest.startswith("@"):
        return Input(name=name or None, npy=_file(rest, whole=True))
    shape, dtype, low, high = _parse_array(rest)
    return Input(name=name or None, shape=shape, dtype=dtype, low=low, high=high)


def _parse_array(text: str) -> tuple[tuple[int, ...], str, float | None, float | None]:
    shape, _, rest = text.partition(":")
    dtype, _, limits = rest.partition(":")
    low, high = parse_range(limits) if limits else (None, None)
    kind = parse_dtype(dtype or "float32")
    check_range(kind, low, high)
    return parse_shape(shape), kind, low, high


def _file(text: str, *, whole: bool = False) -> str:
    path = text.removeprefix("@")
    _, name = split_array(path)
    if not (path.endswith(".npy") or name or (whole and path.endswith(".npz"))):
        raise BadInput(
            f"`{text}` is no array; expected a file of NumPy, such as `@table.npy` or "
            "`@tables.npz:name`"
        )
    return path


def parse_value(text: str) -> tuple[str, Value]:
    """Return name and value of ``NAME=VALUE``.

    VALUE is a TOML literal, or ``None``, ``True`` or ``False``; a bare word is a string;
    ``@file.npy``, ``array:2,3[:DTYPE[:LOW..HIGH]]`` and ``object:module:attr`` stand for what has
    no literal. Raises ``BadInput``.
    """
    name, equals, value = text.partition("=")
    if not equals or not name.isidentifier():
        raise BadInput(f"`{text}` is no argument; expected `NAME=VALUE`, such as `units=64`")
    with within(name):
        parsed = _parse_literal(value)
        check_value(parsed)
    return name, parsed


def _parse_literal(text: str) -> Value:
    if text.startswith("@"):
        return {"npy": _file(text)}
    if text.startswith("array:"):
        shape, dtype, low, high = _parse_array(text.removeprefix("array:"))
        table: dict[str, Value] = {"array": list(shape), "dtype": dtype}
        return table | {key: end for key, end in (("low", low), ("high", high)) if end is not None}
    if text.startswith("object:"):
        place = text.removeprefix("object:")
        parse_target(place)
        return {"object": place}
    if text in _PYTHON:
        return _PYTHON[text]
    try:
        table = _toml(f"value = {text}")
    except (ValueError, RecursionError) as error:
        if text.startswith(_OPENING):
            raise BadInput(f"`{text}` is no TOML value: {error}") from None
        return text
    value = table["value"] if set(table) == {"value"} else text
    return text if isinstance(value, (date, time)) else value


def _toml(text: str) -> dict[str, Value]:
    if sys.version_info >= (3, 11):
        import tomllib
    else:
        import tomli as tomllib
    return tomllib.loads(text)


_PYTHON = {"None": None, "True": True, "False": False}
_OPENING = ("[", "{", '"', "'")
"""What no bare word starts with."""


def parse_size(text: str) -> int:
    """Return the bytes of ``512M`` or ``4G``; raises ``BadInput``."""
    found = re.fullmatch(
        r"([0-9]{1,18}(?:\.[0-9]{1,18})?)\s*([kmgt]?)(?:i?b)?", text.strip().lower()
    )
    if found is None:
        raise BadInput(f"`{text}` is no size; expected a number of bytes, such as `4G` or `512M`")
    from fractions import Fraction

    return int(Fraction(found[1]) * SIZE_UNITS[found[2]])


def check_value(value: Value) -> None:
    """Check the tables that stand for arrays, files and objects, at any depth.

    Raises ``BadInput``.
    """
    if isinstance(value, list):
        for item in value:
            check_value(item)
    if isinstance(value, (date, time)):
        raise BadInput(f"`{value}` is a date; write it as text, in quotes")
    if type(value) is int and not -(2**63) <= value < 2**64:
        raise BadInput(f"`{value}` does not fit into 64 bits")
    if not isinstance(value, dict):
        return
    for special in sorted(_SPECIAL.keys() & value):
        _check_special(special, value)
    for item in value.values():
        check_value(item)


def _check_special(special: str, table: dict[str, Value]) -> None:
    known = _SPECIAL[special]
    for key in table:
        if key not in known:
            raise BadInput(unknown_key(key, known))
    if special == "object":
        parse_target(_text(table["object"]))
    if special == "array":
        _check_shape(table["array"])
        dtype = parse_dtype(_text(table.get("dtype", "float32")))
        check_range(dtype, *(_number(table.get(end)) for end in ("low", "high")))
    if special == "npy":
        _text(table["npy"])


_SPECIAL = {
    "object": ("object", "args"),
    "array": ("array", "dtype", "low", "high"),
    "npy": ("npy",),
}


def unknown_key(key: str, known: tuple[str, ...]) -> str:
    """Return the words for a key that does not exist, with the nearest one that does."""
    near = difflib.get_close_matches(key, known, n=1, cutoff=0.5)
    hint = f"did you mean `{near[0]}`?" if near else f"expected one of {', '.join(sorted(known))}"
    return f"unknown key `{key}`; {hint}"


def _text(value: Value) -> str:
    if not isinstance(value, str):
        raise BadInput(f"expected text, received `{value!r}`")
    return value


def _number(value: Value) -> float | None:
    if value is not None and type(value) not in (int, float):
        raise BadInput(f"expected a number, received `{value!r}`")
    return None if value is None else float(value)


def _check_shape(value: Value) -> None:
    if not isinstance(value, list) or not all(type(size) is int and size >= 0 for size in value):
        raise BadInput(f"`{value!r}` is no shape; expected a list of sizes, such as [8, 16]")
