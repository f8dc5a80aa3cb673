"""The picture of the flow: what is drawn, and in which state, before anything is laid out."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from layerdoctor.facts import FlowEdge, FlowGraph, FlowNode, Gradient, LayerFacts, Location
from layerdoctor.judge import source
from layerdoctor.wording import shape_of, shared_name

SOURCES = ("input", "weight", "variable", "constant")
"""The kinds of station that the data comes from."""

MOST_SOURCES = 8
"""Above this, what one sub-layer holds and goes the same ways shares a station."""
MOST_STATIONS = 150
"""Above this, a picture is no longer looked at and none is made."""

CUTTING = ("cut", "stopped", "left-tensorflow", "integer")

STATES = {
    "flows": "the gradient flows",
    "zero": "the gradient is zero",
    "lost": "no gradient: it is cut on the way",
    "nonfinite": "the gradient is NaN or infinite",
    "unknown": "not observed",
    "idle": "no gradient, and none is missed",
}
"""The states of a way and a station, and what they mean; the one that tells most comes first."""

Place = tuple[str, int]
"""A file and a line of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Station:
    """One box of the picture."""

    id: str
    kind: str
    """As ``FlowNode.kind``."""
    title: str
    words: str = ""
    """What stands below the title: a place, a gradient, or operations."""
    operations: str = ""
    """Of a line whose source is its title: what it computes with."""
    state: str = "unknown"
    location: Location | None = None
    cuts: bool = False
    """Whether a gradient that something needs ends here."""

    @property
    def place(self) -> Place | None:
        """Its file and line, where it has one."""
        return (self.location.file, self.location.line) if self.location else None


@dataclass(frozen=True, slots=True)
class Connection:
    """An arrow of the picture: the data goes along it, and the gradient back."""

    source: str
    target: str
    state: str


@dataclass(frozen=True, slots=True)
class Picture:
    """The stations and the ways between them."""

    stations: tuple[Station, ...]
    ways: tuple[Connection, ...]


def picture(facts: LayerFacts) -> Picture | None:
    """Return the picture of a layer; None where there is none, or where it is too large to read."""
    if facts.flow is None:
        return None
    drawn = _folded(_with_unread(_Judgement(facts, facts.flow).picture(), facts))
    return drawn if 0 < len(drawn.stations) <= MOST_STATIONS else None


def states(facts: LayerFacts) -> dict[Place, str]:
    """Return the state of each line that computes; ``cut`` where a needed gradient ends."""
    if facts.flow is None:
        return dict.fromkeys(cuts(facts), "cut")
    stations = _Judgement(facts, facts.flow).picture().stations
    lines = {s.place: "cut" if s.cuts else s.state for s in stations if s.place}
    return dict.fromkeys(cuts(facts), "cut") | lines


def cuts(facts: LayerFacts) -> dict[Place, list[tuple[str, str]]]:
    """Return where gradients that are needed end: whose they are, and at which operation."""
    found: dict[Place, list[tuple[str, str]]] = defaultdict(list)
    for name, gradient in needed(facts):
        if gradient.status != "none" or gradient.cause not in CUTTING:
            continue
        steps = [(step.location, step.op) for step in gradient.path if step.cut and step.location]
        if not steps and gradient.location:
            steps = [(gradient.location, gradient.op or "")]
        for location, op in dict.fromkeys(steps):
            found[location.file, location.line].append((name, op))
    return dict(found)


def needed(facts: LayerFacts) -> Iterator[tuple[str, Gradient]]:
    """Yield what should have a gradient: what trains, and the inputs, for what stands before."""
    for weight in facts.weights:
        if weight.trainable:
            yield weight.attribute, weight.gradient
    for variable in facts.untracked_variables:
        if variable.trainable:
            yield variable.attribute, variable.gradient
    for given in facts.input_gradients or ():
        yield given.name, given.gradient


