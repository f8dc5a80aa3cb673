"""``%load_ext layerdoctor`` and ``%%layerdoctor`` in a notebook, run by a real kernel."""

from __future__ import annotations

from typing import Any

import pytest

nbclient = pytest.importorskip("nbclient")
nbformat = pytest.importorskip("nbformat")
pytest.importorskip("ipykernel")

ROUTE = """%%layerdoctor --shape 8,5 --ignore LD5
class Route(keras.layers.Layer):
    def build(self, shape):
        self.gate = self.add_weight(name="gate", shape=(shape[-1], 4))

    def call(self, x):
        return pick(tf.matmul(x, self.gate))


def pick(x):
    return tf.one_hot(tf.argmax(x, -1), 4)


print("the cell was run")"""
CELLS = {
    "start": "%load_ext layerdoctor\nimport keras\nimport tensorflow as tf",
    "layer": ROUTE,
    "again": "%layerdoctor Route --shape 8,5 --select LD202",
    "python": (
        "import layerdoctor\nfound = layerdoctor.examine(Route, (8, 5), select=['LD202'])\n"
        "[at] = [finding.location for finding in found.findings]\nprint(at.file, at.line)"
    ),
    "misspelt": "%layerdoctor Rout --shape 8,5",
    "option": "%%layerdoctor --shae 8,5\nclass Empty(keras.layers.Layer):\n    pass",
    "nothing": "%%layerdoctor\nx = 1",
    "shape": "%layerdoctor Route --shape 8,b",
    "timed": ROUTE.replace("--ignore LD5", "--ignore LD5\n%%time"),
    "dotted": "%layerdoctor keras.layers.Softmax --shape 8,5 --ignore LD5",
    "awaits": "%%layerdoctor --shape 8,5\nimport asyncio\nawait asyncio.sleep(0)",
    "refuses": (
        "%%layerdoctor --shape 8,5\nclass Refuses(keras.layers.Layer):\n    def call(self, x):\n"
        "        raise ValueError('not today')"
    ),
    "raises": "%%layerdoctor --shape 8,5\nclass Half(keras.layers.Layer):\n    x = 1 / 0",
}


@pytest.fixture(scope="module")
def outputs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[Any]]:
    """What each cell leaves behind."""
    folder = tmp_path_factory.mktemp("kernel")
    book = nbformat.v4.new_notebook(cells=list(map(nbformat.v4.new_code_cell, CELLS.values())))
    client = nbclient.NotebookClient(
        book, timeout=300, allow_errors=True, resources={"metadata": {"path": str(folder)}}
    )
    client.execute()
    return dict(zip(CELLS, (cell.outputs for cell in book.cells), strict=True))


def printed(found: list[Any]) -> str:
    return "".join(
        each.text for each in found if each.output_type == "stream" and each.name == "stdout"
    )


def shown(found: list[Any]) -> Any:
    [data] = [each.data for each in found if each.output_type == "display_data"]
    return data


def test_the_layers_of_a_cell_are_examined(outputs: dict[str, list[Any]]) -> None:
    assert printed(outputs["layer"]).strip() == "the cell was run"
    text = shown(outputs["layer"])["text/plain"]
    assert "── __main__.Route()" in text
    assert "error[LD202] cut-gradient: no gradient reaches `self.gate`" in text
    assert "  --> In[2]:11:23\n" in text
    assert "11 |     return tf.one_hot(tf.argmax(x, -1), 4)" in text


def test_a_page_is_shown_that_weighs_little(outputs: dict[str, list[Any]]) -> None:
    page = shown(outputs["layer"])["text/html"]
    assert len(page.encode()) < 100_000
    assert page.startswith('<details class="layerdoctor" open>')
    assert "<summary>__main__.Route: 1 error in 1 layer; LD202 fails the run</summary>" in page


def test_a_class_is_named_in_a_later_cell(outputs: dict[str, list[Any]]) -> None:
    assert "  --> In[2]:11:23\n" in shown(outputs["again"])["text/plain"]
    assert printed(outputs["python"]).strip() == "In[2] 11"


@pytest.mark.parametrize(
    ("cell", "words"),
    [
        ("misspelt", "`Rout` is not defined; expected the name of a class of layers"),
        ("option", "No such option: --shae"),
        (
            "nothing",
            "the cell defines no class of layers; write `%%layerdoctor` over one that does",
        ),
        (
            "awaits",
            "`await` at the top of a cell cannot be run under a magic; leave out its line, "
            "and name the class below",
        ),
        ("shape", "--shape: `8,b` is no shape; expected sizes separated by commas"),
    ],
)
def test_what_cannot_be_done_is_said_in_one_line(
    outputs: dict[str, list[Any]], cell: str, words: str
) -> None:
    [only] = outputs[cell]
    assert only.text.startswith(f"layerdoctor: {words}")
    assert only.text.count("\n") == 1


def test_a_magic_over_python_is_a_magic_over_the_layers_in_it(
    outputs: dict[str, list[Any]],
) -> None:
    assert "Wall time" in printed(outputs["timed"])
    assert "no gradient reaches `self.gate`" in shown(outputs["timed"])["text/plain"]


def test_a_class_is_named_by_the_module_that_has_it(outputs: dict[str, list[Any]]) -> None:
    assert "── keras.src.layers" in shown(outputs["dotted"])["text/plain"]


def test_what_a_layer_raises_is_told_in_its_own_words(outputs: dict[str, list[Any]]) -> None:
    assert "`call` raised ValueError: not today" in shown(outputs["refuses"])["text/plain"]


def test_a_cell_that_fails_fails_as_without_the_magic(outputs: dict[str, list[Any]]) -> None:
    [error] = outputs["raises"]
    assert (error.output_type, error.ename) == ("error", "ZeroDivisionError")
