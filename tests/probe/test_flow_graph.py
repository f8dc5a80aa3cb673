"""The gradient on each edge of the flow, as it was handed back along that edge alone."""

from __future__ import annotations

import pytest

from layerdoctor.facts import Stage
from layerdoctor.target import Input, Target
from tests.examine import examined
from tests.probe.marked_layers import observed_here
from tests.probe.observing import LAYERS

LINES = LAYERS.joinpath("drawn.py").read_text(encoding="utf-8").splitlines()


def edges(name: str) -> dict[tuple[str, str], str]:
    """Return the state of each edge; a line is called by the comment at its end."""
    facts = observed_here("drawn", name)
    flow = facts.flow
    assert flow is not None, facts.failures
    names = {
        node.id: LINES[node.location.line - 1].split("# ")[1] if node.location else node.label
        for node in flow.nodes
    }
    return {(names[edge.source], names[edge.target]): edge.gradient for edge in flow.edges}


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        (
            "PastTheCut",
            {
                ("inputs", "LD202: self.route"): "none",
                ("self.route", "LD202: self.route"): "none",
                ("LD202: self.route", "product"): "flows",
                ("self.value", "product"): "flows",
                ("inputs", "product"): "flows",
                ("product", "output"): "flows",
            },
        ),
        (
            "PastTheSign",
            {
                ("inputs", "sign"): "zero",
                ("sign", "sum"): "flows",
                ("inputs", "sum"): "flows",
                ("sum", "output"): "flows",
            },
        ),
        (
            "TwiceNegated",
            {
                ("inputs", "behind"): "zero",
                ("inputs", "beside"): "flows",
                ("behind", "both"): "flows",
                ("beside", "both"): "flows",
                ("both", "output"): "flows",
            },
        ),
        (
            "OneOfTwo",
            {
                ("inputs", "LD203: self.b"): "flows",
                ("self.a", "LD203: self.b"): "flows",
                ("self.b", "LD203: self.b"): "none",
                ("LD203: self.b", "inside"): "none",
                ("inside", "LD203: self.b"): "none",
                ("LD203: self.b", "doubled"): "flows",
                ("doubled", "output"): "flows",
            },
        ),
    ],
)
def test_an_edge_tells_what_came_back_along_it(
    name: str, expected: dict[tuple[str, str], str]
) -> None:
    assert edges(name) == expected


def test_what_a_layer_of_a_library_calls_is_folded_into_its_own_lines() -> None:
    inputs = (Input(shape=(2, 4, 8)), Input(shape=(2, 6, 8)))
    name = "keras.layers:MultiHeadAttention"
    args = {"num_heads": 2, "key_dim": 4}
    facts = examined(Target(id="a", target=name, args=args, inputs=inputs), Stage.CONTRACT)
    assert facts.flow is not None
    places = {node.location.file for node in facts.flow.nodes if node.location}
    assert places == {facts.file}
    assert {"inputs[0]", "inputs[1]"} <= {node.label for node in facts.flow.nodes}
