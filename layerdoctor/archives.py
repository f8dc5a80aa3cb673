"""Models that Keras 3 has saved as files: what of theirs is not Keras's own."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

OWN = ("keras", "tf_keras", "builtins")
"""The packages whose classes Keras finds without help."""
MAIN, NO_MODULE = "__main__", "builtins"
"""Where Keras says that a class is that was in no module, and a function that may be anywhere."""


class NoArchive(ValueError):
    """A file is no saved model; the message says why."""


@dataclass(frozen=True, slots=True)
class CustomObject:
    """A class or function of the author's in a saved model."""

    module: str
    """Where it was when the model was saved: ``__main__`` for what was in no module, and
    ``builtins`` for a function, of which Keras does not keep it."""
    name: str
    registered: str | None
    """What it was registered as."""


def custom_objects(file: str) -> list[CustomObject]:
    """Return the author's classes and functions in a saved model; raises ``NoArchive``."""
    try:
        with zipfile.ZipFile(file) as archive:
            config = json.loads(archive.read("config.json"))
    except OSError as error:
        raise NoArchive(error.strerror or str(error)) from None
    except (zipfile.BadZipFile, KeyError, ValueError):
        raise NoArchive("it is no archive of Keras 3") from None
    return list(dict.fromkeys(_custom(config)))


def _custom(config: Any) -> Iterator[CustomObject]:
    """Yield what a config and the configs in it name, as Keras writes it.

    A function may be Keras's own. What the model was compiled with is not loaded.
    """
    if isinstance(config, list):
        for item in config:
            yield from _custom(item)
    elif isinstance(config, dict):
        module, name = config.get("module", ""), config.get("class_name")
        registered = config.get("registered_name")
        is_function = name == "function"
        if is_function:
            name, registered = config.get("config"), None
        is_own = isinstance(module, str) and module.partition(".")[0] in ("", *OWN)
        if isinstance(name, str) and (is_function or not is_own):
            yield CustomObject(module or MAIN, name, registered)
        for key, item in config.items():
            if key != "compile_config":
                yield from _custom(item)