class _Judgement:
    """Tells a way whose gradient is missed from one that never had any, such as an index."""

    def __init__(self, facts: LayerFacts, flow: FlowGraph) -> None:
        self.facts = facts
        self.flow = flow
        self.cuts = set(cuts(facts))
        self.gradients = dict(needed(facts))
        self.out: dict[str, list[FlowEdge]] = defaultdict(list)
        for edge in flow.edges:
            self.out[edge.source].append(edge)
        self.by_id = {node.id: node for node in flow.nodes}

    def picture(self) -> Picture:
        lost = self._lost()
        ways = [
            Connection(edge.source, edge.target, self._state(edge, lost))
            for edge in self.flow.edges
        ]
        return Picture(tuple(self._station(node, ways) for node in self.flow.nodes), tuple(ways))

    def _lost(self) -> set[tuple[str, str]]:
        """Return the ways without a gradient from what needs one up to where it is cut."""
        waiting = [node.id for node in self.flow.nodes if self._misses(node)]
        lost: set[tuple[str, str]] = set()
        while waiting:
            for edge in self.out[waiting.pop()]:
                way = (edge.source, edge.target)
                if edge.gradient == "none" and way not in lost:
                    lost.add(way)
                    if not self._cuts(self.by_id[edge.target]):
                        waiting.append(edge.target)
        return lost

    def _misses(self, node: FlowNode) -> bool:
        gradient = self.gradients.get(node.label)
        return node.kind in SOURCES and gradient is not None and gradient.status == "none"

    def _cuts(self, node: FlowNode) -> bool:
        place = node.location and (node.location.file, node.location.line)
        return place in self.cuts

    def _state(self, edge: FlowEdge, lost: set[tuple[str, str]]) -> str:
        if edge.gradient == "none":
            return "lost" if (edge.source, edge.target) in lost else "idle"
        return edge.gradient if edge.gradient in STATES else "unknown"

    def _station(self, node: FlowNode, ways: Sequence[Connection]) -> Station:
        around = [way.state for way in ways if way.source == node.id]
        if node.kind == "output":
            around = [way.state for way in ways if way.target == node.id]
        title, words, operations = node.label, "", ""
        if node.kind == "line" and node.location:
            title, words = self._place(node.location), node.label
            if said := _source_of(node.location):
                title, words, operations = said, title, node.label
        elif node.kind in SOURCES:
            words = self._carried(node)
        state = min(around, key=list(STATES).index, default="idle")
        return Station(
            id=node.id,
            kind=node.kind,
            title=title,
            words=words,
            operations=operations,
            state=state,
            location=node.location,
            cuts=self._cuts(node),
        )

    def _place(self, location: Location) -> str:
        own = location.file == self.facts.file
        file = "line " if own else f"{os.path.basename(location.file)}:"
        return f"{file}{location.line}"

    def _carried(self, node: FlowNode) -> str:
        gradient = self.gradients.get(node.label)
        shapes = {weight.attribute: weight.shape for weight in self.facts.weights}
        shapes |= {each.attribute: each.shape for each in self.facts.untracked_variables}
        shapes |= {each.name: each.shape for each in self.facts.constants}
        shape = shape_of(shapes[node.label]) if node.label in shapes else ""
        telling = {"none": "no gradient", "zero": "zero gradient", "nonfinite": "NaN gradient"}
        state = telling.get(gradient.status, "") if gradient else ""
        return " ".join(filter(None, (node.kind if node.kind != "weight" else "", shape, state)))


def _source_of(location: Location) -> str:
    """Return what the line says, without its comment; empty where the source is not at hand."""
    text = source.read(location.file)
    span = text.code(location.line) if text else None
    if text is None or span is None:
        return ""
    return " ".join(text.line(location.line)[span[0] : span[1]].split())


def _with_unread(drawn: Picture, facts: LayerFacts) -> Picture:
    """Add the weights that the forward pass never reads: they stand alone."""
    unread = [
        Station(
            id=f"unread-{number}",
            kind="weight",
            title=weight.attribute,
            words="never read",
            state="lost",
        )
        for number, weight in enumerate(facts.weights)
        if weight.trainable and weight.gradient.cause == "unused" and weight.gradient.op is None
    ]
    return replace(drawn, stations=(*drawn.stations, *unread))


def _folded(drawn: Picture) -> Picture:
    """Join what a sub-layer or a container holds and goes the same ways, where there are many."""
    sources = [station for station in drawn.stations if station.kind in SOURCES]
    if len(sources) <= MOST_SOURCES:
        return drawn
    goes: dict[str, set[tuple[str, str]]] = defaultdict(set)
    for way in drawn.ways:
        goes[way.source].add((way.target, way.state))
    groups: dict[object, list[Station]] = defaultdict(list)
    for station in sources:
        key = (_holder(station.title), station.kind, station.state, frozenset(goes[station.id]))
        groups[key].append(station)
    heads = {each.id: group[0].id for group in groups.values() for each in group}
    joined = {group[0].id: _joined(group) for group in groups.values()}
    stations = [
        joined.get(each.id, each)
        for each in drawn.stations
        if heads.get(each.id, each.id) == each.id
    ]
    ways = {
        Connection(heads.get(way.source, way.source), way.target, way.state): None
        for way in drawn.ways
    }
    return Picture(tuple(stations), tuple(ways))


def _joined(group: Sequence[Station]) -> Station:
    if len(group) == 1:
        return group[0]
    first = group[0]
    missing = {"never read": ", never read", "lost": ", no gradient"}
    state = missing.get(first.words) or missing.get(first.state, "")
    return replace(first, title=_holder(first.title), words=f"{len(group)} {first.kind}s{state}")


def _holder(name: str) -> str:
    """Return the attribute of the layer that holds what has the name: ``self.att``."""
    return ".".join(shared_name([name]).split(".")[:2])
