"""The command line as a process: what it prints where, and the code it ends with."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from tests.command import COMMAND, ENVIRONMENT, ROOT, SOUND, layerdoctor, running, write
from tests.warm_start import client as warm

LAYERS = """
import keras
import tensorflow as tf


class Sound(keras.layers.Layer):
    def __init__(self, units=3, **kwargs):
        super().__init__(**kwargs)
        self.units = units

    def build(self, input_shape):
        self.kernel = self.add_weight(name="kernel", shape=(input_shape[-1], self.units))

    def call(self, inputs):
        print("the layer speaks")
        return tf.matmul(inputs, self.kernel)


class Hidden(keras.layers.Layer):
    def __init__(self):
        super().__init__()
        self.gain = tf.Variable(2.0)

    def call(self, inputs):
        return inputs * self.gain


number = 3
"""

CONFIG = """
[targets.sound]
target = "layers:Sound"
args = { units = 4 }
inputs = [{ shape = [2, 5] }]

[targets.hidden]
target = "layers:Hidden"
inputs = [{ shape = [2, 5] }]
ignore = ["LD5"]
"""


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A folder with layers and a config."""
    (tmp_path / "layers.py").write_text(LAYERS, encoding="utf-8")
    (tmp_path / "layerdoctor.toml").write_text(CONFIG, encoding="utf-8")
    return tmp_path


HEAVY = ["tensorflow", "keras", "tf_keras", "numpy", "pydantic"]


def test_the_version_and_the_help_are_printed() -> None:
    assert layerdoctor("--version").stdout == "layerdoctor 0.1.0\n"
    shown = layerdoctor("check", "--help")
    assert shown.returncode == 0
    assert "Seconds that a target may take [60]." in " ".join(shown.stdout.split())


@pytest.mark.parametrize(
    ("arguments", "also_left_out"),
    [
        (("--version",), ["rich", "msgspec", "layerdoctor.cli.commands.inspect"]),
        (("--help",), ["rich", "msgspec", "layerdoctor.facts"]),
        (
            ("list", "sample_layers"),
            ["rich", "layerdoctor.facts", "importlib.metadata", "pathspec"],
        ),
        (("rule", "LD202"), ["msgspec", "layerdoctor.facts", "pygments"]),
    ],
)
def test_what_examines_nothing_imports_nothing_that_takes_long(
    arguments: tuple[str, ...], also_left_out: list[str]
) -> None:
    program = (
        "import sys; from layerdoctor.cli.program import main\n"
        "try:\n    main()\n"
        "except SystemExit:\n    pass\n"
        f"heavy = {{*{HEAVY}, *{also_left_out}}} & set(sys.modules)\n"
        "sys.exit(f'imported {sorted(heavy)}' if heavy else 0)"
    )
    ended = subprocess.run(
        [sys.executable, "-c", program, *arguments],
        capture_output=True,
        check=False,
        encoding="utf-8",
        env=ENVIRONMENT,
    )
    assert (ended.returncode, ended.stderr) == (0, "")


def test_a_rule_is_found_by_code_and_by_name() -> None:
    page = layerdoctor("rule", "ld202").stdout
    assert page == layerdoctor("rule", "cut-gradient").stdout
    for part in ("LD202 cut-gradient", "Why", "What to write", "Bad", "Good"):
        assert part in page
    table = layerdoctor("rule").stdout
    assert all(code in table for code in ("LD001", "LD202", "LD901"))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["chek"], "No such command 'chek'"),
        (["check", "--jobs", "many"], "Invalid value for '--jobs'"),
        (["check", "--jobs", "0"], "Invalid value for '--jobs'"),
        (["inspect"], "Missing argument"),
        (["inspect", "layers"], "`layers` is no target; expected `package.module:Class`"),
        (["inspect", "a:B", "--shape", "8x5"], "--shape: `8x5` is no shape"),
        (["inspect", "a:B", "--input", "8:int33"], "--input: `int33` is no dtype"),
        (["inspect", "a:B", "--arg", "units"], "--arg: `units` is no argument"),
        (["inspect", "a:B", "--call", "x=[1"], "--call: x: `[1` is no TOML value"),
        (["inspect", "a:B", "--inputs-as", "set"], "--inputs-as: received `set`; expected one of"),
        (["inspect", "a:B", "--format", "jsn"], "did you mean `json`?"),
        (["inspect", "a:B", "--color", "red"], "--color: received `red`"),
        (["inspect", "a:B", "--fail-on", "all"], "--fail-on: received `all`; expected one of"),
        (
            ["inspect", "a:B", "--timeout", "0"],
            "--timeout: received `0.0`; expected a number above 0",
        ),
        (["inspect", "a:B", "--memory-limit", "4X"], "--memory-limit: received `4X`"),
        (["inspect", "a:B", "--select", "LD999"], "there is no rule `LD999`"),
        (["inspect", "a:B", "--ignore", "cut-gradent"], "did you mean `cut-gradient`?"),
        (["inspect", "a:B", "--config", "gone.toml"], "there is no config file `gone.toml`"),
        (["inspect", "a:B", "--config", "own.toml", "--isolated"], "leave out one of them"),
        (["inspect", "a:B", "--output", "gone/x.json"], "expected a file in a folder that exists"),
        (["rule", "LD9999"], "there is no rule `LD9999`"),
        (["check", "soud"], "did you mean `sound`?"),
        (["check", "--isolated", "--app-dir", "nowhere"], "nothing to check"),
    ],
)
def test_bad_usage_is_told_in_words_and_ends_with_2(
    home: Path, arguments: list[str], message: str
) -> None:
    ended = layerdoctor(*arguments, cwd=home)
    assert ended.returncode == 2
    assert message in ended.stderr
    assert ended.stdout == ""
    assert "Traceback" not in ended.stderr


