"""The worst layers: each gets its finding, its neighbours are untouched, and nothing is left."""

from __future__ import annotations

import json
import subprocess
import sys
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.hostile.processes import left_behind, marked_environment

pytestmark = pytest.mark.thorough

LAYERS = Path(__file__).parent / "layers"

IN_INIT, IN_BUILD, IN_CALL, TIMEOUT, CRASH = "LD001", "LD002", "LD003", "LD004", "LD005"
"""How a layer that could not be run is told."""
RUNS = ""
"""For a layer that runs, whatever else is said of it."""

EXPECTED: dict[str, dict[str, str]] = {
    "raising": {
        "Plain": RUNS,
        "InInit": IN_INIT,
        "InBuild": IN_BUILD,
        "InCall": IN_CALL,
        "InGetConfig": RUNS,
        "InFromConfig": RUNS,
        "InOutputShape": RUNS,
        "InGetattr": IN_INIT,
        "InRepr": RUNS,
        "InEq": IN_CALL,
        "InHash": RUNS,
        "InDel": RUNS,
        "InProperty": RUNS,
        "InSetattr": IN_INIT,
        "InWeights": IN_CALL,
        "InBool": RUNS,
        "ExitsPolitely": IN_CALL,
        "Interrupts": IN_CALL,
        "OwnBaseException": IN_INIT,
        "GeneratorExits": IN_BUILD,
        "StrRaises": IN_CALL,
        "TenMegabytes": IN_CALL,
        "Colourful": IN_CALL,
        "RecursesForEver": IN_CALL,
        "RaisesFromNowhere": IN_CALL,
        "CyclicCause": IN_CALL,
        "NotLegible": IN_CALL,
        "Schicht_größe_層": IN_CALL,
    },
    "ending": {
        "Aborts": CRASH,
        "Segfaults": CRASH,
        "ExitsAtOnce": CRASH,
        "ExitsInBuild": CRASH,
        "KillsItself": CRASH,
        "KillsItsGroup": CRASH,
        "KillsItsParent": CRASH,
        "HangsInPython": TIMEOUT,
        "HangsInC": TIMEOUT,
        "HangsWhenSaved": TIMEOUT,
        "HangsOnAnotherBatch": TIMEOUT,
        "SleepsForEver": TIMEOUT,
        "StopsItself": TIMEOUT,
        "IgnoresSignals": TIMEOUT,
        "ForksAndReturnsTwice": RUNS,
        "ForksADaemon": RUNS,
        "StartsAProgram": RUNS,
        "StartsThreads": RUNS,
        "StartsAPool": RUNS,
        "HangsAtExit": RUNS,
        "AllocatesFarTooMuch": IN_CALL,
        "FillsMemory": IN_CALL,
        "FillsMemoryForGood": IN_CALL,
        "TwoGibibytes": RUNS,
        "LimitOfRecursion": TIMEOUT,
    },
    "surroundings": {
        "WritesToDescriptors": RUNS,
        "WritesWithoutEnd": RUNS,
        "WritesForEver": TIMEOUT,
        "ClosesItsStreams": IN_CALL,
        "ClosesEverything": CRASH,
        "WritesEverywhere": CRASH,
        "ReplacesStdout": RUNS,
        "ChangesDirectory": RUNS,
        "LeavesADeadDirectory": RUNS,
        "EmptiesThePath": RUNS,
        "EmptiesTheModules": RUNS,
        "ChangesHandlers": RUNS,
        "ChangesLocale": RUNS,
        "EmptiesTheEnvironment": RUNS,
        "ChangesSeeds": RUNS,
        "ChangesPolicy": RUNS,
        "ChangesNumpy": RUNS,
        "SetsATrace": RUNS,
        "RunsFunctionsEagerly": RUNS,
    },
    "disappearing": {"DeletesItself": RUNS},
    "sourceless": {"Made": RUNS, "Raises": IN_CALL, "Zipped": IN_CALL},
    "outputs": {
        "NanShape": RUNS,
        "NanOutput": RUNS,
        "Sparse": RUNS,
        "Ragged": RUNS,
        "Strings": RUNS,
        "Nested": RUNS,
        "Nothing": RUNS,
        "NoReturn": RUNS,
        "Generator": RUNS,
        "Text": RUNS,
        "Number": RUNS,
        "Itself": RUNS,
        "Anything": RUNS,
        "AnArray": RUNS,
        "Endless": RUNS,
        "AnotherShapeEachTime": RUNS,
        "Distribution": RUNS,
        "Empty": RUNS,
    },
    "lying": {
        "HoldsAgreeable": RUNS,
        "HoldsFurious": RUNS,
        "HoldsPretender": RUNS,
        "HoldsTensorPretender": RUNS,
        "HoldsLayerPretender": RUNS,
        "HoldsClassRefuser": RUNS,
        "HoldsBrokenList": RUNS,
        "HoldsEndlessList": TIMEOUT,
        "HoldsBrokenDict": RUNS,
        "HoldsOddMapping": RUNS,
        "LiesAboutItsClass": RUNS,
        "AnswersEverything": TIMEOUT,
        "Cyclic": RUNS,
        "Enormous": RUNS,
        "EnormousObjects": RUNS,
        "EnormousTracked": RUNS,
        "DeeplyNested": RUNS,
        "OddNames": RUNS,
        "OddMeta": IN_INIT,
    },
}

