"""What is told from the author's source."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from layerdoctor.facts import Location
from layerdoctor.judge import source
from layerdoctor.rule import Span
from tests.hand_made import write

MODULE = """\
import tensorflow as tf


class Pick(Base):
    def call(self, x):
        best = tf.cast(tf.argmax(x * self.gain, -1), tf.float32)
        total = tf.reduce_sum(tf.matmul(x, self.w) * x) + tf.cumsum(x)
        x += self.bias
        if self.flag:  # a remark
            return best[0]
        return self.mix(
            x,
            best,
        ).relu()
"""


def underlined(text: str, span: Span) -> str:
    """Return the source that a span covers, as one would read it under the underline."""
    assert span.column is not None
    assert span.end_line is not None
    assert span.end_column is not None
    lines = text.split("\n")[span.line - 1 : span.end_line]
    lines[-1] = lines[-1][: span.end_column - 1]
    lines[0] = lines[0][span.column - 1 :]
    return "\n".join(lines)


@pytest.mark.parametrize(
    ("line", "call", "expected"),
    [
        (6, "argmax", "tf.argmax(x * self.gain, -1)"),
        (6, "ArgMax", "tf.argmax(x * self.gain, -1)"),
        (6, "Mul", "x * self.gain"),
        (6, "Cast", "tf.cast(tf.argmax(x * self.gain, -1), tf.float32)"),
        (7, "Mul", "tf.matmul(x, self.w) * x"),
        (7, "MatMul", "tf.matmul(x, self.w)"),
        (7, "Sum", "tf.reduce_sum(tf.matmul(x, self.w) * x)"),
        (7, "AddV2", "tf.reduce_sum(tf.matmul(x, self.w) * x) + tf.cumsum(x)"),
        (8, "AddV2", "x += self.bias"),
        (10, "StridedSlice", "best[0]"),
        (6, "Unheard", "best = tf.cast(tf.argmax(x * self.gain, -1), tf.float32)"),
        (6, None, "best = tf.cast(tf.argmax(x * self.gain, -1), tf.float32)"),
        (4, None, "class Pick(Base):"),
        (5, None, "def call(self, x):"),
        (9, None, "if self.flag:"),
        (11, "mix", "self.mix(\n            x,\n            best,\n        )"),
        (13, None, "best,"),
        (14, "relu", ").relu()"),
    ],
)
def test_the_span_is_the_smallest_expression_that_holds_the_call(
    tmp_path: Path, line: int, call: str | None, expected: str
) -> None:
    found = source.span(Location(file=write(tmp_path, MODULE), line=line, call=call))
    assert found.line == line
    assert underlined(MODULE, found) == expected


def test_columns_count_characters_not_bytes(tmp_path: Path) -> None:
    text = "größe = 'ß🎲'; y = tf.round(größe)\n"
    found = source.span(Location(file=write(tmp_path, text), line=1, call="round"))
    assert underlined(text, found) == "tf.round(größe)"


@pytest.mark.parametrize("name", ["gone.py", "<string>", "", "archive.zip/layers.py", "nul\0.py"])
def test_what_cannot_be_read_has_no_columns(name: str) -> None:
    assert source.span(Location(file=name, line=3)) == Span(file=name, line=3)


def test_a_line_that_holds_no_code_has_no_columns(tmp_path: Path) -> None:
    file = write(tmp_path, "x = 1\n\n# only a remark\n")
    for line in (0, 2, 3, 99):
        assert source.span(Location(file=file, line=line)) == Span(file=file, line=line)


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    if not hasattr(os, "mkfifo"):
        pytest.skip("there are no named pipes here")
    os.mkfifo(tmp_path / "pipe.py")
    assert source.read(str(tmp_path / "pipe.py")) is None


@pytest.mark.parametrize(
    "data",
    [
        b"# -*- coding: latin-1 -*-\ny = f(x)  # \xe9\n",
        b"\xef\xbb\xbf# remark\ny = f(x)\n",
        b"# \xff\xfe is no UTF-8\ny = f(x)\n",
        b"# remark\r\ny = f(x)\r\n",
        b"# remark\ry = f(x)\r",
        b"# coding: no-such-encoding\ny = f(x)\n",
        b"# a form feed \x0c ends no line\ny = f(x)\n",
    ],
)
def test_any_encoding_and_line_end_is_read(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "layers.py").write_bytes(data)
    found = source.span(Location(file=str(tmp_path / "layers.py"), line=2, call="f"))
    assert (found.column, found.end_column) == (5, 9)


def test_a_file_that_is_no_python_still_has_lines(tmp_path: Path) -> None:
    file = write(tmp_path, "def broken(:\n    y = f(x)  # remark\n")
    found = source.span(Location(file=file, line=2, call="f"))
    assert (found.column, found.end_column) == (5, 13)


def test_a_file_that_changes_is_read_again(tmp_path: Path) -> None:
    file = write(tmp_path, "x = 1\n")
    before = source.read(file)
    write(tmp_path, "xyz = 1\n")
    after = source.read(file)
    assert before is not None
    assert after is not None
    assert (before.line(1), after.line(1)) == ("x = 1", "xyz = 1")


def test_markers_stand_in_comments_only(tmp_path: Path) -> None:
    text = (
        'a = "# layerdoctor: ignore[LD101]"\n'
        "b = 1  # noqa: E501  # layerdoctor: ignore[LD104, hidden-constant]\n"
        "c = 2  #layerdoctor:ignore[ LD2 ]: a fixed basis  # noqa: E501\n"
        "d = 3  # layerdoctor: ignore\n"
        '"""\n# layerdoctor: ignore[LD301]\n"""\n'
    )
    read = source.read(write(tmp_path, text))
    assert read is not None
    assert [(marker.span.line, marker.entries, marker.reason) for marker in read.markers] == [
        (2, ("LD104", "hidden-constant"), None),
        (3, ("LD2",), "a fixed basis"),
        (4, (), None),
    ]
    assert underlined(text, read.markers[0].span) == (
        "# layerdoctor: ignore[LD104, hidden-constant]"
    )


def test_markers_before_a_syntax_error_count(tmp_path: Path) -> None:
    read = source.read(write(tmp_path, "a = 1  # layerdoctor: ignore[LD104]\nb = '''\n"))
    assert read is not None
    assert [marker.entries for marker in read.markers] == [("LD104",)]


@pytest.mark.parametrize("line", [3, 4, 5])
def test_the_class_statement_is_found_from_its_decorators(tmp_path: Path, line: int) -> None:
    text = "import keras\n\n@first\n@second(\n)\nclass A(\n    Base,\n):\n    x = 1\n\ny = 2\n"
    found = source.class_statement(write(tmp_path, text), line)
    assert found is not None
    assert list(found.header()) == [3, 4, 5, 6, 7, 8]
    assert list(found.lines()) == [3, 4, 5, 6, 7, 8, 9]


@pytest.mark.parametrize("rest", [" x = 1", " pass  # :", "\n    x = 1", "  # y\n    x = 1"])
def test_a_header_of_one_line_ends_on_it(tmp_path: Path, rest: str) -> None:
    found = source.class_statement(write(tmp_path, f"class A(B, c=D):{rest}\n"), 1)
    assert found is not None
    assert list(found.header()) == [1]


def test_a_line_that_begins_no_class_has_no_class_statement(tmp_path: Path) -> None:
    assert source.class_statement(write(tmp_path, "x = 1\nclass A:\n    y = 2\n"), 3) is None
