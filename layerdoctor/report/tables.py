"""What was seen of one layer, as tables of words that any format can set."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from layerdoctor.facts import (
    CheckName,
    Constant,
    Gradient,
    GradientStatus,
    Growth,
    LayerFacts,
    Location,
    ModelLayer,
    OwnLoss,
    Stage,
    UntrackedVariable,
    Weight,
)
from layerdoctor.report.headline import shown_file
from layerdoctor.report.model_rows import ModelRow, along_the_depth, bar, model_rows
from layerdoctor.wording import STAGES, by_name, shape_of, shared_name, size_of

MOST_ROWS = 30
"""Above this, weights that are alike share a row."""
MOST_CALLS = 8

LAYERS = "Layers"
"""The title of the table of a model's layers."""
BAR = 6
"""How long the longest bar is."""

FIRM = 2
"""The firmness of a column of short words."""

_CAUSES = {
    "unused": "none: never read",
    "discarded": "none: result unused",
    "cut": "none: cut",
    "stopped": "none: stopped",
    "left-tensorflow": "none: left TensorFlow",
    "integer": "none: integer",
}
VERDICTS: dict[GradientStatus, str] = {
    "flows": "trains",
    "zero": "gradient zero",
    "none": "no gradient",
    "nonfinite": "NaN or infinite",
    "not-run": "not run",
}
_STATUSES = {"nonfinite": "NaN or infinite", "not-applicable": "not trained", "not-run": "not run"}

