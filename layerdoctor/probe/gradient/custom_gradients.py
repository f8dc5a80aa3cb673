"""Custom gradients of the author's, compared with central differences."""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any

import numpy as np
import tensorflow as tf

from layerdoctor.facts import GradientCheck, Idiom, Location
from layerdoctor.probe.hooks.internals import CUSTOM_GRADIENT, replaced
from layerdoctor.user_code import Author

DIRECTIONS = 4
STEP = {"float64": 1e-5, "float32": 5e-3}
"""The half step of the differences, by the type the function is evaluated in."""


@dataclass(frozen=True, slots=True)
class _Use:
    """One function with a custom gradient, and the arguments it was called with."""

    function: Any
    args: tuple[Any, ...]
    kwargs: dict[str, Any]
    backward: Any


class CustomGradients:
    """Sees the author's functions under ``tf.custom_gradient`` run, and checks each once."""

    def __init__(self, author: Author) -> None:
        self._author = author
        self._uses: dict[Any, _Use] = {}

    @contextmanager
    def watch(self) -> Iterator[None]:
        """Note the functions that run eagerly inside."""

        def wrap(original: Callable[..., Any]) -> Callable[..., Any]:
            def noted(function: Any, args: Any, kwargs: Any) -> Any:
                code = getattr(inspect.unwrap(function), "__code__", None)
                backward: list[Any] = []
                if code is None or code in self._uses or self._author.is_library(code.co_filename):
                    return original(function, args, kwargs)

                def with_backward(*given: Any, **named: Any) -> Any:
                    result, grad = function(*given, **named)
                    backward.append(grad)
                    return result, grad

                returned = original(with_backward, args, kwargs)
                self._uses[code] = _Use(function, tuple(args), dict(kwargs), backward[-1])
                return returned

            return noted

        with replaced(CUSTOM_GRADIENT, wrap):
            yield

    def compare(self) -> list[GradientCheck]:
        """Return how each function's gradient compares; what cannot be compared is left out."""
        found = []
        for use in self._uses.values():
            with suppress(Exception):
                if (check := self._compare(use)) is not None:
                    found.append(check)
        return found

    def _compare(self, use: _Use) -> GradientCheck | None:
        for kind in (tf.float64, tf.float32):
            with suppress(tf.errors.OpError, TypeError, ValueError):
                return self._compare_in(use, kind)
        return None

    def _compare_in(self, use: _Use, kind: Any) -> GradientCheck | None:
        args = [tf.cast(a, kind) if _is_float(a) else a for a in use.args]
        moved = [index for index, item in enumerate(args) if _is_float(item)]
        function = tf.custom_gradient(use.function)

        def run(*points: Any) -> Any:
            given = list(args)
            for index, point in zip(moved, points, strict=True):
                given[index] = point
            outputs = tf.nest.flatten(function(*given, **use.kwargs))
            return [output for output in outputs if _is_float(output)]

        points = [args[index] for index in moved]
        if not points:
            return None
        first, again = run(*points), run(*points)
        if not all(np.array_equal(a, b, equal_nan=True) for a, b in zip(first, again, strict=True)):
            return None
        slopes = _slopes(run, points, first, STEP[kind.name])
        if slopes is None:
            return None
        analytic, numeric = slopes
        scale = max(np.abs(numeric).max(), np.abs(analytic).max(), 1e-12)
        worst = int(np.argmax(np.abs(analytic - numeric)))
        return GradientCheck(
            function=getattr(use.function, "__qualname__", "custom gradient"),
            location=self._place(use),
            analytic=float(f"{analytic[worst]:.3g}"),
            numeric=float(f"{numeric[worst]:.3g}"),
            error=float(f"{np.median(np.abs(analytic - numeric)) / scale:.3g}"),
            precision=kind.name,
            idiom=_idiom(points, first, numeric),
        )

    def _place(self, use: _Use) -> Location | None:
        """Return the line on which the backward function returns, which is what is wrong."""
        function = inspect.unwrap(use.backward)
        code = getattr(function, "__code__", None)
        if code is None or self._author.is_library(code.co_filename):
            function = inspect.unwrap(use.function)
            code = function.__code__
        line = _return_line(function) or code.co_firstlineno
        return Location(file=self._author.relative(code.co_filename), line=line)


def _slopes(
    run: Callable[..., list[Any]], points: list[Any], outputs: list[Any], step: float
) -> tuple[Any, Any] | None:
    """Return the derivatives along random directions: by the gradient and by differences.

    An argument without a gradient stays where it is; None where no argument has one.
    """
    generator = np.random.default_rng(0)
    cotangents = [generator.uniform(0.5, 1.5, tuple(out.shape)) for out in outputs]

    def value(*at: Any) -> float:
        pairs = zip(run(*at), cotangents, strict=True)
        return float(sum(np.sum(np.asarray(out, np.float64) * c) for out, c in pairs))

    with tf.GradientTape() as tape:
        tape.watch(points)
        objective = tf.add_n(
            [
                tf.reduce_sum(out * tf.cast(c, out.dtype))
                for out, c in zip(run(*points), cotangents, strict=True)
            ]
        )
    gradients = tape.gradient(objective, points)
    if all(gradient is None for gradient in gradients):
        return None
    analytic, numeric = [], []
    for _ in range(DIRECTIONS):
        ways = [
            generator.standard_normal(tuple(point.shape)) * (gradient is not None)
            for point, gradient in zip(points, gradients, strict=True)
        ]
        analytic.append(
            sum(
                float(np.sum(np.asarray(tf.convert_to_tensor(g), np.float64) * way))
                for g, way in zip(gradients, ways, strict=True)
                if g is not None
            )
        )
        moves = [tf.cast(way * step, point.dtype) for way, point in zip(ways, points, strict=True)]
        ahead = value(*[point + move for point, move in zip(points, moves, strict=True)])
        behind = value(*[point - move for point, move in zip(points, moves, strict=True)])
        numeric.append((ahead - behind) / (2 * step))
    return np.array(analytic), np.array(numeric)


def _idiom(points: list[Any], outputs: list[Any], numeric: Any) -> Idiom | None:
    same = len(outputs) == 1 and outputs[0].shape == points[0].shape
    if same and np.allclose(outputs[0], points[0]):
        return "identity"
    values = [np.unique(np.asarray(out)) for out in outputs]
    if not numeric.any() or all(
        len(v) * 2 < out.shape.num_elements() for v, out in zip(values, outputs, strict=True)
    ):
        return "piecewise-constant"
    return None


def _is_float(item: Any) -> bool:
    return isinstance(item, tf.Tensor) and bool(item.dtype.is_floating)


def _return_line(function: Any) -> int | None:
    try:
        lines, first = inspect.getsourcelines(function)
        tree = ast.parse(textwrap.dedent("".join(lines)))
    except (OSError, SyntaxError, TypeError):
        return None
    returns = [node.lineno for node in ast.walk(tree) if isinstance(node, ast.Return)]
    return first + returns[-1] - 1 if returns else None
