"""Drawn arrays, and values made from their descriptions."""

from __future__ import annotations

import importlib
import zipfile
import zlib
from dataclasses import replace
from typing import Any

import numpy as np
import tensorflow as tf

from layerdoctor.probe.layer.loading import NothingToExamine, find_attribute
from layerdoctor.target import Input, Target, Value, split_array
from layerdoctor.wording import raised

FAMILIAR = np.array([b"alpha", b"beta", b"gamma", b"delta"], dtype=object)


def draw(spec: Input, seed: int) -> Any:
    """Return an array for one input: of its shape and dtype, drawn from the seed.

    Floats come from the standard normal distribution or uniformly from a given range, integers from
    0 and 1 or a given range with both ends, booleans evenly. Raises ``NothingToExamine`` where a
    file cannot be read.
    """
    if spec.npy is not None:
        return load_array(spec.npy)
    assert spec.shape is not None
    return random_array(spec.shape, spec.dtype, spec.low, spec.high, seed)


def random_array(
    shape: tuple[int, ...], dtype: str, low: float | None, high: float | None, seed: int
) -> Any:
    """Return a random array; see ``draw`` for how it is drawn."""
    generator = np.random.default_rng(seed)
    kind = tf.as_dtype(dtype)
    if kind == tf.string:
        return generator.choice(FAMILIAR, size=shape)
    if kind == tf.bool:
        return generator.random(shape) < 0.5
    if kind.is_integer:
        first = 0 if low is None else int(low)
        last = max(first, 1) if high is None else int(high)
        return generator.integers(first, last, size=shape, endpoint=True).astype(
            kind.as_numpy_dtype
        )
    if kind.is_complex:
        parts = generator.standard_normal((2, *shape))
        return (parts[0] + 1j * parts[1]).astype(kind.as_numpy_dtype)
    if low is None and high is None:
        values = generator.standard_normal(shape)
    else:
        start = (high or 0.0) - 1.0 if low is None else low
        values = generator.uniform(start, start + 1.0 if high is None else high, shape)
    return np.asarray(values).astype(kind.as_numpy_dtype)


def load_array(path: str) -> Any:
    """Return the array of a file, never unpickling; raises ``NothingToExamine``."""
    file, name = split_array(path)
    try:
        array = np.load(file, allow_pickle=False)
        if name is not None:
            array = _of_archive(array, file, name)
    except (OSError, ValueError, EOFError, zipfile.BadZipFile) as error:
        raise NothingToExamine(
            "inputs",
            f"cannot read the array `{path}`: {_why_unread(file, error)}; "
            "expected a file written by `numpy.save(..., allow_pickle=False)`",
        ) from None
    if not isinstance(array, np.ndarray):
        raise NothingToExamine(
            "inputs", f"`{path}` is an archive; expected one array, such as `{path}:name`"
        )
    return array


def _of_archive(archive: Any, file: str, name: str) -> Any:
    if isinstance(archive, np.ndarray):
        raise NothingToExamine("inputs", f"`{file}` is one array; leave out `:{name}`")
    with archive:
        if name not in archive:
            held = ", ".join(f"`{each}`" for each in archive.files)
            raise NothingToExamine("inputs", f"`{file}` holds no array `{name}`; it holds {held}")
        return archive[name]


def described(spec: Input) -> Input:
    """Return an input with the shape and type of its file's array; raises ``NothingToExamine``."""
    if spec.npy is None:
        return spec
    array = load_array(spec.npy)
    return replace(spec, shape=array.shape, dtype=str(array.dtype))


def _why_unread(file: str, error: Exception) -> str:
    """Return why NumPy cannot read a file; what is no array it takes for a pickled object."""
    if isinstance(error, OSError):
        return error.strerror or str(error)
    if "pickle" not in str(error).lower():
        return str(error)
    with open(file, "rb") as stream:
        start = stream.read(len(np.lib.format.MAGIC_PREFIX))
    is_array = start == np.lib.format.MAGIC_PREFIX or zipfile.is_zipfile(file)
    return "it holds pickled objects, which are never loaded" if is_array else "it is no array"


def make_args(target: Target) -> dict[str, Any]:
    """Return the constructor's arguments, arrays and objects made anew from the target's seed."""
    return {name: make(value, _seed(target.seed, name)) for name, value in target.args.items()}


def make_call_args(target: Target) -> dict[str, Any]:
    """Return the additional arguments of the call."""
    return {name: make(value, _seed(target.seed, name)) for name, value in target.call.items()}


def make(value: Value, seed: int) -> Any:
    """Return the value that a description stands for; raises ``NothingToExamine``."""
    if isinstance(value, dict):
        if "object" in value:
            return _object(value, seed)
        if "array" in value:
            shape = tuple(value["array"])
            low, high = value.get("low"), value.get("high")
            return random_array(shape, value.get("dtype", "float32"), low, high, seed)
        if "npy" in value:
            return load_array(value["npy"])
        return {key: make(item, _seed(seed, key)) for key, item in value.items()}
    if isinstance(value, list):
        return [make(item, _seed(seed, str(index))) for index, item in enumerate(value)]
    return value


def _object(table: dict[str, Any], seed: int) -> Any:
    place = str(table["object"])
    module_name, _, path = place.rpartition(":")
    try:
        module = importlib.import_module(module_name)
    except Exception as error:
        raise NothingToExamine(
            "inputs", f"cannot import `{module_name}` for the object `{place}`: {raised(error)}"
        ) from None
    found = find_attribute(module, path)
    if "args" not in table:
        return found
    given = make(table["args"], seed)
    try:
        return found(*given) if isinstance(given, list) else found(**given)
    except Exception as error:
        raise NothingToExamine(
            "inputs", f"calling the object `{place}` raised {raised(error)}"
        ) from None


def _seed(seed: int, name: str) -> int:
    return (seed * 1_000_003 + zlib.crc32(name.encode())) % 2**32