FURTHER = {
    "InGetConfig": "LD501",
    "InFromConfig": "LD501",
    "NanOutput": "LD205",
    "Strings": "LD202",
    "Nothing": "LD201",
    "NoReturn": "LD210",
    "DeletesItself": "LD201",
    "Made": "LD201",
    "OddNames": "LD101",
}
"""What is said of some that run."""

LINES = {
    "InInit": 'raise RuntimeError("init refuses")',
    "InBuild": 'raise RuntimeError("build refuses")',
    "InCall": 'raise RuntimeError("call refuses")',
    "StrRaises": "raise Mute",
    "TenMegabytes": 'raise ValueError("long " * 2_000_000)',
    "Aborts": "os.abort()",
    "Segfaults": "ctypes.string_at(0)",
    "ExitsAtOnce": "os._exit(0)",
    "ExitsInBuild": "os._exit(7)",
    "HangsInC": "ctypes.PyDLL(None).sleep(600)",
    "SleepsForEver": "threading.Event().wait()",
}
"""The line that the finding points at."""

SHORT = 4
"""Seconds for those that never end."""
LATE = {"HangsWhenSaved": 10, "HangsOnAnotherBatch": 10}
"""Seconds for those that end as far as the checks, which a busy machine takes longer to come to."""


@dataclass(frozen=True)
class Run:
    targets: dict[str, dict[str, Any]]
    code: int
    terminal: str
    errors: str
    left: list[str]


def entries() -> list[tuple[str, str, str]]:
    return [
        (module, name, code) for module, each in EXPECTED.items() for name, code in each.items()
    ]


def config() -> str:
    lines = ["timeout = 60"]
    for module, name, code in entries():
        lines += [f'[targets."{name}"]', f'target = "{module}:{name}"']
        lines += ["inputs = [{ shape = [4, 3] }]"]
        if code == TIMEOUT:
            lines.append(f"timeout = {LATE.get(name, SHORT)}")
        if name.startswith("FillsMemory"):
            lines.append('memory-limit = "1G"')
    return "\n".join(lines)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    folder = tmp_path_factory.mktemp("hostile layers größe")
    for file in LAYERS.glob("*.py"):
        (folder / file.name).write_text(file.read_text(encoding="utf-8"), encoding="utf-8")
    with zipfile.ZipFile(folder / "zipped.zip", "w") as archive:
        archive.write(LAYERS / "zipped_layer.txt", "zipped_layer.py")
    (folder / "layerdoctor.toml").write_text(config(), encoding="utf-8")
    report = folder / "report.json"
    environment, mark = marked_environment()
    command = [sys.executable, "-m", "layerdoctor", "check", "--no-cache"]
    command += ["--jobs", "4"]  # many only wait for their time limit
    command += ["--format", "json", "--output", str(report), "--format", "full"]
    environment["PYTHONPATH"] = str(Path(__file__).parents[2])
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, check=False)
    left = left_behind(mark)
    found = json.loads(report.read_text(encoding="utf-8"))
    return Run(
        {target["id"]: target for target in found["targets"]},
        done.returncode,
        done.stdout.decode("utf-8"),
        done.stderr.decode("utf-8"),
        left,
    )


