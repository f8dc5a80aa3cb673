"""Commands that tests run start warm, but not where an import would have gone another way."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.command import layerdoctor, write

WHICH = """
from pathlib import Path

import keras


class Which(keras.layers.Layer):
    def call(self, inputs):
        print("forked from", Path("/proc/self/cmdline").read_text().replace("\\0", " "))
        return inputs
"""


@pytest.mark.skipif(not Path("/proc/self/cmdline").exists(), reason="no other system tells")
@pytest.mark.parametrize(
    ("environment", "warm"), [({}, True), ({"TF_ENABLE_ONEDNN_OPTS": "0"}, False)]
)
def test_a_server_is_forked_where_it_would_import_the_same(
    tmp_path: Path, environment: dict[str, str], warm: bool
) -> None:
    write(tmp_path, which=WHICH)
    ended = layerdoctor("inspect", "which:Which", "--shape", "4,5", cwd=tmp_path, **environment)
    assert ended.returncode == 0
    assert ("forked from" in ended.stderr, "warm_start" in ended.stderr) == (True, warm)