NORM_THERE = "gradient: its norm where it comes back to the output of the layer"
NORM = "gradient: the norm of what comes back from all outputs, each weighed by a random cotangent"


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table."""

    title: str
    firmness: int = FIRM
    """What folds first: 0 for prose, 1 for names, 2 for short words."""
    spare: int = 0
    """Which is left out first where there is no room: the one with the highest; none with 0."""


@dataclass(frozen=True, slots=True)
class TableCell:
    """Words, and what they mean: the status of a gradient or a check, ``many`` or ``dim``."""

    words: str
    meaning: str = ""
    count: int = 1
    """How many things the cell stands for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A titled table; without rows the title and its rest say all there is to say."""

    title: str
    rest: str
    columns: tuple[Column, ...] = ()
    """Columns without titles have no head."""
    rows: tuple[tuple[TableCell, ...], ...] = ()
    remarks: tuple[str, ...] = ()


def tables(facts: LayerFacts, *, folded: bool) -> Iterator[Table]:
    """Yield a table for each kind of thing that the layer has."""
    made = _Tables(facts, folded)
    if facts.layers:
        yield layers_table(facts, facts.layers, folded=folded)
    yield made.weights()
    if facts.untracked_variables:
        yield made.untracked_variables()
    if facts.untracked_layers:
        yield made.untracked_layers()
    if facts.constants:
        yield made.constants()
    if facts.own_loss is not None:
        yield made.own_loss(facts.own_loss)
    yield made.calls()
    yield made.checks()


def layers_table(facts: LayerFacts, layers: Sequence[ModelLayer], *, folded: bool) -> Table:
    """Return the layers of a model in the order of the data."""
    rows = model_rows(layers, folded=folded)
    norms = [norm for row in rows for norm in row.norms if norm]
    remark = along_the_depth(facts)
    return Table(
        title=LAYERS,
        rest=f"{len(layers)}, in the order of the data",
        columns=(
            Column("layer", firmness=1),
            Column("class", firmness=1),
            Column("output", spare=1),
            Column("weights"),
            Column("gradient"),
            Column("", spare=2),
            Column("verdict"),
        ),
        rows=tuple(_layer(row, norms) for row in rows),
        remarks=(*([remark] if remark else []), *([NORM_THERE] if norms else [])),
    )


def told(gradient: Gradient) -> str:
    """Return how a gradient reaches its variable, in a few words."""
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


class _Tables:
    def __init__(self, facts: LayerFacts, folded: bool) -> None:
        self.facts = facts
        self.folded = folded

    def weights(self) -> Table:
        """Return the weights, those that are alike in one row where there are many."""
        weights = self.facts.weights
        if not weights:
            called = Stage.CALL in self.facts.completed
            return Table(title="Weights", rest="none" if called else "not run")
        trainable = [weight for weight in weights if weight.trainable]
        values = sum(math.prod(size or 0 for size in weight.shape) for weight in weights)
        return Table(
            title="Weights",
            rest=f"{len(weights)}, {len(trainable)} trainable, {values:,} parameters",
            columns=(
                Column("attribute", firmness=1),
                Column("shape"),
                Column("dtype", spare=1),
                Column("trains"),
                Column("made at", firmness=1),
                Column("gradient", firmness=0),
            ),
            rows=tuple(self._weight(group) for group in self._groups(weights)),
            remarks=tuple(self._on_gradients()),
        )

    def _on_gradients(self) -> Iterator[str]:
        """Yield what the column of the gradients holds, where it holds such a thing."""
        gradients = [weight.gradient for weight in self.facts.weights]
        if any(gradient.norm for gradient in gradients):
            yield NORM
        if any(gradient.status == "not-run" for gradient in gradients):
            last = self.facts.failures[-1] if self.facts.failures else None
            why = f": {STAGES[last.stage]} failed before" if last else ""
            yield f"not run: the gradients were not taken{why}"

    def _groups(self, weights: Sequence[Weight]) -> list[list[Weight]]:
        """Group the weights by attribute, as deep as the number of rows allows."""
        if not self.folded or len(weights) <= MOST_ROWS:
            return [[weight] for weight in weights]
        depth = max(weight.attribute.count(".") for weight in weights)
        groups = _grouped(weights, depth)
        while len(groups) > MOST_ROWS and depth > 1:
            depth -= 1
            groups = _grouped(weights, depth)
        return groups

    def _weight(self, group: Sequence[Weight]) -> tuple[TableCell, ...]:
        return (
            TableCell(shared_name(weight.attribute for weight in group), count=len(group))
            if len(group) > 1
            else TableCell(by_name(group[0].attribute, self.facts)),
            _same(shape_of(weight.shape) for weight in group),
            _same(weight.dtype for weight in group),
            _same(_yes(weight.trainable) for weight in group),
            _same(self._made(weight.created_in, weight.location) for weight in group),
            _gradients([weight.gradient for weight in group]),
        )

    def untracked_variables(self) -> Table:
        """Return the variables that the framework does not know of."""
        variables = self.facts.untracked_variables
        return Table(
            title="Untracked variables",
            rest=str(len(variables)),
            columns=(
                Column("variable", firmness=1),
                Column("held by"),
                Column("shape"),
                Column("dtype"),
                Column("trains"),
                Column("used"),
                Column("made at", firmness=1),
                Column("gradient", firmness=0),
            ),
            rows=tuple(self._untracked(variable) for variable in variables),
        )

    def _untracked(self, variable: UntrackedVariable) -> tuple[TableCell, ...]:
        return (
            TableCell(by_name(variable.attribute, self.facts)),
            TableCell(variable.holder),
            TableCell(shape_of(variable.shape)),
            TableCell(variable.dtype),
            TableCell(_yes(variable.trainable)),
            TableCell(_yes(variable.used)),
            TableCell(self._made(variable.created_in, variable.location)),
            _gradients([variable.gradient]),
        )

    def own_loss(self, loss: OwnLoss) -> Table:
        """Return the gradients of the author's own loss, beside the drawn ones."""
        drawn = {each.attribute: each.gradient for each in self.facts.weights}
        drawn |= {each.attribute: each.gradient for each in self.facts.untracked_variables}
        return Table(
            title="Own loss",
            rest=f"{loss.name} {loss.value:.3g}",
            columns=(
                Column("attribute", firmness=1),
                Column(f"gradient of {loss.name}", firmness=1),
                Column("drawn", firmness=0),
            ),
            rows=tuple(
                (
                    TableCell(by_name(each.attribute, self.facts)),
                    _gradients([Gradient(status=each.status, norm=each.norm)]),
                    _gradients([drawn[each.attribute]]),
                )
                for each in loss.gradients
            ),
        )

    def untracked_layers(self) -> Table:
        """Return the sub-layers that the framework does not know of."""
        layers = self.facts.untracked_layers
        return Table(
            title="Untracked sub-layers",
            rest=str(len(layers)),
            columns=(
                Column("sub-layer", firmness=1),
                Column("class", firmness=1),
                Column("held by"),
                Column("weights"),
                Column("called"),
                Column("made at", firmness=1),
            ),
            rows=tuple(
                (
                    TableCell(by_name(layer.attribute, self.facts)),
                    TableCell(layer.class_name),
                    TableCell(layer.holder),
                    TableCell(str(layer.weights)),
                    TableCell(_yes(layer.called)),
                    TableCell(self._made(None, layer.location)),
                )
                for layer in layers
            ),
        )

    def constants(self) -> Table:
        """Return the tensors and arrays that the layer computes with."""
        constants = self.facts.constants
        return Table(
            title="Constants",
            rest=str(len(constants)),
            columns=(
                Column("constant", firmness=1),
                Column("kind"),
                Column("shape"),
                Column("dtype"),
                Column("size"),
                Column("stable"),
                Column("used"),
                Column("made at", firmness=1),
                Column("gradient", firmness=0),
            ),
            rows=tuple(self._constant(constant) for constant in constants),
        )

    def _constant(self, constant: Constant) -> tuple[TableCell, ...]:
        origin = f"\nfrom {', '.join(constant.derived_from)}" if constant.derived_from else ""
        return (
            TableCell(by_name(f"{constant.name}{origin}", self.facts)),
            TableCell(constant.kind),
            TableCell(shape_of(constant.shape)),
            TableCell(constant.dtype),
            TableCell(size_of(constant.bytes)),
            TableCell(_yes(constant.stable)),
            TableCell(_yes(constant.used)),
            TableCell(self._made(constant.created_in, constant.location)),
            _gradients([constant.gradient]),
        )

    def calls(self) -> Table:
        """Return what each call made and left behind."""
        growth = self.facts.growth
        if growth is None:
            return Table(title="Calls", rest="not run")
        rows: list[tuple[str, Sequence[int]]] = [
            ("variables made", growth.variables_per_call),
            ("weights after it", growth.tracked_per_call),
            *((f"`{state.attribute}` holds", state.sizes) for state in growth.state),
            *((f"traces of `{retrace.function}`", retrace.traces) for retrace in growth.retraced),
        ]
        shown = _ends(range(growth.calls))
        return Table(
            title="Calls",
            rest=str(growth.calls),
            columns=(Column("call", firmness=0), *(Column(str(call + 1)) for call in shown)),
            rows=tuple(
                (
                    TableCell(label),
                    *(_count(numbers, call, made=numbers is rows[0][1]) for call in shown),
                )
                for label, numbers in rows
            ),
            remarks=tuple(self._made_again(growth)),
        )

    def _made_again(self, growth: Growth) -> list[str]:
        """Return what the calls after the first made, where that is not much."""
        again = [new for new in growth.new_variables if new.call > 1]
        lines = []
        for new in again[:MOST_CALLS] if self.folded else again:
            owner = f" of a new {new.sublayer}" if new.sublayer else ""
            place = f", {self._made(None, new.location)}" if new.location else ""
            lines.append(f"call {new.call} made {new.name}{owner}{place}")
        left = len(again) - len(lines)
        return [*lines, f"and {left} more"] if left else lines

    def checks(self) -> Table:
        """Return the checks of the contract, with the reasons of those that did not pass."""
        checks = self.facts.checks
        if not checks:
            return Table(title="Checks", rest="not run")
        of_status = {
            status: [check for check in checks if check.status == status]
            for status in ("failed", "random", "skipped", "passed")
        }
        counts = [f"{len(group)} {status}" for status, group in of_status.items() if group]
        if Stage.CONTRACT not in self.facts.completed:
            counts.append("others not run")
        rows = [
            (
                TableCell(check.status, check.status),
                TableCell(
                    by_name(f"{check.name}: {check.reason or 'no reason given'}", self.facts)
                ),
            )
            for check in (*of_status["failed"], *of_status["random"], *of_status["skipped"])
        ]
        if of_status["passed"]:
            names = ", ".join(self._with_formats(check.name) for check in of_status["passed"])
            rows.append((TableCell("passed", "passed"), TableCell(names)))
        columns = (Column(""), Column("", firmness=0))
        return Table(title="Checks", rest=", ".join(counts), columns=columns, rows=tuple(rows))

    def _with_formats(self, check: CheckName) -> str:
        """Return the name of a check, with the formats of Keras 2 where several were tried."""
        formats = self.facts.saved_as
        return f"{check} (as {', '.join(formats)})" if check == "state" and formats[1:] else check

    def _made(self, created_in: str | None, location: Location | None) -> str:
        if location is None:
            return created_in or "not known"
        if location.file == self.facts.file:
            return f"{created_in}:{location.line}" if created_in else f"line {location.line}"
        return f"{created_in or ''} {shown_file(location.file)}:{location.line}".strip()


