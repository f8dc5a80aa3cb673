"""The gradient on each edge of the flow, as it was handed back along that edge alone."""

from __future__ import annotations

import pytest

from tests.probe.seeing import LAYERS, cases, examine

LINES = LAYERS.joinpath("drawn.py").read_text(encoding="utf-8").splitlines()


def edges(name: str) -> dict[tuple[str, str], str]:
    """Return the state of each edge; a line is called by the comment at its end."""
    (case,) = [case for case in cases("drawn") if case.name == name]
    facts = examine(case)
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
                ("inputs", "cut-gradient: route"): "none",
                ("self.route", "cut-gradient: route"): "none",
                ("cut-gradient: route", "product"): "flows",
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
                ("inputs", "stopped-gradient: b"): "flows",
                ("self.a", "stopped-gradient: b"): "flows",
                ("self.b", "stopped-gradient: b"): "none",
                ("stopped-gradient: b", "inside"): "none",
                ("inside", "stopped-gradient: b"): "none",
                ("stopped-gradient: b", "doubled"): "flows",
                ("doubled", "output"): "flows",
            },
        ),
    ],
)
def test_an_edge_tells_what_came_back_along_it(
    name: str, expected: dict[tuple[str, str], str]
) -> None:
    assert edges(name) == expected
