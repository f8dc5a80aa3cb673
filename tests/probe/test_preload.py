"""What the server imports ahead: a worker finds there all that it needs."""

from __future__ import annotations

import subprocess
import sys

PROGRAM = """
import sys
import layerdoctor.probe.worker.preload
ahead = set(sys.modules)
import layerdoctor.probe.worker.serve
import layerdoctor.probe.before_and_after
import layerdoctor.probe.examination.examination
import layerdoctor.probe.second_process
import layerdoctor.probe.worker.import_environment
late = sorted(set(sys.modules) - ahead)
sys.exit(f"left to each worker: {late}" if late else 0)
"""


def test_no_worker_is_left_to_import_the_probe_again() -> None:
    ended = subprocess.run(
        [sys.executable, "-c", PROGRAM], capture_output=True, check=False, encoding="utf-8"
    )
    assert ended.returncode == 0, ended.stderr
