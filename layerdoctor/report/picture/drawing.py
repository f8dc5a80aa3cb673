"""The picture of the flow laid out: from left to right, in layers, by the method of Sugiyama."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from grandalf.graphs import Edge, Graph, Vertex
from grandalf.layouts import SugiyamaLayout

from layerdoctor.report.escaping import visible
from layerdoctor.report.picture.flow import Connection, Picture, Station

CHARACTER = 6.9
"""The width of a character in pixels."""
LONGEST = 32
"""In characters: what a station's lines are cut to; the whole stands in its title."""
HEIGHT = 42
GAP = 14
"""Between stations above each other."""
REACH = 44
"""Between stations beside each other."""
BORDER = 10

ROUNDS = 6
"""How often the order in the layers is bettered."""

Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Box:
    """A station in its place; ``x`` and ``y`` are its upper left corner, in pixels."""

    station: Station
    x: float
    y: float
    width: float
    height: float
    title: str
    words: str


@dataclass(frozen=True, slots=True)
class Arrow:
    """A way in its place, as the path of an SVG."""

    way: Connection
    path: str
    end: Point


@dataclass(frozen=True, slots=True)
class Drawing:
    """A picture with its size in pixels."""

    width: float
    height: float
    boxes: tuple[Box, ...]
    lines: tuple[Arrow, ...]


class _View:
    """The size that the layout asks of a vertex, along and across the layers, and its answer."""

    def __init__(self, station: Station) -> None:
        longest = max(len(_short(station.title)), len(_short(station.words)))
        self.w: float = HEIGHT
        self.h: float = round(longest * CHARACTER + 22, 1)
        self.xy: Point = (0, 0)


class _Bends:
    """Receives the points that a way goes through."""

    def __init__(self) -> None:
        self.points: list[Point] = []

    def setpath(self, points: list[Point]) -> None:
        self.points = points


def drawing(picture: Picture) -> Drawing:
    """Return the picture with a place for everything in it."""
    vertices = {station.id: Vertex(station) for station in picture.stations}
    for vertex in vertices.values():
        vertex.view = _View(vertex.data)
    edges = [Edge(vertices[way.source], vertices[way.target], data=way) for way in picture.ways]
    for edge in edges:
        edge.view = _Bends()
    graph = Graph(list(vertices.values()), edges)
    below = float(BORDER)
    for component in graph.C:
        below = _lay_out(component, below)
    boxes = tuple(_box(vertices[station.id]) for station in picture.stations)
    return Drawing(
        width=max(box.x + box.width for box in boxes) + BORDER,
        height=below - GAP + BORDER,
        boxes=boxes,
        lines=tuple(_line(edge) for edge in edges),
    )


def _lay_out(component: Graph, above: float) -> float:
    """Place a connected part below what is there; return where the next one may begin."""
    layout = SugiyamaLayout(component)
    layout.xspace, layout.yspace = GAP, REACH
    layout.init_all()
    layout.draw(ROUNDS)
    bends: list[float] = [across for edge in component.sE for across, _ in edge.view.points[1:-1]]
    tops = [view.xy[0] - view.w / 2 for view in _views(layout)]
    shift = above - min(tops + bends)
    for view in _views(layout):
        across, along = view.xy
        view.xy = (BORDER + along, across + shift)
    for edge in component.sE:
        points = edge.view.points
        inner = [(BORDER + along, across + shift) for across, along in points[1:-1]]
        edge.view.points = [edge.v[0].view.xy, *inner, edge.v[1].view.xy]
    bottoms: list[float] = [view.xy[1] + view.w / 2 for view in _views(layout)]
    return max(bottoms + [across + shift for across in bends]) + GAP


def _views(layout: SugiyamaLayout) -> list[_View]:
    """Return the views of the stations of a part."""
    return [vertex.view for vertex in layout.g.sV]


def _box(vertex: Vertex) -> Box:
    view, station = vertex.view, vertex.data
    x, y = view.xy[0] - view.h / 2, view.xy[1] - view.w / 2
    return Box(
        station,
        round(x, 1),
        round(y, 1),
        view.h,
        view.w,
        _short(station.title),
        _short(station.words),
    )


def _line(edge: Edge) -> Arrow:
    start, *inner, end = edge.view.points
    start = (start[0] + edge.v[0].view.h / 2, start[1])
    end = (end[0] - edge.v[1].view.h / 2, end[1])
    return Arrow(edge.data, _curve([start, *inner, end]), (round(end[0], 1), round(end[1], 1)))


def _curve(points: Sequence[Point]) -> str:
    """Return a path that leaves and enters every point horizontally."""
    parts = [f"M{points[0][0]:.1f} {points[0][1]:.1f}"]
    for (x, y), (next_x, next_y) in pairwise(points):
        middle = (x + next_x) / 2
        parts.append(f"C{middle:.1f} {y:.1f} {middle:.1f} {next_y:.1f} {next_x:.1f} {next_y:.1f}")
    return "".join(parts)


def _short(words: str) -> str:
    plain = visible(words)
    return plain if len(plain) <= LONGEST else f"{plain[: LONGEST - 1]}…"
