"""The rules explained."""

from __future__ import annotations

from layerdoctor.report import Style, handbook
from layerdoctor.rules import RULES


def test_a_page_shows_what_is_bad_what_is_good_and_how_to_try_it() -> None:
    rule = next(rule for rule in RULES if rule.code == "LD202")
    page = handbook.markdown(rule)
    for part in (rule.summary, rule.why, rule.help, rule.bad.source, rule.good.source):
        assert part.strip() in page
    assert "`layerdoctor inspect example.py:Example --input 4,5`" in page
    assert "ignore[LD202]" in page


def test_examples_are_highlighted_where_there_is_colour() -> None:
    rule = RULES[0]
    plain = handbook.page(rule, Style(width=100))
    assert "\x1b" not in plain
    assert "\x1b[" in handbook.page(rule, Style(width=100, color=True)).partition("Bad")[2]
