"""Which arguments of a constructor its config loses, judged by what the rebuilt layer does.

An argument that comes back as it was is not lost. Of those that do not, the layer made with them
is compared with the one that comes out of its config: what means the same does the same.
"""

from __future__ import annotations

import inspect
import json
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Any

from layerdoctor.probe.contract.config.behaviour import Apart, LayerBehaviour
from layerdoctor.probe.contract.config.other_values import other_values
from layerdoctor.probe.contract.config.round_trip import (
    RoundTrip,
    construction,
    identical,
    is_json,
    own_parameters,
)
from layerdoctor.probe.contract.context import Context
from layerdoctor.probe.contract.outcome import Skipped

SECONDS = 0.5
"""How much of the processor's time is spent on moved arguments: few layers do for many."""
RUNS = 6
"""How often a layer and its rebuilt twin are run to be compared."""
TRIED = 3
"""How many values of one argument are tried."""

OF_EVERY_LAYER: Mapping[str, Any] = {"trainable": False, "dtype": "float64"}
"""What the framework's own constructor takes, and other values than its defaults."""

Values = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class LostArgument:
    """One argument that comes back as something else, and what becomes of the layer."""

    name: str
    before: Any
    now: Any
    apart: Apart
    layer: Any
    """The layer that was made with it."""
    config: Values
    """What its ``get_config`` returned; empty where writing or loading the layer raised."""
    moved: bool
    """Whether it was moved away from its default."""


