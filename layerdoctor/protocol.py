"""What a worker and the process that started it have agreed on."""

from __future__ import annotations

import signal

GUARD = "LAYERDOCTOR_GUARD"
"""The environment variable by which all that a target has started is known: its guard's number."""

STARTED = b"\x00layerdoctor:started\x00"
"""What a worker writes when TensorFlow is ready: what came before is TensorFlow's own noise."""

ASK: int | None = signal.SIGRTMIN + 9 if hasattr(signal, "SIGRTMIN") else None
"""The signal on which a worker writes its stack; None where the system has none to spare."""
