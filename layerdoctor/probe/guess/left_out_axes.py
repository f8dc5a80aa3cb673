"""Whether a failed call works once the axes are there that the shape given has left out."""

from __future__ import annotations

from dataclasses import replace

from layerdoctor.probe.hooks.creation import Creations
from layerdoctor.probe.layer.construction import LayerFactory
from layerdoctor.probe.layer.loading import LayerSource
from layerdoctor.target import Target
from layerdoctor.target_text import input_option
from layerdoctor.user_code import Author

LEADING = ((4,), (4, 6))
"""A batch, and a batch of sequences."""


def with_axes(target: Target, source: LayerSource, author: Author) -> str | None:
    """Return the options of inputs for which a call works, with axes before the only one given.

    None where an input has more than one axis, which may well be a batch: a layer that fails for
    it is at fault.
    """
    shapes = [spec.shape for spec in target.inputs if spec.npy is None and not spec.inferred]
    lone = len(shapes) == len(target.inputs) and all(shape and len(shape) == 1 for shape in shapes)
    if not (lone and shapes and source.reusable):
        return None
    for leading in LEADING:
        inputs = tuple(
            replace(spec, shape=(*leading, *(spec.shape or ()))) for spec in target.inputs
        )
        factory = LayerFactory(replace(target, inputs=inputs), source, Creations(author))
        try:
            args = factory.arguments()
            factory.subject(factory.construct(args), args).run()
        except BaseException:
            continue
        return " ".join(" ".join(input_option(spec)) for spec in inputs)
    return None
