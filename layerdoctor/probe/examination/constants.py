"""What further constructions tell of constants: whether they are stable, and what made them."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace

from layerdoctor.facts import Constant
from layerdoctor.probe.contents.constants import compare, used_constants
from layerdoctor.probe.contents.derived_constants import Derivation
from layerdoctor.probe.contents.inventory import ConstantAt, Tracked, Untracked
from layerdoctor.probe.contents.object_walk import Held
from layerdoctor.probe.examination.examined import ExaminedLayer
from layerdoctor.probe.gradient.stage import GradientStage


class ConstantFacts:
    """The hidden constants of a layer, compared with those of layers made for that."""

    def __init__(
        self,
        examined: ExaminedLayer,
        passes: GradientStage,
        hidden: Sequence[ConstantAt],
        variables: Sequence[Tracked | Untracked],
    ) -> None:
        self._examined = examined
        self._passes = passes
        self._hidden = hidden
        self._variables = variables

    def facts(self) -> list[Constant]:
        """Return the constants; what another construction would tell is None where none is had."""
        variables = [item.variable for item in self._variables]
        found = used_constants(self._passes, self._hidden, variables)
        derived = self._examined.derived
        found = [replace(fact, derived_from=derived.get(fact.name, ())) for fact in found]
        suspects = [fact for fact in found if fact.used and not fact.given]
        if not suspects or not self._examined.factory.reusable:
            return found
        # The author's code runs here once more, and may end otherwise than the first time.
        with suppress(BaseException):
            found = compare(found, self._hidden, self._another_walk())
            found = self._with_sources(found)
        return found

    def _with_sources(self, found: Sequence[Constant]) -> list[Constant]:
        """Find the variables behind constants that no gradient connects with them."""
        open_questions = [
            item
            for item, fact in zip(self._hidden, found, strict=True)
            if fact.used and not (fact.given or fact.derived_from) and fact.created_in
        ]
        sources: dict[str, tuple[str, ...]] = {}
        if open_questions:
            sources = Derivation(
                lambda: self._another_walk(as_first=True),
                self._examined.creations,
                open_questions,
                self._variables,
            ).find()
        return [
            replace(fact, derived_from=sources.get(fact.name, fact.derived_from)) for fact in found
        ]

    def _another_walk(self, *, as_first: bool = False) -> list[Held]:
        factory = self._examined.factory
        args = factory.arguments()
        layer = factory.construct(args, as_first=as_first)
        factory.subject(layer, args).run()
        return self._examined.walk(layer)
