"""The folder in which Keras keeps its config and its downloads, and the backend it asks for."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

from layerdoctor.target import BadInput

BACKEND = "tensorflow"
SHARED = ("models", "datasets")
"""What Keras downloads is kept: these folders are the user's own."""


def check_backend() -> None:
    """Check the backend that is exported; raises ``BadInput`` for another than TensorFlow."""
    exported = os.environ.get("KERAS_BACKEND") or BACKEND
    if exported != BACKEND:
        raise BadInput(
            f"KERAS_BACKEND is `{exported}`; layers are examined on TensorFlow: "
            "unset KERAS_BACKEND, or write `KERAS_BACKEND=tensorflow layerdoctor ...`"
        )


def overridden_backend() -> str | None:
    """Return the words for a backend that the config of Keras names and that is not used."""
    import msgspec  # late, since this is imported ahead of the start of the server

    file = _folder() / "keras.json"
    try:
        config = msgspec.json.decode(file.read_bytes())
    except (OSError, msgspec.DecodeError):
        return None
    named = config.get("backend", BACKEND) if isinstance(config, dict) else BACKEND
    if "KERAS_BACKEND" in os.environ or named == BACKEND:
        return None
    return f"{file} names the backend `{named}`; layers are examined on TensorFlow all the same"


def private_home(parent: Path) -> Path | None:
    """Return a folder for the config that Keras writes where there is none; None where there is."""
    own = _folder()
    if (own / "keras.json").exists():
        return None
    home = parent / "keras"
    home.mkdir(exist_ok=True)
    for name in SHARED:
        if (own / name).is_dir():
            with contextlib.suppress(OSError):
                (home / name).symlink_to((own / name).resolve())
    return home


def _folder() -> Path:
    return Path(os.environ.get("KERAS_HOME") or Path.home() / ".keras")
