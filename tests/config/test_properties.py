"""Whatever is written: it is read, or refused in words; and what is read can be written again."""

from __future__ import annotations

import math
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from layerdoctor.config import settings as configs
from layerdoctor.config.settings import ConfigError
from layerdoctor.runner.captured_output import printable
from layerdoctor.target import (
    DTYPES,
    FLOATS,
    INTEGERS,
    BadInput,
    Input,
    check_value,
    parse_dtype,
    parse_input,
    parse_range,
    parse_shape,
    parse_size,
    parse_target,
    parse_value,
)

settings.register_profile("patient", deadline=None)
settings.load_profile("patient")

NAMES = st.from_regex(r"[A-Za-z_][A-Za-z0-9_]{0,8}", fullmatch=True)
SHAPES = st.lists(st.integers(0, 10**12), max_size=5).map(tuple)
WRITTEN = st.one_of(
    st.text(),
    st.text(alphabet="0123456789,.:=@()[]{}\"' -eE_naif", max_size=40),
    st.text(alphabet="array:object:npy=1,2{}[]\"'#\n\\", max_size=40),
)


@pytest.mark.parametrize(
    "parse",
    [parse_target, parse_shape, parse_dtype, parse_range, parse_input, parse_value, parse_size],
)
@given(text=WRITTEN)
@example(text="x=" + "[" * 5000)
@example(text="x={" * 2000)
@example(text="9" * 5000)
@example(text="x=" + "9" * 5000)
@example(text="8:int32:" + "9" * 400 + ".." + "9" * 400)
@example(text="x=1979-05-27")
@example(text="x=07:32:00")
@example(text="x=inf")
@example(text="x=" + "[" * 50000)
@settings(max_examples=300)
def test_no_text_breaks_a_parser(parse: Any, text: str) -> None:
    try:
        parse(text)
    except BadInput as refused:
        words = str(refused)
    else:
        return
    assert words


@given(shape=SHAPES)
def test_a_shape_that_is_written_is_read_back(shape: tuple[int, ...]) -> None:
    assert parse_shape(str(shape)) == shape
    if shape:
        assert parse_shape(",".join(map(str, shape))) == shape


@given(module=st.lists(NAMES, min_size=1, max_size=3), path=st.lists(NAMES, min_size=1, max_size=2))
def test_a_target_that_is_written_is_read_back(module: list[str], path: list[str]) -> None:
    place, attribute = ".".join(module), ".".join(path)
    assert parse_target(f"{place}:{attribute}") == (place, attribute)
    assert parse_target(f"{'/'.join(module)}.py:{attribute}") == (
        "/".join(module) + ".py",
        attribute,
    )


@given(
    low=st.floats(allow_nan=False, allow_infinity=False),
    high=st.floats(allow_nan=False, allow_infinity=False),
)
def test_a_range_that_is_written_is_read_back(low: float, high: float) -> None:
    low, high = sorted((low, high))
    assert parse_range(f"{low!r}..{high!r}") == (low, high)


@given(
    name=st.none() | NAMES,
    shape=SHAPES.filter(bool),
    dtype=st.sampled_from(DTYPES),
    ends=st.tuples(st.integers(0, 127), st.integers(0, 127)).map(sorted),
)
def test_an_input_that_is_written_is_read_back(
    name: str | None, shape: tuple[int, ...], dtype: str, ends: list[int]
) -> None:
    text = (f"{name}=" if name else "") + ",".join(map(str, shape)) + f":{dtype}"
    assert parse_input(text) == Input(name=name, shape=shape, dtype=dtype)
    if dtype in (*FLOATS, *INTEGERS):
        ranged = parse_input(f"{text}:{ends[0]}..{ends[1]}")
        assert (ranged.low, ranged.high) == tuple(ends)


LITERALS = st.recursive(
    st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(alphabet=st.characters(min_codepoint=32, max_codepoint=126), max_size=8),
    lambda inner: st.lists(inner, max_size=3),
    max_leaves=6,
)


def toml(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    if isinstance(value, list):
        return "[" + ", ".join(map(toml, value)) + "]"
    return repr(value)


@given(name=NAMES, value=LITERALS)
def test_a_value_that_is_written_is_read_back(name: str, value: Any) -> None:
    assert parse_value(f"{name}={toml(value)}") == (name, value)


@given(number=st.integers(0, 2**40), unit=st.sampled_from(["", "k", "M", "G", "MiB", " GB"]))
def test_a_larger_number_is_a_larger_size(number: int, unit: str) -> None:
    assert 0 <= parse_size(f"{number}{unit}") < parse_size(f"{number + 1}{unit}")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["array", "dtype", "low", "high", "npy", "object", "args", "other"]),
            inner,
            max_size=4,
        )
    ),
    max_leaves=10,
)


@given(value=JSON)
def test_no_value_breaks_the_check_of_special_tables(value: Any) -> None:
    with suppress(BadInput):
        check_value(value)


KEYS = st.sampled_from(
    [
        *("app-dir", "select", "ignore", "fail-on", "calls", "timeout", "seed", "device"),
        *("memory-limit", "exclude", "baseline", "targets", "target", "args", "inputs"),
        *("inputs-as", "call", "shape", "dtype", "low", "high", "npy", "name", "object", "x"),
    ]
)
ENTRIES = st.recursive(
    st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats()
    | st.sampled_from(["m:A", "float32", "int8", "list", "4G", "error", "cpu", "x.npy", "", "a b"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=12,
)
WELL_MEANT = st.fixed_dictionaries(
    {}, optional={"targets": st.dictionaries(NAMES, ENTRIES, max_size=2), "calls": ENTRIES}
)


def config(value: Any) -> str:
    if isinstance(value, dict):
        return (
            "{ " + ", ".join(f"{toml(key)} = {config(item)}" for key, item in value.items()) + " }"
        )
    if isinstance(value, list):
        return "[" + ", ".join(map(config, value)) + "]"
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    return toml(value)


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("config") / "layerdoctor.toml"


@given(table=st.dictionaries(KEYS, ENTRIES, max_size=4) | WELL_MEANT)
@settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_table_breaks_the_reading_of_a_config(file: Path, table: dict[str, Any]) -> None:
    file.write_text(
        "".join(f"{key} = {config(value)}\n" for key, value in table.items()), encoding="utf-8"
    )
    try:
        configs.load(file).configured()
    except ConfigError as refused:
        words = str(refused)
    else:
        return
    assert words.startswith(str(file))


@given(data=st.binary(max_size=60))
def test_no_file_breaks_the_reading_of_a_config(file: Path, data: bytes) -> None:
    file.write_bytes(data)
    try:
        configs.load(file).configured()
    except ConfigError as refused:
        words = str(refused)
    else:
        return
    assert str(file) in words


@given(text=st.text())
def test_what_is_shown_holds_no_control_character(text: str) -> None:
    assert all(sign.isprintable() or sign in "\t\n" or ord(sign) > 159 for sign in printable(text))
