"""How long `layerdoctor inspect --watch` takes from saving a file to the new report."""

from __future__ import annotations

import os
import statistics
import subprocess
import tempfile
import threading
import time
from pathlib import Path
from queue import Queue
from typing import IO

from tests.benchmark.growth import write_project
from tests.benchmark.processes import LAYERDOCTOR, surroundings

READY = "layerdoctor: watching "


def measure(saves: int = 7) -> float:
    """Return the median over several saves, in seconds."""
    with tempfile.TemporaryDirectory() as folder:
        write_project(Path(folder), 1)
        target = ("growing:ManyAttributes", "--shape", "4,5", "--arg", "size=3")
        process = subprocess.Popen(
            [*LAYERDOCTOR, "inspect", *target, "--watch"],
            cwd=folder,
            env={**os.environ, **surroundings(), "PYTHONUNBUFFERED": "1"},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert process.stderr is not None
        times: Queue[float] = Queue()
        threading.Thread(target=_listen, args=(process.stderr, times), daemon=True).start()
        try:
            times.get(timeout=60)
            return statistics.median(_save(Path(folder, "growing.py"), times) for _ in range(saves))
        finally:
            process.terminate()
            process.wait()


def _listen(lines: IO[str], times: Queue[float]) -> None:
    """Note when each report is complete: then it is said that the files are watched."""
    for line in lines:
        if line.startswith(READY):
            times.put(time.perf_counter())


def _save(file: Path, times: Queue[float]) -> float:
    time.sleep(0.3)
    text = file.read_text(encoding="utf-8")
    start = time.perf_counter()
    file.write_text(text + "# saved\n", encoding="utf-8")
    return times.get(timeout=60) - start
