"""The picture of the flow in the language of Mermaid, which shows in a pull request."""

from __future__ import annotations

import re
from collections.abc import Iterator

from layerdoctor.report.escaping import visible
from layerdoctor.report.picture.flow import Picture, Station

_COLORS = {
    "flows": "#2da44e",
    "zero": "#bf8700",
    "lost": "#cf222e",
    "nonfinite": "#8250df",
    "unknown": "#8c959f",
    "idle": "#8c959f",
}
"""One for each state, to be seen on white and on black."""

_DASHED = ("lost", "idle", "zero")


def graph(picture: Picture) -> str:
    """Return the picture as a flowchart, from left to right."""
    return "\n".join(_lines(picture))


def has_trouble(picture: Picture) -> bool:
    """Say whether a gradient that is needed is missing, zero or not finite somewhere."""
    states = {way.state for way in picture.ways} | {each.state for each in picture.stations}
    return bool(states & {"lost", "zero", "nonfinite"}) or any(s.cuts for s in picture.stations)


def _lines(picture: Picture) -> Iterator[str]:
    yield "flowchart LR"
    names = {station.id: f"n{number}" for number, station in enumerate(picture.stations)}
    cutting = {station.id for station in picture.stations if station.cuts}
    for station in picture.stations:
        opened, closed = ("[", "]") if station.kind == "line" else ("([", "])")
        state = "lost" if station.cuts else station.state
        yield f'  {names[station.id]}{opened}"{_label(station)}"{closed}:::{state}'
    for way in picture.ways:
        arrow = "-.->" if way.state in _DASHED else "-->"
        sign = "|✂|" if way.state == "lost" and way.target in cutting else ""
        yield f"  {names[way.source]} {arrow}{sign} {names[way.target]}"
    for state, color in _COLORS.items():
        yield f"  classDef {state} stroke:{color},stroke-width:2px"
        ways = [str(number) for number, way in enumerate(picture.ways) if way.state == state]
        if ways:
            yield f"  linkStyle {','.join(ways)} stroke:{color},stroke-width:2px"


def _label(station: Station) -> str:
    sign = "✂ " if station.cuts else ""
    parts = [f"{sign}{_escaped(station.title)}", _escaped(station.words)]
    return "<br>".join(filter(None, parts))


def _escaped(text: str) -> str:
    """Return the text with every sign that could be read as markup as a number."""
    return re.sub(r"[^\w .,:]", lambda sign: f"#{ord(sign[0])};", visible(text))
