"""What a call hands to ``add_loss``, and on which line of the author's."""

from __future__ import annotations

import functools
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any

import tensorflow as tf

from layerdoctor.facts import Location
from layerdoctor.probe.hooks.frames import running_frames
from layerdoctor.user_code import Author


@dataclass(frozen=True, slots=True)
class AddedLoss:
    """One tensor that was handed to ``add_loss``."""

    shape: tuple[int | None, ...]
    location: Location | None


@contextmanager
def losses_added(kinds: Sequence[Any], author: Author) -> Iterator[list[AddedLoss]]:
    """Give a list that what is added inside goes to, by the ``add_loss`` of these base classes."""
    added: list[AddedLoss] = []

    def noting(original: Any) -> Any:
        @functools.wraps(original)
        def add_loss(layer: Any, losses: Any, *args: Any, **kwargs: Any) -> Any:
            for loss in tf.nest.flatten(losses):
                if isinstance(loss, tf.Tensor) and loss.shape.rank is not None:
                    location = author.location(running_frames())
                    added.append(AddedLoss(tuple(loss.shape), location))
            return original(layer, losses, *args, **kwargs)

        return add_loss

    with ExitStack() as originals:
        for kind in kinds:
            originals.callback(setattr, kind, "add_loss", kind.add_loss)
            kind.add_loss = noting(kind.add_loss)
        yield added
