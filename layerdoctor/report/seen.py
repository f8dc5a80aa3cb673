"""Tables of what was seen of one layer."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator, Sequence

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from layerdoctor.facts import (
    Constant,
    Gradient,
    Growth,
    LayerFacts,
    Location,
    Stage,
    UntrackedVariable,
    Weight,
)
from layerdoctor.report.typesetting import Column, Typesetter
from layerdoctor.rules.wording import shape_of, size_of

MOST_ROWS = 30
"""Above this, weights that are alike share a row."""
MOST_CALLS = 8

_STATUS_COLORS = {"flows": "green", "zero": "yellow", "none": "red", "nonfinite": "red"}
_CAUSES = {
    "unused": "none: never read",
    "discarded": "none: result unused",
    "cut": "none: cut",
    "stopped": "none: stopped",
    "left-tensorflow": "none: left TensorFlow",
    "integer": "none: integer",
}
_STATUSES = {"nonfinite": "NaN or infinite", "not-applicable": "n/a", "not-run": "not run"}
_CHECK_COLORS = {"passed": "green", "failed": "red", "skipped": "yellow"}


def seen(typesetter: Typesetter, facts: LayerFacts) -> Iterator[RenderableType]:
    """Yield a table for each kind of thing that the layer has."""
    tables = Tables(typesetter, facts)
    yield tables.weights()
    if facts.untracked_variables:
        yield tables.untracked_variables()
    if facts.untracked_layers:
        yield tables.untracked_layers()
    if facts.constants:
        yield tables.constants()
    yield tables.calls()
    yield tables.checks()


class Tables:
    """The tables of one layer."""

    def __init__(self, typesetter: Typesetter, facts: LayerFacts) -> None:
        self.typesetter = typesetter
        self.facts = facts
        self.text = typesetter.text

    def weights(self) -> RenderableType:
        """Return the weights, those that are alike in one row where there are many."""
        weights = self.facts.weights
        if not weights:
            built = Stage.BUILD in self.facts.completed
            return self._line("Weights", "none" if built else "not run")
        trainable = [weight for weight in weights if weight.trainable]
        values = sum(math.prod(weight.shape) for weight in weights)
        return self.typesetter.table(
            self._title(
                "Weights", f"{len(weights)}, {len(trainable)} trainable, {values:,} parameters"
            ),
            [
                Column("attribute", firmness=1),
                Column("shape"),
                Column("dtype"),
                Column("trains"),
                Column("made at", firmness=1),
                Column("gradient", firmness=0),
            ],
            [self._weight(group) for group in self._folded(weights)],
        )

    def _folded(self, weights: Sequence[Weight]) -> list[list[Weight]]:
        """Group the weights by attribute, as deep as the number of rows allows."""
        if self.typesetter.style.verbose or len(weights) <= MOST_ROWS:
            return [[weight] for weight in weights]
        depth = max(weight.attribute.count(".") for weight in weights)
        groups = _grouped(weights, depth)
        while len(groups) > MOST_ROWS and depth > 1:
            depth -= 1
            groups = _grouped(weights, depth)
        return groups

    def _weight(self, group: Sequence[Weight]) -> list[Text]:
        first, times = group[0], self.typesetter.signs.times
        name = first.attribute if len(group) == 1 else _shared_name(group)
        attribute = self.text(name)
        if len(group) > 1:
            attribute.append(f" {times}{len(group)}", "bold")
        return [
            attribute,
            self._same(shape_of(weight.shape) for weight in group),
            self._same(weight.dtype for weight in group),
            self._same(_yes(weight.trainable) for weight in group),
            self._same(self._made(weight.created_in, weight.location) for weight in group),
            self._gradients([weight.gradient for weight in group]),
        ]

    def untracked_variables(self) -> RenderableType:
        """Return the variables that the framework does not know of."""
        variables = self.facts.untracked_variables
        return self.typesetter.table(
            self._title("Untracked variables", str(len(variables))),
            [
                Column("variable", firmness=1),
                Column("held by"),
                Column("shape"),
                Column("dtype"),
                Column("trains"),
                Column("used"),
                Column("made at", firmness=1),
                Column("gradient", firmness=0),
            ],
            [self._untracked(variable) for variable in variables],
        )

    def _untracked(self, variable: UntrackedVariable) -> list[Text]:
        return [
            self.text(variable.attribute),
            self.text(variable.holder),
            self.text(shape_of(variable.shape)),
            self.text(variable.dtype),
            self.text(_yes(variable.trainable)),
            self.text(_yes(variable.used)),
            self.text(self._made(variable.created_in, variable.location)),
            self._gradients([variable.gradient]),
        ]

    def untracked_layers(self) -> RenderableType:
        """Return the sub-layers that the framework does not know of."""
        layers = self.facts.untracked_layers
        return self.typesetter.table(
            self._title("Untracked sub-layers", str(len(layers))),
            [
                Column("sub-layer", firmness=1),
                Column("class", firmness=1),
                Column("held by"),
                Column("weights"),
                Column("called"),
                Column("made at", firmness=1),
            ],
            [
                [
                    self.text(layer.attribute),
                    self.text(layer.class_name),
                    self.text(layer.holder),
                    self.text(str(layer.weights)),
                    self.text(_yes(layer.called)),
                    self.text(self._made(None, layer.location)),
                ]
                for layer in layers
            ],
        )

    def constants(self) -> RenderableType:
        """Return the tensors and arrays that the layer computes with."""
        constants = self.facts.constants
        return self.typesetter.table(
            self._title("Constants", str(len(constants))),
            [
                Column("constant", firmness=1),
                Column("kind"),
                Column("shape"),
                Column("dtype"),
                Column("size"),
                Column("stable"),
                Column("used"),
                Column("made at", firmness=1),
                Column("gradient", firmness=0),
            ],
            [self._constant(constant) for constant in constants],
        )

    def _constant(self, constant: Constant) -> list[Text]:
        origin = f"\nfrom {', '.join(constant.derived_from)}" if constant.derived_from else ""
        return [
            self.text(f"{constant.name}{origin}"),
            self.text(constant.kind),
            self.text(shape_of(constant.shape)),
            self.text(constant.dtype),
            self.text(size_of(constant.bytes)),
            self.text(_yes(constant.stable)),
            self.text(_yes(constant.used)),
            self.text(self._made(constant.created_in, constant.location)),
            self._gradients([constant.gradient]),
        ]

    def calls(self) -> RenderableType:
        """Return what each call made and left behind."""
        growth = self.facts.growth
        if growth is None:
            return self._line("Calls", "not run")
        rows: list[tuple[str, Sequence[int]]] = [
            ("variables made", growth.variables_per_call),
            ("weights after it", growth.tracked_per_call),
            *((f"`{state.attribute}` holds", state.sizes) for state in growth.state),
            *((f"traces of `{retrace.function}`", retrace.traces) for retrace in growth.retraced),
        ]
        shown = _ends(range(growth.calls))
        return self.typesetter.table(
            self._title("Calls", str(growth.calls)),
            [Column("call", firmness=0), *(Column(str(call + 1)) for call in shown)],
            [
                [self.text(label), *(self._count(numbers, call) for call in shown)]
                for label, numbers in rows
            ],
            self._made_again(growth),
        )

    def _made_again(self, growth: Growth) -> list[Text]:
        """Return what the calls after the first made, where that is not much."""
        again = [new for new in growth.new_variables if new.call > 1]
        lines = []
        for new in again if self.typesetter.style.verbose else again[:MOST_CALLS]:
            owner = f" of a new {new.sublayer}" if new.sublayer else ""
            place = f", {self._made(None, new.location)}" if new.location else ""
            lines.append(self.text(f"call {new.call} made {new.name}{owner}{place}"))
        left = len(again) - len(lines)
        return [*lines, self.text(f"and {left} more", "dim")] if left else lines

    def _count(self, numbers: Sequence[int], call: int) -> Text:
        known = call < len(numbers)
        grows = known and call > 0 and numbers[call] != 0
        return self.text(str(numbers[call]) if known else "not run", "bold" if grows else "")

    def checks(self) -> RenderableType:
        """Return the checks of the contract, with the reasons of those that did not pass."""
        checks = self.facts.checks
        if not checks:
            return self._line("Checks", "not run")
        of_status = {
            status: [check for check in checks if check.status == status]
            for status in ("failed", "skipped", "passed")
        }
        counts = [f"{len(group)} {status}" for status, group in of_status.items() if group]
        if Stage.CONTRACT not in self.facts.completed:
            counts.append("others not run")
        grid = Table.grid(padding=(0, 2, 0, 0))
        grid.add_column(width=len("skipped"))
        grid.add_column(overflow="fold")
        for check in (*of_status["failed"], *of_status["skipped"]):
            told = self.text(f"{check.name}: {check.reason or 'no reason given'}")
            grid.add_row(Text(check.status, _CHECK_COLORS[check.status]), told)
        if of_status["passed"]:
            names = ", ".join(check.name for check in of_status["passed"])
            grid.add_row(Text("passed", _CHECK_COLORS["passed"]), self.text(names))
        return Group(self._title("Checks", ", ".join(counts)), self.typesetter.indented(grid), "")

    def _title(self, title: str, rest: str) -> Text:
        return Text.assemble((title, "bold"), self.text(f"  {rest}", "dim"))

    def _line(self, title: str, rest: str) -> RenderableType:
        return Group(self._title(title, rest), "")

    def _same(self, values: Iterable[str]) -> Text:
        distinct = list(dict.fromkeys(values))
        return self.text(distinct[0]) if len(distinct) == 1 else Text("various", "dim")

    def _made(self, created_in: str | None, location: Location | None) -> str:
        if location is None:
            return created_in or "not known"
        if location.file == self.facts.file:
            return f"{created_in}:{location.line}" if created_in else f"line {location.line}"
        return f"{created_in or ''} {location.file}:{location.line}".strip()

    def _gradients(self, gradients: Sequence[Gradient]) -> Text:
        first = gradients[0]
        color = _STATUS_COLORS.get(first.status, "dim")
        if len(gradients) == 1:
            return self.text(self._gradient(first), color)
        norms = [gradient.norm for gradient in gradients if gradient.norm is not None]
        if first.status == "flows" and norms:
            least, most = f"{min(norms):.3g}", f"{max(norms):.3g}"
            return self.text(least if least == most else f"{least} to {most}", color)
        return self._same(self._gradient(gradient) for gradient in gradients)

    def _gradient(self, gradient: Gradient) -> str:
        if gradient.modes:
            return ", ".join(f"{mode}: {status}" for mode, status in gradient.modes.items())
        if gradient.status == "flows":
            return "flows" if gradient.norm is None else f"{gradient.norm:.3g}"
        if gradient.status == "zero" and gradient.stuck:
            return "zero, stuck"
        if gradient.status != "none":
            return _STATUSES.get(gradient.status, gradient.status)
        words = _CAUSES.get(gradient.cause or "", "none")
        if gradient.op:
            words += f" at {gradient.op}"
        return f"{words}, line {gradient.location.line}" if gradient.location else words


def _grouped(weights: Sequence[Weight], depth: int) -> list[list[Weight]]:
    groups: dict[tuple[str, str, bool], list[Weight]] = {}
    for weight in weights:
        gradient = weight.gradient
        key = (
            _pattern(weight.attribute, depth),
            f"{gradient.status} {gradient.cause}",
            weight.trainable,
        )
        groups.setdefault(key, []).append(weight)
    return list(groups.values())


def _pattern(attribute: str, depth: int) -> str:
    """Return the attribute down to a depth, with every index left open."""
    parts = re.sub(r"\[[^\[\]]*\]", "[]", attribute).split(".")
    return ".".join(parts[: depth + 1])


def _shared_name(group: Sequence[Weight]) -> str:
    """Return what the attributes share, with ``[*]`` for an index and ``.*`` for what differs."""
    open_names = [re.sub(r"\[[^\[\]]*\]", "[*]", weight.attribute).split(".") for weight in group]
    shared: list[str] = []
    for parts in zip(*open_names, strict=False):
        if len(set(parts)) > 1:
            return ".".join([*shared, "*"])
        shared.append(parts[0])
    return ".".join(shared)


def _ends(calls: range) -> list[int]:
    """Return all of a few calls; of many the first ones and the last."""
    return list(calls) if len(calls) <= MOST_CALLS else [*calls[: MOST_CALLS - 1], calls[-1]]


def _yes(value: bool | None) -> str:
    return "not run" if value is None else "yes" if value else "no"
