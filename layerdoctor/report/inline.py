"""The page as the output of a cell: in a frame of its own, folded under what it comes to."""

from __future__ import annotations

from markupsafe import Markup

from layerdoctor.judge.run import Report
from layerdoctor.report import Style, headline
from layerdoctor.report.formats.html import asset, environment, render


def inline(report: Report) -> str:
    """Return markup for a notebook.

    The frame keeps the page's style and scripts from the notebook's. What runs beside the frame
    gives it the height of its page and the theme of the notebook; without it, as in a notebook that
    is not trusted, the frame scrolls and follows the reader's system.
    """
    names = ", ".join(headline.name(diagnosis.facts) for diagnosis in report.diagnoses)
    made = environment()
    return made.get_template("inline.html").render(
        summary=f"{names}: {report.closing()}",
        page=_within_apostrophes(render(report, Style())),
        fit=asset(made, "inline.js"),
    )


def _within_apostrophes(page: str) -> Markup:
    """Return a page as the value of an attribute, which may hold all but two signs as they are.

    To escape every bracket and quotation mark, as Jinja does, makes it a third larger.
    """
    return Markup(page.replace("&", "&amp;").replace("'", "&#39;"))
