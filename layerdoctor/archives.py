"""Models that Keras 3 has saved as files: what of theirs is not Keras's own."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

OWN = ("keras", "tf_keras", "builtins")
"""The packages whose classes Keras finds without help."""


class NoArchive(ValueError):
    """A file is no saved model; the message says why."""


@dataclass(frozen=True, slots=True)
class CustomObject:
    """A class or function of the author's in a saved model."""

    module: str
    """Where it was when the model was saved."""
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
    """Yield what a config and the configs in it name, as Keras writes it."""
    if isinstance(config, list):
        for item in config:
            yield from _custom(item)
    elif isinstance(config, dict):
        module, name = config.get("module"), config.get("class_name")
        if isinstance(module, str) and isinstance(name, str):
            if name == "function":
                name = config.get("config")
            if isinstance(name, str) and module.partition(".")[0] not in OWN:
                yield CustomObject(module, name, config.get("registered_name"))
        for item in config.values():
            yield from _custom(item)