def test_a_bad_config_is_named_and_ends_with_2(home: Path) -> None:
    (home / "layerdoctor.toml").write_text("fail_on = 'error'", encoding="utf-8")
    ended = layerdoctor("check", cwd=home)
    assert ended.returncode == 2
    assert "layerdoctor.toml: unknown key `fail_on`; did you mean `fail-on`?" in ended.stderr


def test_check_examines_what_is_configured(home: Path) -> None:
    ended = layerdoctor("check", "--format", "json", "--no-cache", cwd=home)
    report = json.loads(ended.stdout)
    sound, hidden = report["targets"]
    assert (sound["id"], sound["findings"]) == ("sound", [])
    assert (sound["args"], sound["outputs"][0]["shape"]) == ({"units": 4}, [2, 4])
    assert [finding["code"] for finding in hidden["findings"]] == ["LD101"]
    assert hidden["findings"][0]["location"]["file"] == "layers.py"
    assert report["summary"]["exit_code"] == ended.returncode == 1
    assert "the layer speaks" in ended.stderr


def test_names_and_options_choose_what_is_judged(home: Path) -> None:
    def codes(*arguments: str) -> tuple[int, list[str]]:
        ended = layerdoctor("check", "hidden", "--no-cache", "-f", "json", *arguments, cwd=home)
        [target] = json.loads(ended.stdout)["targets"]
        return ended.returncode, [finding["code"] for finding in target["findings"]]

    assert codes("--ignore", "untracked-variable") == (0, [])
    assert codes("--select", "LD2") == (0, [])
    assert codes("--fail-on", "never") == (0, ["LD101"])


def test_inspect_shows_everything_and_keeps_the_streams_apart(home: Path) -> None:
    ended = layerdoctor(
        "inspect", "layers:Sound", "--shape", "2,5", "--arg", "units=6", "--isolated", cwd=home
    )
    assert ended.returncode == 0
    assert "self.kernel" in ended.stdout
    assert "(2, 6)" in ended.stdout
    assert "the layer speaks" in ended.stderr
    assert "the layer speaks" not in ended.stdout


@pytest.mark.parametrize(
    ("target", "kind"),
    [("gone:Layer", "import"), ("layers:Gone", "attribute"), ("layers:number", "not-a-layer")],
)
def test_nothing_to_examine_ends_with_2(home: Path, target: str, kind: str) -> None:
    ended = layerdoctor("inspect", target, "--shape", "2,5", "-f", "json", cwd=home)
    [facts] = json.loads(ended.stdout)["targets"]
    assert (facts["status"], facts["error"]["kind"]) == ("error", kind)
    assert ended.returncode == 2


def test_the_other_targets_are_examined_and_the_highest_code_wins(home: Path) -> None:
    ended = layerdoctor("check", "hidden", "layers:Gone", "-f", "json", "--no-cache", cwd=home)
    assert [t["status"] for t in json.loads(ended.stdout)["targets"]] == ["examined", "error"]
    assert ended.returncode == 2


def test_reports_go_to_files_and_to_standard_output(home: Path) -> None:
    output = home / "report.json"
    output.write_text("old", encoding="utf-8")
    output.chmod(0o600)
    ended = layerdoctor(
        *("check", "hidden", "--no-cache"),
        *("--format", "json", "--output", "report.json", "--format", "concise"),
        cwd=home,
    )
    report: dict[str, Any] = json.loads(output.read_text(encoding="utf-8"))
    assert report["summary"]["errors"] == 1
    assert "LD101" in ended.stdout
    assert output.stat().st_mode & 0o777 == 0o600
    assert not list(home.glob(".report.json*"))


