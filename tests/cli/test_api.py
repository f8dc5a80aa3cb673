"""``layerdoctor.examine`` as a notebook uses it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests.command import BROKEN, ENVIRONMENT, SOUND, write

SCRIPT = """
import sys

import layerdoctor

assert "tensorflow" not in sys.modules
found = layerdoctor.examine("broken:Hidden", (2, 5), ignore=["LD5"])
assert "tensorflow" not in sys.modules
assert [finding.code for finding in found.findings] == ["LD101"]
assert "self.gain = tf.Variable(2.0)" in repr(found)
assert "<html" in found._repr_html_()
assert found.report.exit_code == 1

import numpy as np
import sound

layer = sound.Sound()
layer.seen = []
layer(np.ones((2, 5)))
before = layer.get_weights()[0].tolist(), dict(vars(layer))
found = layerdoctor.examine(layer, np.ones((2, 5)))
assert found.findings == ()
assert found.facts.class_name == "sound.Sound"
assert (layer.get_weights()[0].tolist(), dict(vars(layer))) == before

from pathlib import Path

import broken

Path("layerdoctor.toml").write_text('ignore = ["LD101", "LD5"]\\nfail-on = "note"\\n')
hidden = broken.Hidden()
assert layerdoctor.examine(hidden, (2, 5)).findings == ()
found = layerdoctor.examine(hidden, (2, 5), isolated=True, select=["LD101"], fail_on="never")
assert ([finding.code for finding in found.findings], found.report.exit_code) == (["LD101"], 0)
print("done")
"""


def test_examining_from_python(tmp_path: Path) -> None:
    write(tmp_path, sound=SOUND, broken=BROKEN, script=SCRIPT)
    result = subprocess.run(
        [sys.executable, "script.py"],
        capture_output=True,
        check=False,
        cwd=tmp_path,
        encoding="utf-8",
        env=ENVIRONMENT,
    )
    assert result.returncode == 0, result.stderr[-3000:]
    assert result.stdout.rstrip().endswith("done")
