"""Where NaN and infinity arise: in the forward pass and on the way back."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from contextlib import nullcontext
from typing import Any

import numpy as np

from layerdoctor.facts import Gradient, InputValues, NonFinite, NonFiniteValue
from layerdoctor.probe.gradient.causes import first_bad_value, locate
from layerdoctor.probe.gradient.passes import Pass, Run, Variable, dense, parts, status_of
from layerdoctor.probe.gradient.stage import GradientStage
from layerdoctor.probe.layer import framework
from layerdoctor.user_code import Author

SOFTMAXES = ("Softmax", "LogSoftmax")
POSITIVE = (0.1, 1.0)
"""Another plausible range for floats whose range was not given."""


class Finiteness:
    """Looks at the values of outputs and gradients, for ordinary inputs and for zeros."""

    def __init__(self, stage: GradientStage, variables: list[Variable], author: Author) -> None:
        self._stage = stage
        self._variables = variables
        self._author = author
        self.asks: list[str] = []
        """What has to be said of the inputs before more can be told."""

    def observe(self) -> list[NonFinite]:
        """Return every NaN and infinity, each with the operation where it first arises."""
        subject = self._stage.subject
        ordinary = self._stage.first
        if self._is_bad(ordinary):
            if self._goes_away():
                return []
            floats = any(array.dtype.kind == "f" for array in subject.arrays)
            are_zeros = floats and _same(subject.zeros(), subject.arrays)
            return list(self._tell(Run(subject.arrays), "zeros" if are_zeros else "ordinary"))
        return self._at_zeros() or self._masked()

    def _at_zeros(self) -> list[NonFinite]:
        subject = self._stage.subject
        zeros = subject.zeros()
        if _same(zeros, subject.arrays):
            return []
        if not self._is_bad(self._stage.differentiate(runs=[Run(zeros)], record=False)):
            return []
        return list(self._tell(Run(zeros), "zeros"))

    def _masked(self) -> list[NonFinite]:
        """Look where boolean inputs and the mask are False all over.

        A mask that nobody gave may not fit: what such a call raises is left aside. So is what a
        softmax makes of minus infinity all over.
        """
        subject = self._stage.subject
        falses = subject.falses()
        whole = framework.is_assembled(subject.layer)  # which makes the masks of its layers itself
        masks = subject.takes_mask and _has_steps(subject.arrays) and not whole
        if _same(falses, subject.arrays) and not masks:
            return []
        run = Run(falses, subject.all_masked if masks else nullcontext)
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                found = self._is_bad(self._stage.differentiate(runs=[run], record=False))
                told = list(self._tell(run, "masked")) if found else []
        except Exception:
            return []
        return [one for one in told if one.op not in SOFTMAXES]

    def _is_bad(self, seen: Pass) -> bool:
        return any(not _finite(tensor) for tensor in _floats(seen)) or any(
            seen.status(source)[0] == "nonfinite" for source in self._sources(seen)
        )

    def _sources(self, seen: Pass) -> Iterator[int]:
        for item in self._variables:
            if item.trainable and item.is_float:
                yield item.id
        for tensor in seen.inputs:
            if tensor.dtype.is_floating:
                yield tensor._id

    def _goes_away(self) -> bool:
        """Whether positive floats make it finite, where the range of the floats was not given."""
        subject = self._stage.subject
        free = [
            spec.low is None and spec.high is None and spec.npy is None and array.dtype.kind == "f"
            for spec, array in zip(subject.inputs, subject.arrays, strict=True)
        ]
        if not any(free):
            return False
        generator = np.random.default_rng(subject.target.seed)
        arrays = [
            generator.uniform(*POSITIVE, array.shape).astype(array.dtype) if open_range else array
            for array, open_range in zip(subject.arrays, free, strict=True)
        ]
        if self._is_bad(self._stage.differentiate(runs=[Run(arrays)], record=False)):
            return False
        self.asks.append(
            "the outputs or gradients are not finite for floats of either sign and finite for "
            "positive ones; say the range of the inputs: `--input SHAPE:float32:LOW..HIGH`"
        )
        return True

    def _tell(self, run: Run, inputs: InputValues) -> Iterator[NonFinite]:
        seen = self._stage.differentiate(runs=[run], keep=True, look=True)
        outputs = [tensor for tensor in _floats(seen) if not _finite(tensor)]
        for tensor in outputs:
            position = [item is tensor for item in seen.outputs].index(True)
            op, where = first_bad_value(seen, tensor._id, self._author) or (None, None)
            yield NonFinite(
                where="output",
                subject="output" if len(seen.outputs) == 1 else f"output[{position}]",
                inputs=inputs,
                value=_value(np.asarray(tensor)),
                op=op,
                location=where,
            )
        if not outputs:
            yield from self._tell_gradients(seen, inputs)

    def _tell_gradients(self, seen: Pass, inputs: InputValues) -> Iterator[NonFinite]:
        sources = [(item.id, item.attribute) for item in self._variables if item.is_float]
        names = [spec.name or "inputs" for spec in self._stage.subject.inputs]
        sources += [(t._id, name) for t, name in zip(seen.inputs, names, strict=True)]
        for source, name in sources:
            gradient = seen.gradients.get(source)
            if status_of(gradient)[0] != "nonfinite":
                continue
            found = locate(seen, source, _finite, Gradient(status="nonfinite"), self._author)
            yield NonFinite(
                where="gradient",
                subject=name,
                inputs=inputs,
                value=_value(dense(gradient)),
                op=found.op,
                location=found.location,
            )


def _has_steps(arrays: Sequence[Any]) -> bool:
    """Whether the first input is a batch of sequences: of vectors, or of token ids."""
    return bool(arrays) and (
        arrays[0].ndim > 2 or (arrays[0].ndim == 2 and arrays[0].dtype.kind in "iu")
    )


def _same(one: Sequence[Any], other: Sequence[Any]) -> bool:
    return all(np.array_equal(a, b) for a, b in zip(one, other, strict=True))


def _floats(seen: Pass) -> list[Any]:
    return [
        tensor for tensor in seen.outputs if tensor.dtype.is_floating or tensor.dtype.is_complex
    ]


def _finite(values: Any) -> bool:
    return all(bool(np.isfinite(part).all()) for part in parts(dense(values)))


def _value(values: Any) -> NonFiniteValue:
    return "NaN" if any(np.isnan(part).any() for part in parts(values)) else "infinity"
