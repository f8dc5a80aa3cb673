"""Cells of notebooks, changed and put back."""

from __future__ import annotations

import json
from pathlib import Path

import libcst as cst
import pytest

from layerdoctor.fix.cells import with_cell
from layerdoctor.fix.source import Source, read
from tests.notebooks import write_notebook

CELL = "%%time\nclass Scaled:\n    %matplotlib inline\n    scale = 2.0  # learned"


@pytest.fixture
def notebook(tmp_path: Path) -> Path:
    file = tmp_path / "study.ipynb"
    write_notebook(file, "# A study", "import keras", CELL, "print('caf\u00e9')")
    return file


def changed(source: Source) -> bytes:
    module = source.module
    return source.text_of(cst.parse_module(module.code.replace("2.0", "3.0")))


def test_a_cell_is_changed_and_nothing_else_is(notebook: Path) -> None:
    before = notebook.read_bytes()
    source = read(f"{notebook}:cell 3")
    assert isinstance(source, Source)
    assert (source.data.decode(), source.path) == (CELL, str(notebook))
    assert changed(source).decode() == CELL.replace("2.0", "3.0")
    whole = source.contents(changed(source))
    assert whole == before.replace(b"2.0", b"3.0")
    assert source.contents(source.data, whole) == before


@pytest.mark.parametrize("indent", [1, 2, None])
@pytest.mark.parametrize("end", ["", "\n"])
def test_a_notebook_stays_laid_out_as_it_was(notebook: Path, indent: int | None, end: str) -> None:
    whole = json.loads(notebook.read_bytes())
    whole["cells"][2]["source"] = CELL
    data = (json.dumps(whole, indent=indent, ensure_ascii=False) + end).encode()
    assert with_cell(data, 3, CELL.replace("2.0", "3.0")) == data.replace(b"2.0", b"3.0")


def test_what_cannot_be_put_back_is_not_changed(notebook: Path) -> None:
    notebook.write_bytes(notebook.read_bytes().replace(b"{", b"{  ", 1))
    assert read(f"{notebook}:cell 3") == "its JSON is laid out in a way of its own"
    assert read(f"{notebook}:cell 9") == "it has gone"
