"""One self-contained page."""

from __future__ import annotations

from html.parser import HTMLParser

from layerdoctor.diagnosis import diagnose
from layerdoctor.report import Style, render
from layerdoctor.rule import Problem
from tests.hand_made import layer, rule
from tests.report.sample import everything, report


class Reader(HTMLParser):
    """Collects the tags and the text of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.links: list[str] = []
        self.words = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.links += [value or "" for name, value in attrs if name in ("href", "src")]

    def handle_data(self, data: str) -> None:
        self.words += data


def read(text: str) -> Reader:
    reader = Reader()
    reader.feed(text)
    return reader


def test_the_page_tells_what_the_full_report_tells() -> None:
    page = read(render("html", everything(), Style()))
    full = render("full", everything(), Style(width=110))
    for line in full.splitlines():
        assert line in page.words


def test_the_page_loads_nothing_and_runs_nothing() -> None:
    page = read(render("html", everything(), Style()))
    assert page.links == []
    assert not page.tags & {"script", "link", "img", "iframe"}


def test_user_text_is_no_markup() -> None:
    nasty = "<script>alert(1)</script> & [bold]"
    problem = Problem(nasty, nasty, at=None, help=nasty)
    diagnosis = diagnose(layer(), [rule("LD101", "untracked-variable", problem)])
    page = read(render("html", report(diagnosis), Style()))
    assert "script" not in page.tags
    assert nasty in page.words
