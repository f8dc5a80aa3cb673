"""The variables of the environment that must be set before TensorFlow is imported."""

from __future__ import annotations

import os

from layerdoctor.facts import TargetError

BACKEND = "KERAS_BACKEND"
PREFIXES = ("CUDA_", "TF_")
WITHOUT_EFFECT = ("TF_CPP_", "TF_USE_LEGACY_KERAS")
"""What says only how much is logged, and what is read when ``tf.keras`` is first asked for."""


class SetTooLate(Exception):
    """The target's module has changed such variables, after TensorFlow was imported."""

    def __init__(self, variables: dict[str, str | None]) -> None:
        self.variables = variables
        """What they are now; None for one that was removed."""
        super().__init__(", ".join(sorted(variables)))

    @property
    def error(self) -> TargetError | None:
        """Why the target cannot be examined even in a process where they are set in time."""
        backend = self.variables.get(BACKEND)
        if backend is None:
            return None
        words = (
            f"the target's module sets KERAS_BACKEND to `{backend}`; layers are examined on "
            f'TensorFlow: write `os.environ.setdefault("KERAS_BACKEND", "{backend}")` there, '
            "so that layerdoctor can choose"
        )
        return TargetError(kind="config", message=words)


class Ahead:
    """Such variables as they are now. Those of CUDA count on a GPU only."""

    def __init__(self, device: str) -> None:
        self._prefixes = PREFIXES if device == "gpu" else PREFIXES[1:]
        self._before = self._variables()

    def check(self) -> None:
        """Raise ``SetTooLate`` where one of them has changed."""
        now = self._variables()
        names = {name for name, _ in self._before.items() ^ now.items()}
        if names:
            raise SetTooLate({name: now.get(name) for name in names})

    def _variables(self) -> dict[str, str]:
        return {name: value for name, value in os.environ.items() if self._counts(name)}

    def _counts(self, name: str) -> bool:
        relevant = name == BACKEND or name.startswith(self._prefixes)
        return relevant and not name.startswith(WITHOUT_EFFECT)
