"""What the picture shows, and in which state."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from layerdoctor.facts import FlowEdge, FlowGraph, FlowNode, Gradient, LayerFacts
from layerdoctor.report.picture.drawing import drawing
from layerdoctor.report.picture.flow import MOST_SOURCES, Picture, cuts, picture, states
from layerdoctor.report.picture.mermaid import graph, has_trouble
from tests.hand_made import at, layer, weight, write
from tests.report.sample import MODULE, cut_layer

FLOWS = Gradient(status="flows", norm=1.0)
UNUSED = Gradient(status="none", cause="unused")


def line(number: int) -> FlowNode:
    return FlowNode(id=str(number), kind="line", label="Mul", location=at(number))


def ways(shown: Picture) -> dict[tuple[str, str], str]:
    return {(way.source, way.target): way.state for way in shown.ways}


def drawn(facts: LayerFacts) -> Picture:
    shown = picture(facts)
    assert shown is not None
    return shown


def test_a_way_is_lost_from_the_weight_up_to_the_cut_and_no_further() -> None:
    facts = cut_layer().facts
    assert ways(drawn(facts)) == {
        ("x", "15"): "idle",
        ("g", "15"): "lost",
        ("15", "16"): "lost",
        ("16", "out"): "flows",
    }
    assert [station.id for station in drawn(facts).stations if station.cuts] == ["16"]
    assert cuts(facts) == {("layers.py", 16): [("self.gamma", "ArgMax")]}
    assert states(facts) == {("layers.py", 15): "lost", ("layers.py", 16): "cut"}


def test_an_index_that_never_had_a_gradient_is_no_loss() -> None:
    flow = FlowGraph(
        nodes=(FlowNode(id="ids", kind="input", label="ids"), line(3)),
        edges=(FlowEdge(source="ids", target="3", gradient="none"),),
    )
    shown = drawn(layer(flow=flow))
    assert ways(shown) == {("ids", "3"): "idle"}
    assert not has_trouble(shown)


def test_a_weight_that_is_never_read_stands_alone() -> None:
    facts = replace(cut_layer().facts, weights=(weight("lost", gradient=UNUSED),))
    alone = drawn(facts).stations[-1]
    assert (alone.title, alone.words, alone.state) == ("self.lost", "never read", "lost")
    assert alone.id not in {end for way in ways(drawn(facts)) for end in way}


def many_weights(count: int) -> LayerFacts:
    names = [f"self.blocks[{number}].kernel" for number in range(count)]
    nodes = [FlowNode(id=name, kind="weight", label=name) for name in names]
    edges = [FlowEdge(source=name, target="3", gradient="flows") for name in names]
    flow = FlowGraph(nodes=(*nodes, line(3)), edges=tuple(edges))
    return layer(flow=flow, weights=tuple(weight(attribute=name) for name in names))


def test_many_weights_that_go_the_same_way_share_a_station() -> None:
    assert len(drawn(many_weights(MOST_SOURCES)).stations) == MOST_SOURCES + 1
    shared, _ = drawn(many_weights(300)).stations
    assert (shared.title, shared.words) == ("self.blocks[*]", "300 weights")


def test_what_is_too_large_to_read_is_not_drawn() -> None:
    lines = tuple(line(number) for number in range(1, 400))
    assert picture(layer(flow=FlowGraph(nodes=lines, edges=()))) is None
    assert picture(layer(flow=None)) is None


def test_the_drawing_goes_from_left_to_right_without_overlap() -> None:
    laid = drawing(drawn(cut_layer().facts))
    places = {box.station.id: box for box in laid.boxes}
    order = [places[name].x + places[name].width / 2 for name in ("g", "15", "16", "out")]
    assert order == sorted(set(order))
    for box in laid.boxes:
        assert box.x >= 0
        assert box.x + box.width <= laid.width
        assert box.y >= 0
        assert box.y + box.height <= laid.height
        for other in laid.boxes:
            apart = (
                box is other
                or box.x + box.width <= other.x
                or other.x + other.width <= box.x
                or box.y + box.height <= other.y
                or other.y + other.height <= box.y
            )
            assert apart


def test_the_drawing_is_the_same_each_time() -> None:
    facts = many_weights(9)
    assert drawing(drawn(facts)) == drawing(drawn(facts))


def test_mermaid_shows_the_scissors_and_reads_no_name_as_markup() -> None:
    text = graph(drawn(cut_layer().facts))
    assert '  n3["✂ line 16<br>ArgMax, Cast"]:::lost\n' in text
    assert "  n2 -.->|✂| n3\n" in text
    nasty = 'a"]; click x "javascript:1" <b>`%%{init'
    flow = FlowGraph(nodes=(FlowNode(id="x", kind="input", label=nasty),), edges=())
    label = graph(drawn(layer(flow=flow, weights=()))).splitlines()[1]
    assert label.startswith('  n0(["a#34;#93;#59; click x')
    assert not set("<`%") & set(label.replace("<br>", ""))


def test_a_line_is_called_by_its_source(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    write(tmp_path, MODULE)
    stations = {station.id: station for station in drawn(cut_layer().facts).stations}
    product = stations["15"]
    assert product.title.startswith("y = x * self.gamma")
    assert (product.words, product.operations) == ("line 15", "Mul")
    assert stations["g"].operations == ""


def test_each_sub_layer_keeps_a_station_of_its_own() -> None:
    names = [f"self.{part}.w{number}" for part in ("att", "norm") for number in range(5)]
    nodes = [FlowNode(id=name, kind="weight", label=name) for name in [*names, "self.gain"]]
    edges = [FlowEdge(source=node.id, target="3", gradient="flows") for node in nodes]
    weights = tuple(weight(attribute=node.label) for node in nodes)
    shown = drawn(
        layer(flow=FlowGraph(nodes=(*nodes, line(3)), edges=tuple(edges)), weights=weights)
    )
    assert [(each.title, each.words) for each in shown.stations[:2]] == [
        ("self.att", "5 weights"),
        ("self.norm", "5 weights"),
    ]
    assert shown.stations[2].title == "self.gain"
