"""Parts of a run: how targets are dealt out, and what is refused and told when they are joined."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from layerdoctor.config.settings import Settings
from layerdoctor.judge import shards
from layerdoctor.judge.diagnosis import Diagnosis
from layerdoctor.judge.repository import Repository
from layerdoctor.judge.run import Report
from layerdoctor.judge.verdict import report_on
from layerdoctor.target import BadInput, Target
from tests.hand_made import layer

TARGETS = [Target(id=f"t{number}", target=f"layers:T{number}") for number in range(7)]


def dealt(of: int, seconds: list[float] | None = None) -> list[list[str]]:
    parts = [shards.shard(f"{number}/{of}", TARGETS) for number in range(1, of + 1)]
    return [[target.id for target in shards.part(TARGETS, part, seconds)] for part in parts]


def report(number: int, of: int, names: str, *, settings: Settings | None = None) -> Report:
    """Return the report of a shard that tells of these targets."""
    part = shards.shard(f"{number}/{of}", TARGETS[:4])
    diagnoses = [Diagnosis(layer(id=name)) for name in names.split()]
    return report_on(diagnoses, settings or Settings(), shard=part)


BOTH = [report(1, 2, "t0 t2"), report(2, 2, "t1 t3")]


@pytest.mark.parametrize("of", [1, 2, 3, 7, 9])
@pytest.mark.parametrize("seconds", [None, [9.0, 1.0, 1.0, 1.0, 5.0, 0.0, 0.0]])
def test_every_target_is_in_one_shard(of: int, seconds: list[float] | None) -> None:
    parts = dealt(of, seconds)
    assert sorted(name for part in parts for name in part) == [target.id for target in TARGETS]
    assert all(part == sorted(part) for part in parts)


def test_without_times_all_shards_have_about_as_many() -> None:
    assert sorted(map(len, dealt(3))) == [2, 2, 3]


def test_shards_take_about_as_long() -> None:
    assert dealt(2, [9.0, 1.0, 1.0, 1.0, 5.0, 1.0, 1.0]) == [
        ["t0", "t6"],
        ["t1", "t2", "t3", "t4", "t5"],
    ]


def test_the_parts_joined_stand_in_the_order_of_the_run() -> None:
    whole = shards.merged(BOTH[::-1])
    assert [each.facts.id for each in whole.diagnoses] == ["t0", "t1", "t2", "t3"]
    assert (whole.exit_code, whole.shard, shards.remarks(BOTH)) == (0, None, [])


def test_what_the_shards_did_not_examine_is_counted_once() -> None:
    given = [replace(each, cached=1, untargeted=("a:A", "b:B")) for each in BOTH]
    whole = shards.merged(given)
    assert (whole.cached, whole.untargeted) == (2, ("a:A", "b:B"))


def test_a_report_counts_once() -> None:
    assert len(shards.merged([*BOTH, BOTH[0]]).diagnoses) == 4
    alone = replace(BOTH[0], shard=None)
    assert len(shards.merged([alone, alone]).diagnoses) == 2


@pytest.mark.parametrize(
    ("other", "words"),
    [
        (report(2, 2, "t1 t3", settings=Settings(calls=5)), "different configs"),
        (report(2, 3, "t1 t3"), "their targets differ"),
        (report(1, 2, "t0"), "two different reports tell of shard 1/2"),
    ],
)
def test_what_is_no_part_of_one_run_is_refused(other: Report, words: str) -> None:
    with pytest.raises(BadInput, match=words):
        shards.merged([BOTH[0], other])


def test_the_place_of_the_config_makes_no_other_run() -> None:
    moved = Settings(file=Path("/elsewhere/layerdoctor.toml"), app_dir="/elsewhere/src")
    assert shards.merged([BOTH[0], report(2, 2, "t1 t3", settings=moved)]).exit_code == 0


def test_a_target_that_no_shard_tells_of_fails_the_run() -> None:
    holed = [BOTH[0], report(2, 2, "t3")]
    assert shards.merged(holed).exit_code == 2
    assert "no shard tells of `t1`" in shards.remarks(holed)[0]


def test_a_target_that_two_shards_tell_of_counts_once() -> None:
    assert len(shards.merged([BOTH[0], report(2, 2, "t1 t2 t3")]).diagnoses) == 4


def test_different_versions_are_told() -> None:
    other = replace(BOTH[1].environment, tensorflow="2.20.0")
    given = [replace(BOTH[0], version="0.0.9"), replace(BOTH[1], environment=other)]
    told = shards.remarks(given)
    assert told[0].startswith("the reports were made with layerdoctor 0.0.9 and ")
    assert told[1].endswith(" and 2.20.0")
    assert shards.merged(given).exit_code == 0


def test_reports_of_several_folders_name_their_files_from_the_root() -> None:
    def made(folder: str, root: str) -> Report:
        facts = layer(id=folder, file="layers.py", error=None)
        given = replace(report(1, 1, ""), diagnoses=(Diagnosis(facts),), shard=None)
        return replace(given, repository=Repository(root=root, folder=folder))

    whole = shards.merged([made("a", "/one"), made("b/c", "/two")])
    assert [each.facts.file for each in whole.diagnoses] == ["a/layers.py", "b/c/layers.py"]
    weights = whole.diagnoses[1].facts.weights
    assert weights[0].location is not None
    assert weights[0].location.file == "b/c/layers.py"
    assert whole.path("a/layers.py") == "a/layers.py"
    alone = shards.merged([made("a", "/one")])
    assert alone.diagnoses[0].facts.file == "layers.py"