def test_every_layer_is_reported_and_none_is_a_fault_of_ours(run: Run) -> None:
    assert list(run.targets) == [name for _, name, _ in entries()]
    assert {name: each["error"] for name, each in run.targets.items() if each["error"]} == {}
    assert run.code == 1


@pytest.mark.parametrize(("module", "name", "code"), entries())
def test_the_layer_gets_its_finding(run: Run, module: str, name: str, code: str) -> None:
    target = run.targets[name]
    assert target["status"] == "examined"
    messages = {finding["code"]: finding["message"] for finding in target["findings"]}
    stopped = [each for each in messages if each in (IN_INIT, IN_BUILD, IN_CALL, CRASH, TIMEOUT)]
    assert (stopped or [RUNS]) == [code], messages
    if name in FURTHER:
        assert FURTHER[name] in messages


@pytest.mark.parametrize(("name", "text"), LINES.items())
def test_the_finding_points_at_the_line(run: Run, name: str, text: str) -> None:
    target = run.targets[name]
    location = target["findings"][0]["location"]
    source = (LAYERS / location["file"]).read_text(encoding="utf-8").splitlines()
    assert source[location["line"] - 1].strip() == text


def test_a_sound_neighbour_is_found_sound(run: Run) -> None:
    assert run.targets["Plain"]["findings"] == []
    assert [weight["name"] for weight in run.targets["Plain"]["weights"]] == ["w"]


@pytest.mark.parametrize(
    ("name", "state"),
    [("Enormous", "skipped"), ("EnormousObjects", "passed"), ("EnormousTracked", "passed")],
)
def test_a_hundred_thousand_entries_are_no_defect(run: Run, name: str, state: str) -> None:
    target = run.targets[name]
    assert target["findings"] == []
    others = {check: status for check, status in target["checks"].items() if check != "mask"}
    assert others == {**dict.fromkeys(others, "passed"), "state": state}
    assert len(others) == 14


def test_saving_is_left_out_where_it_would_go_through_very_many_things(run: Run) -> None:
    assert run.targets["Enormous"]["check_reasons"]["state"] == (
        "the layer holds more than 20,000 things, and saving goes through each"
    )


def test_a_hang_in_two_checks_is_told_once_and_the_others_are_made(run: Run) -> None:
    target = run.targets["HangsWhenSaved"]
    assert target["checks"]["config"] == "failed"
    assert target["checks"]["state"] == "skipped"
    assert target["check_reasons"]["state"] == "no answer within the time limit, like `config`"
    assert target["checks"]["freeze"] == "passed"


def test_a_hang_in_many_checks_costs_three_time_limits(run: Run) -> None:
    checks = run.targets["HangsOnAnotherBatch"]["checks"]
    reasons = run.targets["HangsOnAnotherBatch"]["check_reasons"]
    late = [name for name, reason in reasons.items() if reason.startswith("no answer")]
    assert len(late) == 3
    after = list(checks)[list(checks).index(late[-1]) + 1 :]
    assert len(after) > 3
    assert {reasons[name] for name in after} == {"3 checks before it gave no answer"}


def test_no_process_is_left(run: Run) -> None:
    assert run.left == []


@pytest.mark.parametrize("stream", ["terminal", "errors"])
def test_no_control_character_reaches_a_stream(run: Run, stream: str) -> None:
    signs = set(getattr(run, stream)) - {"\n", "\t"}
    assert sorted(sign for sign in signs if ord(sign) < 32 or 127 <= ord(sign) < 160) == []


def test_what_a_layer_prints_is_no_part_of_the_report(run: Run) -> None:
    assert "from descriptor 1" in run.errors
    assert "from descriptor 2" in run.errors
    assert "from print" in run.errors
    assert "from descriptor" not in run.terminal


def test_a_long_message_is_shortened(run: Run) -> None:
    (finding,) = run.targets["TenMegabytes"]["findings"]
    assert len(finding["message"]) < 5_000
