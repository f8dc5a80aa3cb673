"""A saved model as a target: a function that loads it, with the author's classes at hand."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from layerdoctor.archives import MAIN, NO_MODULE, CustomObject
from layerdoctor.probe.layer import framework
from layerdoctor.probe.layer.failures import message_of


class NotLoaded(Exception):
    """The model cannot be loaded; the message says why, and what to write."""


def loader(
    place: str, file: str, custom: Sequence[CustomObject], find: Callable[[CustomObject], Any]
) -> tuple[Callable[..., Any], list[Any]]:
    """Return a function that loads the model anew, and the author's classes in it.

    ``find`` returns a class, or None. Raises ``NotLoaded`` for those that are not found; a function
    that is not may be Keras's own.
    """
    every = {each: find(each) for each in custom}
    found = {each: thing for each, thing in every.items() if thing is not None}
    missing = [each for each in every if each not in found and each.module != NO_MODULE]
    if missing:
        names = " and ".join(
            f"`{each.name}`" + (f" of `{each.module}`" if each.module != MAIN else "")
            for each in missing
        )
        raise NotLoaded(
            f"`{place}` holds {names}, found neither as a module nor in a file under the "
            "`--app-dir`; name the folder of the file that defines it: `--app-dir DIR`"
        )
    objects = {each.name: thing for each, thing in found.items()}
    objects |= {each.registered: thing for each, thing in found.items() if each.registered}

    def load_model(safe_mode: bool = True) -> Any:
        keras = framework.keras_3()
        return keras.saving.load_model(
            file, custom_objects=objects, compile=False, safe_mode=safe_mode
        )

    return load_model, list(found.values())


def tried(place: str, load_model: Callable[..., Any], *, safe_mode: bool) -> None:
    """Load once; raises ``NotLoaded``."""
    try:
        load_model(safe_mode=safe_mode)
    except Exception as error:
        words = " ".join(message_of(error).split())
        if safe_mode and "safe_mode" in words:
            raise NotLoaded(
                f"`{place}` holds Python code, such as that of a Lambda, which loading it would "
                "run; where you trust the file, add `--arg safe_mode=false`"
            ) from error
        raise NotLoaded(
            f"loading `{place}` raised {type(error).__name__}: {words[:300]}; save it anew with "
            f"`model.save({place!r})` by this version of Keras"
        ) from error
