"""Notebooks as files: their cells, their layers, and what one definition in them rests on."""

from __future__ import annotations

import ast
import json
from pathlib import Path

import pytest

from layerdoctor.config.discovery import discover, locate
from layerdoctor.notebooks import pieces
from layerdoctor.notebooks.needed import essential, needed, statements
from layerdoctor.notebooks.reading import NoNotebook, cell_of, read_cells
from tests.notebooks import ROUTE, STUDY, write_notebook


def chosen(wanted: str, *sources: str) -> list[str]:
    found = statements([(str(n), ast.parse(source)) for n, source in enumerate(sources)])
    return [ast.unparse(each.node).splitlines()[0] for each in needed(found, wanted)]


def test_magics_are_left_out_and_lines_stay_where_they_are(tmp_path: Path) -> None:
    file = tmp_path / "magic.ipynb"
    write_notebook(
        file,
        "# Title",
        "%load_ext x\nimport keras\nif True:\n    !ls\nfiles = !ls\nkeras?\ny = (8\n     % 3)",
        "%%bash\nimport nothing",
        "%%time\nz = 1",
        "w = (8\n% 3)",
    )
    found = {cell_of(cell.name): cell for cell in read_cells(str(file))}
    assert list(found) == [(str(file), number) for number in (2, 3, 4, 5)]
    magic, bash, timed, modulo = found.values()
    assert magic.code.split("\n") == [
        "pass",
        "import keras",
        "if True:",
        "    pass",
        "pass",
        "pass",
        "y = (8",
        "pass".rjust(9),
    ]
    assert dict(magic.left_out)[4] == "!ls"
    assert (bash.code, bash.left_out) == ("", ((1, "%%bash"),))
    assert timed.code == "pass\nz = 1"
    assert (modulo.code, modulo.left_out) == ("w = (8\n% 3)", ())


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("hello", "it is no JSON, as a notebook is"),
        ('{"worksheets": []}', "no notebook of format 4: .*jupyter nbconvert --to notebook"),
        ('{"cells": 3}', "no notebook of format 4"),
        (
            '{"cells": [], "metadata": {"kernelspec": {"language": "R"}}}',
            "its language is R; expected Python",
        ),
    ],
)
def test_what_is_no_notebook_is_told(tmp_path: Path, text: str, words: str) -> None:
    file = tmp_path / "bad.ipynb"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(NoNotebook, match=words):
        read_cells(str(file))


def test_a_definition_rests_on_what_it_reads_at_once_and_later() -> None:
    assert chosen(
        "L",
        "import sys, keras\nsys.path.append('..')",
        "UNITS = 4\nTABLE = []\nTABLE.append(UNITS)\nx = load()\ndata = read(x)",
        "def helper(x):\n    return x * SCALE",
        "class L(keras.layers.Layer):\n    size = UNITS\n    def call(self, x):\n"
        "        return helper(x) * TABLE[0]",
        "layer = L()\nmodel = keras.Sequential([layer])\nmodel.fit(x)",
        "SCALE = 3",
    ) == [
        "import sys, keras",
        "sys.path.append('..')",
        "UNITS = 4",
        "TABLE = []",
        "TABLE.append(UNITS)",
        "def helper(x):",
        "class L(keras.layers.Layer):",
        "SCALE = 3",
    ]


def test_names_of_a_functions_own_are_not_those_of_the_notebook() -> None:
    source = "x = train()\nclass L:\n    def call(self, x):\n        y = x\n        return y\n"
    assert chosen("L", source, "y = train()") == ["class L:"]


def test_a_value_given_later_does_not_count_where_one_stands_before() -> None:
    source = "UNITS = 4\nclass L:\n    size = UNITS\n"
    assert chosen("L", source, "UNITS = search()") == ["UNITS = 4", "class L:"]


def test_only_a_factory_that_is_wanted_needs_what_it_reads() -> None:
    cell = "layer = heavy()\ndef make():\n    return layer\nclass L:\n    pass\n"
    assert chosen("make", cell) == ["layer = heavy()", "def make():", "class L:"]
    assert chosen("L", cell) == ["def make():", "class L:"]


def test_what_is_read_has_to_succeed_and_so_has_what_may_give_it_a_value() -> None:
    source = (
        "import keras, wandb\nimport absent\nfrom helpers import *\nwandb.init()\n"
        "class L(keras.layers.Layer):\n    pass\nclass Other(absent.Base):\n    pass\n"
    )
    found = statements([("cell 1", ast.parse(source))])
    told = [ast.unparse(each.node).splitlines()[0] for each in essential(found, "L")]
    assert told == ["import keras, wandb", "from helpers import *", "class L(keras.layers.Layer):"]
    assert len(needed(found, "L")) == 6


def test_a_cell_that_only_ipython_can_run_is_left_out() -> None:
    assert chosen("L", "import a\nawait a.ready()\nclass L:\n    pass") == ["import a", "class L:"]


def test_layers_are_found_in_cells(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "work").mkdir()
    write_notebook(tmp_path / "work" / "study.ipynb", *STUDY)
    hidden = tmp_path / "work" / ".ipynb_checkpoints"
    hidden.mkdir()
    write_notebook(hidden / "study-checkpoint.ipynb", *STUDY)
    [layer] = discover(["."]).layers
    assert (layer.spec, layer.file, layer.line, layer.framework) == (
        "work/study.ipynb:Route",
        "work/study.ipynb:cell 4",
        1,
        "keras",
    )
    place = locate("work/study.ipynb:Route", ["."])
    assert place == (str(tmp_path / "work" / "study.ipynb"), "Route")
    text = pieces.text("work/study.ipynb:cell 4")
    assert text == ROUTE


def test_a_cell_that_is_no_python_counts_where_it_may_define_a_class(tmp_path: Path) -> None:
    file = tmp_path / "draft.ipynb"
    write_notebook(file, *STUDY, "an idea, in words")
    assert not discover([str(file)]).unreadable
    write_notebook(file, *STUDY, "import keras\nclass Half(keras.layers.Layer:\n    pass")
    [unreadable] = discover([str(file)]).unreadable
    assert unreadable.file.endswith("draft.ipynb:cell 6")
    assert unreadable.line == 2


def test_a_notebook_written_as_one_text_is_read(tmp_path: Path) -> None:
    file = tmp_path / "text.ipynb"
    cell = {"cell_type": "code", "source": "import keras\nx = 1"}
    file.write_text(json.dumps({"cells": [cell]}), encoding="utf-8")
    assert [each.code for each in read_cells(str(file))] == ["import keras\nx = 1"]
