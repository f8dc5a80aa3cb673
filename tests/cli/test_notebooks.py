"""Layers in notebooks, from the command line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from layerdoctor.report import Style, render
from layerdoctor.report.formats.json import decode
from tests.command import layerdoctor
from tests.notebooks import STUDY, write_notebook


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("notebooks")
    (made / "notes").mkdir()
    write_notebook(made / "notes" / "study.ipynb", *STUDY)
    return made


@pytest.fixture(scope="module")
def report(folder: Path) -> str:
    result = layerdoctor("check", ".", "--no-cache", "-f", "json", "--select=LD202", cwd=folder)
    assert result.returncode == 1, result.stderr
    return result.stdout


def test_a_notebook_is_named_as_a_target(folder: Path) -> None:
    result = layerdoctor("inspect", "notes/study.ipynb:Route", "--shape=2,4", cwd=folder)
    assert result.returncode == 1, result.stderr
    assert "--> notes/study.ipynb:cell 4:10:27\n" in result.stdout
    assert "tf.argmax(tf.matmul(x, self.gate), -1)" in result.stdout
    told = " ".join(result.stdout.split())
    assert (
        "left out: `%matplotlib inline` in cell 2 · `!pip install nothing` and 1 more in cell 3 · "
        "`layer = Route()` and 1 more in cell 4 · `model = keras.Sequential([layer])` and 1 more "
        "in cell 5"
    ) in told
    assert "state" in told[told.index("passed graph") :]


def test_a_report_tells_the_cell_beside_the_file(folder: Path, report: str) -> None:
    [target] = json.loads(report)["targets"]
    assert (target["id"], target["file"], target["cell"], target["line"]) == (
        "notes/study.ipynb:Route",
        "notes/study.ipynb",
        4,
        1,
    )
    at = target["findings"][0]["location"]
    assert (at["file"], at["cell"], at["line"], at["column"]) == ("notes/study.ipynb", 4, 10, 27)
    assert "notes/study.ipynb" in target["local_files"]
    again = render("json", decode(report.encode()), Style())
    assert json.loads(again) == json.loads(report)


def test_other_formats_name_the_file_and_say_which_line_of_which_cell(report: str) -> None:
    read = decode(report.encode())
    concise = render("concise", read, Style())
    assert concise.startswith("notes/study.ipynb:cell 4:10:27: LD202 cut-gradient ")
    github = render("github", read, Style())
    assert "file=notes/study.ipynb,line=1,title=LD202 cut-gradient::cell 4, line 10: no" in github
    [issue] = json.loads(render("gitlab", read, Style()))
    assert issue["location"] == {"path": "notes/study.ipynb", "lines": {"begin": 1}}
    sarif = json.loads(render("sarif", read, Style()))
    [result] = sarif["runs"][0]["results"]
    place = result["locations"][0]["physicalLocation"]
    assert place["artifactLocation"]["uri"] == "notes/study.ipynb"
    assert result["message"]["text"].startswith("cell 4, line 10: no gradient")
    assert "notes/study.ipynb:cell 4" in render("html", read, Style())


def test_layers_in_notebooks_are_listed(folder: Path) -> None:
    result = layerdoctor("list", cwd=folder)
    assert result.stdout.split() == [
        "notes/study.ipynb:Route",
        "notes/study.ipynb:cell",
        "4:1",
        "keras",
        "-",
    ]


def test_what_goes_wrong_is_told_in_one_message(tmp_path: Path) -> None:
    missing = "import keras\nfrom nothing_there import UNITS"
    write_notebook(tmp_path / "fails.ipynb", missing, *STUDY[1:2], *STUDY[3:])
    write_notebook(tmp_path / "lacks.ipynb", *STUDY[1:2], "UNITS = get()", *STUDY[3:])
    write_notebook(tmp_path / "half.ipynb", *STUDY[1:3], "class Route(keras.layers.Layer:\n  pass")
    (tmp_path / "text.ipynb").write_text("hello", encoding="utf-8")
    names = ("fails", "lacks", "half", "text", "gone")
    targets = [f"{name}.ipynb:Route" for name in names]
    result = layerdoctor("check", *targets, "-f", "json", cwd=tmp_path)
    assert result.returncode == 2
    errors = {t["id"]: t["error"]["message"] for t in json.loads(result.stdout)["targets"]}
    assert errors[targets[0]].startswith(
        "importing `fails.ipynb` raised ModuleNotFoundError: No module named 'nothing_there', at "
        "fails.ipynb:cell 1:2"
    )
    assert errors[targets[1]].startswith(
        "importing `lacks.ipynb` raised NameError: name 'get' is not defined, at lacks.ipynb:cell "
        "2:1. left out: `%matplotlib inline` in cell 1"
    )
    assert "at half.ipynb:cell 3:1" in errors[targets[2]]
    assert errors[targets[3]].startswith(
        "cannot read the notebook `text.ipynb`: it is no JSON, as a notebook is"
    )
    assert errors[targets[4]].startswith("there is no file `gone.ipynb`; write")


def test_what_fails_and_is_not_read_is_left_out(tmp_path: Path) -> None:
    others = (
        "import not_installed",
        "class Other(not_installed.Base):\n    pass",
        "import sys\nsys.exit(1)",
    )
    write_notebook(tmp_path / "study.ipynb", *others, *STUDY)
    result = layerdoctor("inspect", "study.ipynb:Route", "--shape=2,4", cwd=tmp_path)
    assert result.returncode == 1, result.stderr
    told = " ".join(result.stdout.split())
    assert (
        "`import not_installed` in cell 1, which raises ModuleNotFoundError · "
        "`class Other(not_installed.Base):` in cell 2, which raises NameError · "
        "`sys.exit(1)` in cell 3, which raises SystemExit"
    ) in told


def test_a_cell_is_cured_where_it_stands(tmp_path: Path) -> None:
    scaled = """%%layerdoctor --shape 2,4
class Scaled(keras.layers.Layer):
    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.scale = tf.Variable(2.0)  # learned

    def call(self, x):
        return x * self.scale"""
    file = tmp_path / "scaled.ipynb"
    write_notebook(file, *STUDY[:2], scaled, "Scaled().fit()")
    before = file.read_bytes()
    refused = layerdoctor("fix", "scaled.ipynb:Scaled", "--shape=2,4", "--apply", cwd=tmp_path)
    assert refused.returncode == 2
    assert "`scaled.ipynb:cell 3` is not under version control" in refused.stderr
    old, new = "tf.Variable(2.0)", 'keras.Variable(2.0, dtype=\\"float32\\")'
    assert "+        self.scale = keras.Variable(2.0" in refused.stdout
    words = ("scaled.ipynb:Scaled", "--shape=2,4", "--apply", "--allow-dirty")
    applied = layerdoctor("fix", *words, cwd=tmp_path)
    assert applied.returncode == 0, applied.stderr
    assert file.read_bytes() == before.replace(old.encode(), new.encode())
