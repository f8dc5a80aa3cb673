"""What the server imports ahead: a worker finds there all that it needs."""

from __future__ import annotations

import subprocess
import sys

import pytest

PROGRAM = """
import sys
import layerdoctor.probe.worker.preload
ahead = set(sys.modules)
import layerdoctor.probe.worker.serve
import layerdoctor.probe.examination.before_and_after
import layerdoctor.probe.examination.examination
import layerdoctor.probe.contract.reload.second_process
import layerdoctor.probe.worker.import_environment
late = sorted(set(sys.modules) - ahead)
sys.exit(f"left to each worker: {late}" if late else 0)
"""

OPERATIONS = """
import os
import layerdoctor.probe.worker.preload
from tensorflow.python.eager import context
from layerdoctor.probe.worker import first_operations
threads = [open(f"/proc/self/task/{each}/comm").read() for each in os.listdir("/proc/self/task")]
assert len(threads) == 1 or sorted(threads)[1:] == ["tf_graph_runner\\n"], threads
assert context.context_safe() is None or context.context()._context_handle is None
assert first_operations.OWN_THREADS not in os.environ
first_operations.run()
"""


@pytest.mark.skipif(sys.platform != "linux", reason="no other system tells of threads")
def test_the_server_runs_first_operations_and_is_left_without_threads_of_theirs() -> None:
    ended = subprocess.run(
        [sys.executable, "-c", OPERATIONS], capture_output=True, check=False, encoding="utf-8"
    )
    assert ended.returncode == 0, ended.stderr


def test_no_worker_is_left_to_import_the_probe_again() -> None:
    ended = subprocess.run(
        [sys.executable, "-c", PROGRAM], capture_output=True, check=False, encoding="utf-8"
    )
    assert ended.returncode == 0, ended.stderr
