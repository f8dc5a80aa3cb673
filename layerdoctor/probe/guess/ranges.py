"""Whether a failed call works with another plausible range, where none was said."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from layerdoctor.probe.hooks.creation import Creations
from layerdoctor.probe.layer.construction import LayerFactory
from layerdoctor.probe.layer.loading import LayerSource
from layerdoctor.target import FLOATS, INTEGERS, Input, Target
from layerdoctor.target_text import input_option
from layerdoctor.user_code import Author

FLOAT_RANGES = ((0.1, 1.0),)
INTEGER_RANGES = ((1, 9), (0, 0), (10, 99))


def other_range(target: Target, source: LayerSource, author: Author) -> tuple[Target, str] | None:
    """Return the target with ranges for which a call works, and what to ask for; else None.

    Only inputs whose range was not given are drawn otherwise.
    """
    if not source.reusable:
        return None
    for other in _others(target):
        factory = LayerFactory(other, source, Creations(author))
        try:
            args = factory.arguments()
            factory.subject(factory.construct(args), args).run()
        except BaseException:
            continue
        said = " ".join(" ".join(input_option(item)) for item in other.inputs)
        return other, f"the call fails for the usual values and works with `{said}`; say the range"
    return None


def _others(target: Target) -> Iterator[Target]:
    for dtypes, ranges in ((FLOATS, FLOAT_RANGES), (INTEGERS, INTEGER_RANGES)):
        if not any(_is_open(item, dtypes) for item in target.inputs):
            continue
        for low, high in ranges:
            inputs = (
                replace(item, low=low, high=high) if _is_open(item, dtypes) else item
                for item in target.inputs
            )
            yield replace(target, inputs=tuple(inputs))


def _is_open(item: Input, dtypes: tuple[str, ...]) -> bool:
    return item.dtype in dtypes and item.npy is None and item.low is None and item.high is None