class LostArguments:
    """Looks for lost arguments: first those given, then each that has its default."""

    def __init__(self, context: Context, given: Values) -> None:
        """``given`` is what the constructor was given, the defaults filled in."""
        self._context = context
        self._given = given
        self._known: list[str] = []
        """The arguments that are lost as they were given."""

    def as_given(self) -> list[LostArgument]:
        """Return what is lost of the arguments given; raises what writing or loading raises.

        Raises ``Skipped`` where there is no time to compare the layer with its rebuilt twin.
        """
        trip = self._context.round_trip
        config, _ = trip.saved
        _, received = trip.loaded
        suspects = _changed(self._given, received)
        if suspects and not self._context.has_time(RUNS * (1 + len(suspects))):
            raise Skipped("it is too slow to be compared with a layer of its config")
        whole = self._apart({}, trip) if suspects else None
        if whole is None:
            return []
        suspects = self._blamed(suspects, trip)
        alone = dict.fromkeys(suspects, whole)
        if len(suspects) > 1:
            found = {name: self._apart({}, trip, _but(suspects, name)) for name in suspects}
            alone = {name: apart for name, apart in found.items() if apart is not None} or alone
        self._known = list(alone)
        layer = self._context.layer
        return [
            LostArgument(name, self._given[name], received[name], apart, layer, config, moved=False)
            for name, apart in alone.items()
        ]

    def _blamed(self, suspects: list[str], trip: RoundTrip) -> list[str]:
        """Return the arguments that may be at fault, as far as others can be put right.

        What is no JSON cannot be. Where the layer is another one with all else put right, nothing
        says that something else is lost, too.
        """
        objects = [name for name in suspects if not is_json(self._given[name])]
        if not objects or len(objects) == len(suspects):
            return suspects
        return suspects if self._apart({}, trip, suspects) is None else objects

    def moved(self) -> Iterator[LostArgument]:
        """Yield what is lost of the arguments that have their default, each moved away from it.

        Raises ``Skipped`` where there is no time for all.
        """
        values = self._values()
        end = time.process_time() + SECONDS
        once = self._context.eager(False)[0].seconds
        for name in self._suspects(values, end):
            if time.process_time() + RUNS * once > end:
                raise Skipped(f"the arguments given come back; too slow to try others for `{name}`")
            for value in values[name]:
                found = self._with(name, value)
                if found is not None:
                    yield found
                    break

    def of_every_layer(self) -> Iterator[LostArgument]:
        """Yield what the base class would have put into the config, and the author's does not.

        Only what a layer heeds can be lost: not what its constructor refuses or ignores.
        """
        config, _ = self._context.round_trip.saved
        for name, value in OF_EVERY_LAYER.items():
            is_known = name in config or name in self._given
            if not is_known and self._context.has_time(2 * RUNS):
                with suppress(Exception):
                    yield from self._heeded_and_lost(name, value)

    def _heeded_and_lost(self, name: str, value: Any) -> Iterator[LostArgument]:
        """Raises what the layer does with this argument, or the one that is rebuilt."""
        first = self._behaviour({name: value}, seeded=False)
        trip = RoundTrip(first.layer)
        (config, _), (rebuilt, _) = trip.saved, trip.loaded
        before, now = getattr(first.layer, name), getattr(rebuilt, name)
        apart = self._apart({name: value}, trip, self._known, first)
        if before == value != now and apart is not None:
            yield LostArgument(name, value, now, apart, first.layer, config, moved=True)

    def _values(self) -> dict[str, list[Any]]:
        """Return other values of each argument that has its default."""
        kind = self._context.kind
        function = inspect.unwrap(inspect.getattr_static(kind, "__init__"))
        found = {}
        for parameter in own_parameters(function) if self._given else ():
            name, default = parameter.name, parameter.default
            if identical(self._given.get(name, parameter.empty), default):
                found[name] = other_values(kind, name, default)[:TRIED]
        return {name: values for name, values in found.items() if values}

    def _suspects(self, values: Mapping[str, list[Any]], end: float) -> list[str]:
        """Return the arguments that do not come back, with as few layers as will do.

        Those are among them that no layer can be made with, or that make loading raise.
        """
        names = list(values)
        if not names:
            return []
        try:
            made, given = construction(
                self._context.kind, lambda: self._make({name: values[name][0] for name in names})
            )
            trip = RoundTrip(made)
            _, received = trip.loaded
        except Exception:
            if len(names) == 1 or time.process_time() > end:
                return names
            middle = len(names) // 2
            halves = (names[:middle], names[middle:])
            parts = ({name: values[name] for name in half} for half in halves)
            return [name for part in parts for name in self._suspects(part, end)]
        changed = _changed(given, received)
        texts = [name for name in changed if isinstance(values.get(name, [None])[0], str)]
        kept = [name for name in texts if self._is_kept(name, trip)]
        return [name for name in names if name in changed and name not in kept]

    def _is_kept(self, name: str, trip: RoundTrip) -> bool:
        """Whether what a text stands for, as an activation, comes out of the clone's config too.

        It is made of the text, and written out in another form. A layer that had lost it would
        write out the default.
        """
        with suppress(Exception):
            (config, _), (clone, _) = trip.saved, trip.loaded
            default, _ = self._context.round_trip.saved
            entry, again, usual = (
                json.dumps(one[name]) for one in (config, clone.get_config(), default)
            )
            return entry == again != usual
        return False

    def _with(self, name: str, value: Any) -> LostArgument | None:
        """Return what becomes of one argument of this value; None where it fits or comes back."""
        try:
            first = self._behaviour({name: value}, seeded=False)
        except Exception:
            return None
        trip = RoundTrip(first.layer)
        try:
            config, _ = trip.saved
            _, received = trip.loaded
        except Exception as error:
            return LostArgument(name, value, None, Apart(error=error), first.layer, {}, moved=True)
        if identical(value, received.get(name, value)):
            return None
        apart = self._apart({name: value}, trip, self._known, first)
        if apart is None:
            return None
        return LostArgument(name, value, received[name], apart, first.layer, config, moved=True)

    def _apart(
        self,
        values: Values,
        trip: RoundTrip,
        repaired: Sequence[str] = (),
        first: LayerBehaviour | None = None,
    ) -> Apart | None:
        """Return how a layer differs from its rebuilt twin, some arguments of which are put right.

        Raises ``Skipped`` where two layers made alike differ too.
        """
        repairs = {name: self._given[name] for name in repaired if is_json(self._given[name])}

        def rebuilt(*, seeded: bool) -> LayerBehaviour:
            make = partial(trip.repaired, repairs)
            return LayerBehaviour(self._context.subject, lambda: make()[0], seeded=seeded)

        first = first or self._behaviour(values, seeded=False)
        if first.apart(partial(rebuilt, seeded=False)) is None:
            return None
        first = self._behaviour(values, seeded=True)
        apart = first.apart(partial(rebuilt, seeded=True))
        alike = partial(self._behaviour, values, seeded=True)
        if apart is not None and first.apart(alike) is not None:
            raise Skipped("two layers made with the same arguments, under the same seeds, differ")
        return apart

    def _behaviour(self, values: Values, *, seeded: bool) -> LayerBehaviour:
        make = partial(self._make, values, seeded=seeded)
        return LayerBehaviour(self._context.subject, make, seeded=seeded)

    def _make(self, values: Values, *, seeded: bool = False) -> Any:
        factory = self._context.factory
        return factory.construct({**factory.arguments(), **values}, as_first=seeded)


def _changed(given: Values, received: Values) -> list[str]:
    return [n for n in given if n in received and not identical(given[n], received[n])]


def _but(names: Sequence[str], name: str) -> list[str]:
    return [other for other in names if other != name]
