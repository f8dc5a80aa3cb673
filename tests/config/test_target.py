"""What people write on the command line, and what it is read as."""

from __future__ import annotations

from typing import Any

import pytest

from layerdoctor.target import (
    BadInput,
    Input,
    parse_dtype,
    parse_input,
    parse_range,
    parse_shape,
    parse_size,
    parse_target,
    parse_value,
)


@pytest.mark.parametrize(
    ("text", "place", "attribute"),
    [
        ("mypkg.layers:Attention", "mypkg.layers", "Attention"),
        ("layers:Outer.Inner", "layers", "Outer.Inner"),
        ("path/to/file.py:Class", "path/to/file.py", "Class"),
        ("a folder/größe.py:Schicht", "a folder/größe.py", "Schicht"),
        (r"C:\code\layers.py:Class", r"C:\code\layers.py", "Class"),
    ],
)
def test_a_target_is_a_module_or_a_file_and_an_attribute(
    text: str, place: str, attribute: str
) -> None:
    assert parse_target(text) == (place, attribute)


@pytest.mark.parametrize(
    "text", ["", ":", "layers", "layers:", ":Class", "my-pkg:Class", "layers:1st", "a..b:C", "a:b."]
)
def test_what_is_no_target_is_refused_with_what_to_write(text: str) -> None:
    with pytest.raises(BadInput, match=r"is no target; expected `package\.module:Class`"):
        parse_target(text)


@pytest.mark.parametrize(
    ("text", "shape"),
    [
        ("10,5", (10, 5)),
        ("10", (10,)),
        ("10,", (10,)),
        (" 10 , 5 ", (10, 5)),
        ("(10, 5)", (10, 5)),
        ("(10,)", (10,)),
        ("()", ()),
        ("0,3", (0, 3)),
    ],
)
def test_a_shape_is_sizes_separated_by_commas(text: str, shape: tuple[int, ...]) -> None:
    assert parse_shape(text) == shape


@pytest.mark.parametrize("text", ["", ",", "10x5", "10;5", "-1,5", "10,,5", "None,5", "1.5", "٣"])
def test_what_is_no_shape_is_refused_with_what_to_write(text: str) -> None:
    with pytest.raises(BadInput) as refused:
        parse_shape(text)
    assert f"`{text}` is no shape" in str(refused.value)
    assert "`8,16`" in str(refused.value)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("8,16", Input(shape=(8, 16))),
        ("8,16:int32:0..999", Input(shape=(8, 16), dtype="int32", low=0, high=999)),
        ("ids=8,16:int32", Input(name="ids", shape=(8, 16), dtype="int32")),
        ("mask=8,16:bool", Input(name="mask", shape=(8, 16), dtype="bool")),
        ("x=8::-1.5..1.5", Input(name="x", shape=(8,), low=-1.5, high=1.5)),
        ("@bias.npy", Input(npy="bias.npy")),
        ("bias=@a folder/bias.npy", Input(name="bias", npy="a folder/bias.npy")),
    ],
)
def test_an_input_is_a_shape_with_what_is_drawn_or_a_file(text: str, expected: Input) -> None:
    assert parse_input(text) == expected


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("8,16:float33", "`float33` is no dtype"),
        ("8,16:int32:5", "`5` is no range; expected `LOW..HIGH`"),
        ("8,16:int32:9..0", "`9..0` is no range"),
        ("8:int32:nan..1", "is no range"),
        ("8:int8:0..300", "no value of `int8`"),
        ("8:uint8:-1..3", "no value of `uint8`"),
        ("8:bool:0..1", "values of `bool` take no range"),
        ("8:int32:0..0.5", "no value of `int32`"),
        ("2nd=8", "`2nd` in `2nd=8` is no name"),
        ("@table.csv", "expected a file of NumPy"),
    ],
)
def test_what_is_no_input_is_refused_with_what_was_received(text: str, words: str) -> None:
    with pytest.raises(BadInput) as refused:
        parse_input(text)
    assert words in str(refused.value)


def test_the_nearest_dtype_is_offered() -> None:
    with pytest.raises(BadInput, match="did you mean `float32`"):
        parse_dtype("flaot32")


def test_a_range_keeps_its_ends() -> None:
    assert parse_range("-1e-3..2.5") == (-1e-3, 2.5)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("units=64", 64),
        ("rate=0.5", 0.5),
        ("use_bias=true", True),
        ("use_bias=False", False),
        ("name=None", None),
        ("activation=relu", "relu"),
        ("note=two words", "two words"),
        ("padding='same'", "same"),
        ("sizes=[1, 2]", [1, 2]),
        ('map={ a = 1, b = ["x"] }', {"a": 1, "b": ["x"]}),
        ("path=a=b", "a=b"),
        ("table=@table.npy", {"npy": "table.npy"}),
        ("table=array:2,3", {"array": [2, 3], "dtype": "float32"}),
        (
            "table=array:2,3:int32:0..9",
            {"array": [2, 3], "dtype": "int32", "low": 0, "high": 9},
        ),
        ("init=object:keras.initializers:Zeros", {"object": "keras.initializers:Zeros"}),
    ],
)
def test_a_value_is_a_literal_a_bare_word_an_array_or_an_object(text: str, value: Any) -> None:
    assert parse_value(text) == (text.partition("=")[0], value)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("units", "expected `NAME=VALUE`"),
        ("=64", "expected `NAME=VALUE`"),
        ("2x=64", "expected `NAME=VALUE`"),
        ("sizes=[1, 2", "is no TOML value"),
        ("table=array:2;3", "is no shape"),
        ("init=object:keras", "is no target"),
        ("seed=99999999999999999999999", "does not fit into 64 bits"),
        ("table={ array = [2], dtpye = 'int32' }", "did you mean `dtype`"),
        ("table={ array = 2 }", "is no shape"),
    ],
)
def test_what_is_no_value_is_refused(text: str, words: str) -> None:
    with pytest.raises(BadInput) as refused:
        parse_value(text)
    assert words in str(refused.value)


@pytest.mark.parametrize(
    ("text", "size"),
    [("512", 512), ("512M", 512 * 1024**2), ("1.5 GiB", 3 * 512 * 1024**2), ("2kb", 2048)],
)
def test_a_size_is_a_number_with_a_unit(text: str, size: int) -> None:
    assert parse_size(text) == size


@pytest.mark.parametrize("text", ["", "4X", "-4G", "G", "4GG", "nan"])
def test_what_is_no_size_is_refused(text: str) -> None:
    with pytest.raises(BadInput, match="such as `4G` or `512M`"):
        parse_size(text)