def _layer(row: ModelRow, norms: Sequence[float]) -> tuple[TableCell, ...]:
    least, most = min(norms, default=1.0), max(norms, default=1.0)
    there = [norm for norm in row.norms if norm is not None]
    words = "none" if row.shape else "not called"
    if there:
        ends = [f"{norm:.3g}" for norm in (there[0], there[-1])]
        words = ends[0] if row.count == 1 else " … ".join(ends)
    weights = f"{row.weights} each" if row.count > 1 and row.weights else str(row.weights or "")
    return (
        TableCell(row.name, count=row.count),
        TableCell(row.kind),
        TableCell(shape_of(row.shape) if row.shape else ""),
        TableCell(weights),
        TableCell(words, "" if there else "dim"),
        TableCell(bar(there[0] if there else None, most, least, BAR), "norm"),
        TableCell(_verdict(row), row.status),
    )


def _verdict(row: ModelRow) -> str:
    if row.status == "not-applicable":
        return "frozen" if row.weights else ""
    return VERDICTS[row.status]


def _gradients(gradients: Sequence[Gradient]) -> TableCell:
    first = gradients[0]
    if len(gradients) == 1:
        return TableCell(told(first), first.status)
    norms = [gradient.norm for gradient in gradients if gradient.norm is not None]
    if first.status == "flows" and norms:
        least, most = f"{min(norms):.3g}", f"{max(norms):.3g}"
        return TableCell(least if least == most else f"{least} to {most}", first.status)
    distinct = {told(gradient) for gradient in gradients}
    return TableCell(distinct.pop() if len(distinct) == 1 else "various", first.status)


def _same(values: Iterable[str]) -> TableCell:
    distinct = list(dict.fromkeys(values))
    return TableCell(distinct[0]) if len(distinct) == 1 else TableCell("various", "dim")


def _count(numbers: Sequence[int], call: int, *, made: bool) -> TableCell:
    """Return how many there were, set off where a call after the first added to them."""
    if call >= len(numbers):
        return TableCell("not run")
    grows = call > 0 and numbers[call] > (0 if made else numbers[call - 1])
    return TableCell(str(numbers[call]), "many" if grows else "")


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


def _ends(calls: range) -> list[int]:
    """Return all of a few calls; of many the first ones and the last."""
    return list(calls) if len(calls) <= MOST_CALLS else [*calls[: MOST_CALLS - 1], calls[-1]]


def _yes(value: bool | None) -> str:
    return "not run" if value is None else "yes" if value else "no"