def test_a_report_fits_an_encoding_that_lacks_its_signs(home: Path) -> None:
    ended = subprocess.run(
        [*warm.command("layerdoctor"), "inspect", "layers:Hidden", "--shape", "2,5"],
        capture_output=True,
        check=False,
        cwd=home,
        env={**ENVIRONMENT, **warm.environment(), "PYTHONIOENCODING": "cp1252"},
    )
    assert ended.returncode == 1
    assert b"LD101" in ended.stdout
    assert b"Traceback" not in ended.stderr


@pytest.mark.parametrize(
    ("variables", "option", "colored"),
    [
        ({}, "auto", False),
        ({"FORCE_COLOR": "1"}, "auto", True),
        ({"FORCE_COLOR": ""}, "auto", False),
        ({"CLICOLOR_FORCE": "1"}, "auto", True),
        ({"CLICOLOR_FORCE": "0"}, "auto", False),
        ({"FORCE_COLOR": "1", "NO_COLOR": "1"}, "auto", False),
        ({"FORCE_COLOR": "1", "NO_COLOR": ""}, "auto", True),
        ({"FORCE_COLOR": "1"}, "never", False),
        ({"NO_COLOR": "1"}, "always", True),
    ],
)
def test_colors_are_as_their_conventions_say(
    variables: dict[str, str], option: str, colored: bool
) -> None:
    plain = dict.fromkeys(("FORCE_COLOR", "CLICOLOR_FORCE", "NO_COLOR", "CLICOLOR"), "")
    ended = layerdoctor("rule", "LD202", "--color", option, cwd=ROOT, **(plain | variables))
    assert ("\x1b[" in ended.stdout) is colored


@pytest.mark.skipif(os.name == "nt", reason="pipes end in another way")
def test_a_closed_pipe_is_no_fault(home: Path) -> None:
    with subprocess.Popen(
        [*COMMAND, "rule"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=ENVIRONMENT,
    ) as running:
        assert running.stdout
        assert running.stderr
        running.stdout.close()
        told = running.stderr.read()
        assert (running.wait(), told) == (0, b"")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
def test_a_full_disk_is_told_in_words() -> None:
    with open("/dev/full", "wb") as full:
        ended = subprocess.run(
            [*COMMAND, "rule"],
            stdout=full,
            stderr=subprocess.PIPE,
            check=False,
            encoding="utf-8",
            env=ENVIRONMENT,
        )
    assert ended.returncode == 2
    assert "cannot write to standard output: No space left on device" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_doctor_names_the_versions() -> None:
    ended = layerdoctor("doctor")
    assert ended.returncode == 0
    lines = dict(line.split(": ", 1) for line in ended.stdout.splitlines())
    assert lines["layerdoctor"] == "0.1.0"
    assert lines["python"] == ".".join(map(str, sys.version_info[:3]))
    assert "CPU" in lines["devices"]


@pytest.mark.skipif(os.name == "nt", reason="Ctrl-C is no signal there")
def test_an_interrupted_run_ends_with_130_and_leaves_nothing_behind(home: Path) -> None:
    (home / "slow.py").write_text(
        "import os, pathlib, time\n"
        "pathlib.Path('pid').write_text(str(os.getpid()))\n"
        "while True: time.sleep(0.05)\n",
        encoding="utf-8",
    )
    asked = ("inspect", "slow:Layer", "--shape", "2,5")
    with running(*asked, cwd=home, start_new_session=True) as process:
        worker = wait_for_pid(home / "pid")
        os.killpg(process.pid, 2)
        _, told = process.communicate(timeout=30)
    assert process.returncode == 130
    assert "interrupted" in told
    assert "Traceback" not in told
    wait_until_gone(worker)


def wait_for_pid(file: Path) -> int:
    """Return the process that wrote its number to a file."""
    limit = time.monotonic() + 60
    while time.monotonic() < limit:
        if file.exists() and (text := file.read_text(encoding="utf-8")):
            return int(text)
        time.sleep(0.05)
    raise TimeoutError(file)


def wait_until_gone(process: int) -> None:
    """Return when there is no such process."""
    limit = time.monotonic() + 10
    while time.monotonic() < limit:
        try:
            os.kill(process, 0)
        except ProcessLookupError:
            return
        time.sleep(0.05)
    raise TimeoutError(process)


@pytest.mark.skipif(sys.version_info < (3, 11), reason="Python 3.10 cannot be kept from them")
def test_modules_may_be_called_as_those_that_python_starts_with(tmp_path: Path) -> None:
    write(tmp_path, selectors=SOUND, random="SEED = 3\n")
    program = str(Path(sys.executable).parent / "layerdoctor")
    command = [program, "check", "--no-cache", "-f", "concise"]
    result = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
    assert "no findings in 1 layer" in result.stdout
