"""One self-contained page, read as text; ``tests/browser`` looks at it in a browser."""

from __future__ import annotations

import base64
import hashlib
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from layerdoctor.judge.diagnosis import diagnose
from layerdoctor.report import Style, render
from layerdoctor.report.formats.html import svg
from layerdoctor.report.picture.drawing import drawing
from layerdoctor.report.picture.flow import picture
from layerdoctor.rule import Problem
from tests.hand_made import at, constant, layer, part, rule, untracked, weight, write
from tests.report.sample import MODULE, cut_layer, everything, failed_layer, report


class Reader(HTMLParser):
    """Collects the tags, the attributes and the text of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.links: list[str] = []
        self.ids: list[str] = []
        self.attributes: set[str] = set()
        self.words = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}
        self.links += [value or "" for name, value in attrs if name in ("href", "src")]
        self.ids += [value or "" for name, value in attrs if name == "id"]

    def handle_data(self, data: str) -> None:
        self.words += data


def read(text: str) -> Reader:
    reader = Reader()
    reader.feed(text)
    return reader


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.chdir(tmp_path)
    write(tmp_path, MODULE)
    return "layers.py"


def test_the_page_tells_what_was_found_and_seen(here: str) -> None:
    words = " ".join(read(render("html", everything(here), Style())).words.split())
    for phrase in (
        "2 errors, 1 warning in 2 of 3 layers",
        "self.gamma is cut at ArgMax",
        "Help use tf.nn.softmax",
        "gamma → Mul line 15 → ArgMax line 16 ✂︎ → output",
        "works for 10 and not for 7",
        "Not run: call, repeat, gradient, contract",
        "no module gone",
        "give the input: --shape 4,5",
        "batch_size: the batch is gone",
        "1, 1 trainable, 20 parameters",
    ):
        assert phrase in words


def test_the_page_loads_nothing_and_its_links_lead_into_itself(here: str) -> None:
    page = read(render("html", everything(here), Style()))
    assert not page.tags & {"img", "iframe", "object", "embed"}
    assert [link for link in page.links if not link.startswith("#")] == ["data:,"]
    targets = {link[1:] for link in page.links if len(link) > 1 and link.startswith("#")}
    assert targets <= set(page.ids)
    assert len(page.ids) == len(set(page.ids))


def test_the_policy_allows_the_pages_own_script_and_style_alone() -> None:
    text = render("html", everything(), Style())
    policy = re.search(r'Content-Security-Policy" content="([^"]+)"', text)
    assert policy is not None
    for tag in ("style", "script"):
        for body in re.findall(rf"<{tag}>(.*?)</{tag}>", text, flags=re.DOTALL):
            digest = base64.b64encode(hashlib.sha256(body.encode()).digest()).decode()
            assert f"'sha256-{digest}'" in policy[1].replace("&#39;", "'")
    assert "unsafe" not in policy[1]
    assert "style" not in read(text).attributes
    assert not {name for name in read(text).attributes if name.startswith("on")}


NASTY = """<script>alert(1)</script>"'><img src=x onerror=y> & [b] {{ 7*7 }} \x1b\u202e"""


def test_user_text_is_no_markup(tmp_path: Path) -> None:
    file = write(tmp_path, f"x = 1  # {NASTY}\n")
    problem = Problem(NASTY, NASTY, at=at(1, None, file), help=NASTY)
    facts = layer(
        id=NASTY,
        class_name=NASTY,
        file=file,
        args={NASTY: NASTY},
        weights=(weight(attribute=NASTY, location=at(1, None, file)),),
        untracked_variables=(untracked(NASTY),),
        constants=(constant(NASTY),),
    )
    named = diagnose(facts, [rule("LD101", "untracked-variable", problem)])
    page = read(render("html", report(named, cut_layer()), Style()))
    assert not page.tags & {"img", "b onerror"}
    assert not {name for name in page.attributes if name.startswith("on")}
    shown = NASTY.replace("\x1b\u202e", "\\x1b\\u202e")
    assert page.words.count(shown) > 3
    assert "\x1b" not in page.words
    assert "\u202e" not in page.words


def test_a_traceback_is_there_to_unfold(here: str) -> None:
    assert "ops.py" in read(render("html", report(failed_layer(here)), Style())).words


def test_two_layers_of_one_name_have_addresses_of_their_own() -> None:
    ids = read(render("html", report(cut_layer(), cut_layer()), Style())).ids
    assert {"layers-Sample", "layers-Sample-2"} <= set(ids)


def test_a_picture_alone_is_a_drawing_without_links() -> None:
    shown = picture(cut_layer().facts)
    assert shown is not None
    text = svg(drawing(shown))
    assert text.startswith("<svg ")
    assert "prefers-color-scheme" in text or "light-dark" in text
    assert "<a " not in text
    assert text.count('class="scissors"') == 1


def test_the_layers_of_a_model_stand_above_the_source_and_all_its_weights_below() -> None:
    many = tuple(
        weight("w", attribute=f"self.layers[{number}].w", owner=f"self.layers[{number}]")
        for number in range(40)
    )
    facts = layer(layers=(part("first"), part("last")), weights=many)
    page = render("html", report(diagnose(facts, [])), Style())
    assert page.count("<h3>Layers") == 1
    assert page.index("<h3>Layers") < page.index('class="panes"') < page.index("<h3>Weights")
    assert "<td>self.layers[39].w</td>" in page.partition("All 40 weights")[2]
