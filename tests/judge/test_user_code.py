"""Which frame of a stack is the author's."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from layerdoctor import user_code
from layerdoctor.user_code import Author, Nearness


def frame(filename: str, line: int = 1) -> Any:
    return SimpleNamespace(filename=filename, lineno=line, name="call")


def test_a_frame_of_cython_is_no_file_of_the_author(tmp_path: Path) -> None:
    author = Author([str(Path.cwd())])
    own = frame(str(tmp_path / "layers.py"), 7)
    location = author.location([own, frame("numpy/random/_generator.pyx", 1220)])
    assert location is not None
    assert location.line == 7


def test_the_authors_own_cython_is_the_authors(tmp_path: Path) -> None:
    fast = tmp_path / "fast.pyx"
    fast.touch()
    assert Author([str(tmp_path)]).nearness(str(fast)) is Nearness.APPLICATION


def test_an_operator_is_no_function_that_the_author_called(tmp_path: Path) -> None:
    own = frame(str(tmp_path / "layers.py"), 7)
    overload = frame("/x/tensorflow/python/ops/tensor_math_operator_overrides.py")
    overload.name = "wrapper"
    location = Author([str(tmp_path)]).location([own, overload], "Greater")
    assert location is not None
    assert location.call == "Greater"


@pytest.fixture
def another_site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    folder = tmp_path / "site-packages"
    monkeypatch.setattr(sys, "path", [*sys.path, str(folder)])
    user_code._library_folders.cache_clear()
    yield folder
    user_code._library_folders.cache_clear()


def test_keras_is_a_library_wherever_it_is_installed(another_site: Path) -> None:
    keras, other = (str(another_site / name / "layers.py") for name in ("keras", "their_layers"))
    assert Author([]).nearness(keras) is Nearness.LIBRARY
    assert Author([]).nearness(other) is Nearness.ELSEWHERE
