"""What the server imports ahead: a worker finds there all that it needs, and no threads."""

from __future__ import annotations

import subprocess
import sys

import msgspec
import pytest

PROGRAM = """
import json
import os
import sys
import layerdoctor.probe.worker.preload
ahead = set(sys.modules)
tasks = os.listdir("/proc/self/task") if sys.platform == "linux" else []
threads = [open(f"/proc/self/task/{each}/comm").read() for each in tasks]
import layerdoctor.probe.worker.serve
import layerdoctor.probe.examination.before_and_after
import layerdoctor.probe.examination.examination
import layerdoctor.probe.contract.reload.second_process
import layerdoctor.probe.worker.import_environment
late = sorted(set(sys.modules) - ahead)
from tensorflow.python.eager import context
from layerdoctor.probe.worker import first_operations
eager = context.context_safe() is not None and context.context()._context_handle is not None
own_threads = first_operations.OWN_THREADS in os.environ
first_operations.run()
json.dump({"late": late, "threads": threads, "eager": eager, "own": own_threads}, sys.stdout)
"""


class Found(msgspec.Struct):
    """What is found once the server is ready."""

    late: list[str]
    threads: list[str]
    eager: bool
    own: bool


@pytest.fixture(scope="module")
def found() -> Found:
    ended = subprocess.run(
        [sys.executable, "-c", PROGRAM], capture_output=True, check=False, encoding="utf-8"
    )
    assert ended.returncode == 0, ended.stderr
    return msgspec.json.decode(ended.stdout, type=Found)


@pytest.mark.skipif(sys.platform != "linux", reason="no other system tells of threads")
def test_the_server_runs_first_operations_and_is_left_without_threads_of_theirs(
    found: Found,
) -> None:
    assert len(found.threads) == 1 or sorted(found.threads)[1:] == ["tf_graph_runner\n"]
    assert not found.eager
    assert not found.own


def test_no_worker_is_left_to_import_the_probe_again(found: Found) -> None:
    assert found.late == []
