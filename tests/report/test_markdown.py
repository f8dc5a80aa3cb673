"""Markdown for job summaries and comments."""

from __future__ import annotations

from layerdoctor.judge.diagnosis import diagnose
from layerdoctor.report import Style, render
from layerdoctor.report.formats.markdown import LONGEST
from layerdoctor.rule import Problem
from tests.hand_made import at, layer, rule
from tests.report.sample import HEALTHY, cut_layer, everything, report


def test_the_heading_sums_up_and_each_finding_follows() -> None:
    text = render("markdown", everything(), Style())
    assert text.startswith(
        "### layerdoctor: 2 errors, 1 warning in 2 of 3 layers, 1 suppressed, 1 skipped, "
        "1 not examined; LD003, LD202, LD504 and what could not be examined fail the run\n"
    )
    assert (
        "- **error LD202** cut-gradient `layers.py:16`<br>\n"
        "  `self.gamma` is cut at ArgMax<br>\n"
        "  *Help:* use `tf.nn.softmax`\n"
    ) in text
    assert "- **skipped** `deep:Net`: no usual input fits\n  give the input: `--shape 4,5`" in text
    assert "LD104" not in text


def test_the_flow_is_drawn_and_unfolded_where_it_is_cut() -> None:
    text = render("markdown", report(cut_layer()), Style())
    drawn = text.partition("<details open><summary>the flow of the data</summary>\n\n```mermaid\n")[
        2
    ]
    assert drawn.startswith("flowchart LR\n")
    assert "|✂|" in drawn
    assert drawn.endswith("```\n\n</details>\n")
    assert "mermaid" not in render("markdown", report(HEALTHY), Style())


def test_user_text_is_not_markup() -> None:
    nasty = "a *b* <img src=x> [l](u) | c\n# d `self.*w*` \x1b"
    problem = Problem(None, nasty, at=at(1, None, "odd`name.py"))
    text = render("markdown", report(diagnose(layer(), [rule("LD003", "e", problem)])), Style())
    assert "  a \\*b\\* \\<img src=x\\> \\[l\\](u) \\| c # d `self.*w*` \\\\x1b<br>\n" in text
    assert "``odd`name.py:1``" in text


def test_a_long_report_still_fits_a_comment() -> None:
    problems = [Problem(f"self.w{number}", "word " * 50, at=at(number)) for number in range(1000)]
    text = render("markdown", report(diagnose(layer(), [rule("LD1", "e", *problems)])), Style())
    assert len(text) < LONGEST + 100
    assert text.endswith(" more entries\n")
