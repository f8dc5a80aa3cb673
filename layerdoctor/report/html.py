"""One self-contained page: the report for people, in colour."""

from __future__ import annotations

from dataclasses import replace

from layerdoctor.report import Report, Style
from layerdoctor.report.full import parts
from layerdoctor.report.typesetting import Typesetter

WIDTH = 110


def render(report: Report, style: Style) -> str:
    """Return a page of HTML that loads nothing from elsewhere."""
    typesetter = Typesetter(replace(style, width=WIDTH, color=True, unicode=True))
    return typesetter.page(parts(report, typesetter))
