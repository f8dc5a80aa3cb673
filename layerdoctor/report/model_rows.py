"""The layers of a model as rows, one for those that repeat, and how the gradient fares there."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from layerdoctor.facts import GradientStatus, LayerFacts, ModelLayer
from layerdoctor.wording import counted

PREFIX = re.compile(r"(.*?\d)_\D")
"""What the layers of one block have before their names in it: ``block_1`` in ``block_1_expand``."""
BLOCK = 3
"""From how many layers on a prefix makes a block."""
LONGEST_PERIOD = 8
"""Of how many layers what repeats may consist."""
REPEATED = 3
"""How often what repeats has to stand there to share a row."""
DEEP = 4
"""From how many repetitions on the gradient is followed along them."""
FAR = 1e3
"""By which factor in all a gradient has to change along the depth to be spoken of."""
WORST_FIRST: tuple[GradientStatus, ...] = ("nonfinite", "none", "zero", "not-run", "flows")


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelRow:
    """One layer, one block, or several of them that are alike."""

    first: str
    last: str
    kind: str
    shape: tuple[int | None, ...] | None
    weights: int
    """Of one of them."""
    trainable: int
    status: GradientStatus
    norms: tuple[float | None, ...]
    """The norm of the gradient at the output of each, in the order of the data."""
    names: tuple[str, ...]

    @property
    def count(self) -> int:
        """How many it stands for."""
        return len(self.norms)

    @property
    def name(self) -> str:
        """The name; of several, the first and the last."""
        return self.first if self.first == self.last else f"{self.first} … {self.last}"


def model_rows(layers: Sequence[ModelLayer], *, folded: bool) -> list[ModelRow]:
    """Return a row for each layer; folded, one for each block, and for each run of equal ones."""
    rows = [_single(layer) for layer in layers]
    return _repeats_folded(list(_blocks_folded(rows))) if folded else rows


def along_the_depth(facts: LayerFacts) -> str | None:
    """Say where the gradient dies or explodes on its way back; None where it does not."""
    rows = model_rows(facts.layers or (), folded=True)
    if ended := _last_reached(model_rows(facts.layers or (), folded=False)):
        return ended
    deep = max(rows, key=lambda row: row.count, default=None)
    if deep is None or deep.count < DEEP:
        return None
    norms = [norm for norm in deep.norms if norm]
    if len(norms) < deep.count or FAR > norms[0] / norms[-1] > 1 / FAR:
        return None
    factor = (norms[0] / norms[-1]) ** (1 / (len(norms) - 1))
    fares = "explodes" if factor > 1 else "dies out"
    return (
        f"the gradient {fares} on its way back: {norms[-1]:.3g} at `{deep.names[-1]}`, "
        f"{norms[0]:.3g} at `{deep.names[0]}`, a factor of {factor:.3g} a block"
    )


def _last_reached(rows: Sequence[ModelRow]) -> str | None:
    """Say up to which layer the gradient comes back, where it is lost before the first."""
    seen = [row for row in rows if row.shape is not None]
    reached = [number for number, row in enumerate(seen) if row.norms[0]]
    if not reached or not reached[0]:
        return None
    lost = [row for row in seen[: reached[0]] if row.trainable]
    if not lost:
        return None
    get = "gets" if len(lost) == 1 else "get"
    return (
        f"the last layer that the gradient reaches is `{seen[reached[0]].first}`: "
        f"{counted(len(lost), 'layer')} with weights before it {get} none"
    )


def _single(layer: ModelLayer) -> ModelRow:
    kind = layer.class_name + (f" +{layer.inside}" if layer.inside else "")
    return ModelRow(
        first=layer.name,
        last=layer.name,
        kind=kind,
        shape=layer.output_shape,
        weights=layer.weights,
        trainable=layer.trainable,
        status=layer.status,
        norms=(layer.norm,),
        names=(layer.name,),
    )


def _blocks_folded(rows: Sequence[ModelRow]) -> Iterator[ModelRow]:
    """Yield one row for the layers that have one prefix."""
    start = 0
    while start < len(rows):
        prefix = _prefix(rows[start])
        end = start + 1
        while prefix and end < len(rows) and _prefix(rows[end]) == prefix:
            end += 1
        if end - start >= BLOCK:
            yield _joined(rows[start:end], f"{prefix}_*", counted(end - start, "layer"))
        else:
            yield from rows[start:end]
        start = end


def _prefix(row: ModelRow) -> str | None:
    found = PREFIX.match(row.first)
    return found[1] if found else None


def _joined(rows: Sequence[ModelRow], name: str, kind: str) -> ModelRow:
    return ModelRow(
        first=name,
        last=name,
        kind=kind,
        shape=rows[-1].shape,
        weights=sum(row.weights for row in rows),
        trainable=sum(row.trainable for row in rows),
        status=_worst(row.status for row in rows),
        norms=rows[-1].norms,
        names=(name,),
    )


def _repeats_folded(rows: Sequence[ModelRow]) -> list[ModelRow]:
    """Return one row for what stands there again and again, of one layer or of several."""
    keys = [(row.kind, row.shape, row.weights, row.status) for row in rows]
    found = []
    start = 0
    while start < len(rows):
        period, times = max(
            ((p, _times(keys, start, p)) for p in range(1, LONGEST_PERIOD + 1)),
            key=lambda pair: (pair[0] * pair[1] if pair[1] >= REPEATED else 0, -pair[0]),
        )
        if times < REPEATED:
            period = times = 1
        end = start + period * times
        found.append(_repeated(rows[start:end], period) if times > 1 else rows[start])
        start = end
    return found


def _times(keys: Sequence[object], start: int, period: int) -> int:
    """Return how often the next so many keys stand there, one after the other."""
    first = keys[start : start + period]
    times = 1
    while first == keys[start + times * period : start + (times + 1) * period]:
        times += 1
    return times


def _repeated(rows: Sequence[ModelRow], period: int) -> ModelRow:
    parts, ends = rows[:period], rows[period - 1 :: period]
    return ModelRow(
        first=rows[0].first,
        last=rows[-1].last,
        kind=", ".join(row.kind for row in parts),
        shape=ends[0].shape,
        weights=sum(row.weights for row in parts),
        trainable=sum(row.trainable for row in parts),
        status=_worst(row.status for row in parts),
        norms=tuple(row.norms[-1] for row in ends),
        names=tuple(row.last for row in ends),
    )


def _worst(statuses: Iterable[GradientStatus]) -> GradientStatus:
    found = set(statuses)
    return next((status for status in WORST_FIRST if status in found), "not-applicable")


def bar(norm: float | None, largest: float, smallest: float, width: int) -> str:
    """Return a bar for a norm among others, by its logarithm; none where there is no gradient."""
    if not norm or not math.isfinite(norm):
        return ""
    span = math.log10(largest) - math.log10(smallest)
    part = 1.0 if span == 0 else (math.log10(norm) - math.log10(smallest)) / span
    return "█" * (1 + round(part * (width - 1)))
