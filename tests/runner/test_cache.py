"""What the cache keeps, and when it knows nothing."""

from __future__ import annotations

import os
import shutil
import time
from dataclasses import replace
from pathlib import Path

import pytest

from layerdoctor.facts import Breach, Check, Failure, FailureKind, LayerFacts, Stage
from layerdoctor.runner.cache import VERSIONS, Cache
from layerdoctor.target import Input, Target
from tests.hand_made import layer

TARGET = Target(id="one", target="layers:One", args={"units": 4}, inputs=(Input(shape=(2, 3)),))


@pytest.fixture(autouse=True)
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with two files that are a minute old."""
    monkeypatch.chdir(tmp_path)
    for name in ("layers.py", "helper.py"):
        write(tmp_path / name, "X = 1\n")
    return tmp_path


def write(file: Path, text: str, age: float = 60.0) -> None:
    file.write_text(text, encoding="utf-8")
    then = time.time() - age
    os.utime(file, (then, then))


def seen() -> LayerFacts:
    return layer(id="one", target="layers:One", local_files=("helper.py", "layers.py"))


def kept(target: Target = TARGET, facts: LayerFacts | None = None) -> LayerFacts | None:
    """Keep the facts, and return what another run knows of the target."""
    Cache(Path("cache")).keep(target, facts or seen())
    return Cache(Path("cache")).read(target)


def known(target: Target = TARGET) -> bool:
    return Cache(Path("cache")).read(target) is not None


def test_facts_come_back_as_they_were() -> None:
    assert kept() == seen()


def test_the_folder_is_not_for_git(project: Path) -> None:
    kept()
    assert (project / "cache" / ".gitignore").read_text() == "*\n"


def test_another_name_for_the_same_layer_is_known() -> None:
    kept()
    again = Cache(Path("cache")).read(replace(TARGET, id="two"))
    assert again is not None
    assert again.id == "two"


@pytest.mark.parametrize(
    "changes",
    [
        {"args": {"units": 5}},
        {"inputs": (Input(shape=(2, 4)),)},
        {"call": {"training": True}},
        {"calls": 4},
        {"seed": 1},
        {"app_dirs": ("src",)},
    ],
)
def test_another_spec_is_not_known(changes: dict[str, object]) -> None:
    kept()
    assert not known(replace(TARGET, **changes))  # type: ignore[arg-type]


@pytest.mark.parametrize("name", ["layers.py", "helper.py"])
def test_a_changed_file_is_noticed_whatever_its_time(name: str, project: Path) -> None:
    kept()
    write(project / name, "X = 2\n")
    assert not known()
    write(project / name, "X = 1\n")
    assert known()


def test_a_file_that_is_gone_is_noticed(project: Path) -> None:
    kept()
    (project / "helper.py").unlink()
    assert not known()


@pytest.mark.parametrize(
    "changes",
    [
        {"inputs": (Input(npy="x.npy"),)},
        {"args": {"table": {"npy": "x.npy"}}},
        {"args": {"deep": [{"object": "a:B", "args": {"x": {"npy": "x.npy"}}}]}},
        {"call": {"bias": {"npy": "x.npy"}}},
    ],
)
def test_a_changed_array_is_noticed(changes: dict[str, object], project: Path) -> None:
    target = replace(TARGET, **changes)  # type: ignore[arg-type]
    write(project / "x.npy", "one")
    assert kept(target)
    write(project / "x.npy", "two")
    assert not known(target)


@pytest.mark.parametrize("name", ["TF_DETERMINISTIC_OPS", "KERAS_HOME", "PYTHONPATH"])
def test_an_environment_variable_is_noticed(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    kept()
    monkeypatch.setenv(name, "something")
    assert not known()


def test_another_environment_variable_does_not_matter(monkeypatch: pytest.MonkeyPatch) -> None:
    kept()
    monkeypatch.setenv("EDITOR", "ed")
    assert known()


def test_an_installed_version_is_noticed(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    packages = project / "packages"
    (packages / "thing-1.0.dist-info").mkdir(parents=True)
    monkeypatch.syspath_prepend(str(packages))
    kept()
    assert known()
    (packages / "thing-1.0.dist-info").rename(packages / "thing-1.1.dist-info")
    assert not known()


def test_another_revision_of_the_same_version_is_noticed(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    info = project / "packages" / "thing-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "direct_url.json").write_text("one")
    monkeypatch.syspath_prepend(str(info.parent))
    kept()
    (info / "direct_url.json").write_text("two")
    assert not known()


@pytest.mark.parametrize("kind", ["timeout", "crash"])
def test_what_crashed_or_hung_is_not_kept(kind: FailureKind) -> None:
    failure = Failure(stage=Stage.CALL, kind=kind, message="x")
    assert kept(facts=replace(seen(), failures=(failure,))) is None
    breach = Breach(kind=kind, failure=failure)
    check = Check(name="graph", status="failed", breaches=(breach,))
    assert kept(facts=replace(seen(), checks=(check,))) is None


def test_what_raised_is_kept() -> None:
    failure = Failure(stage=Stage.CALL, kind="raised", message="x")
    assert kept(facts=replace(seen(), failures=(failure,)))


def test_what_could_not_be_examined_is_not_kept() -> None:
    assert kept(facts=replace(seen(), status="error")) is None


def test_what_changed_during_the_run_is_not_kept(project: Path) -> None:
    cache = Cache(Path("cache"))
    write(project / "helper.py", "X = 3\n", age=-1)
    cache.keep(TARGET, seen())
    assert not known()


def test_a_damaged_entry_is_no_entry(project: Path) -> None:
    kept()
    for entry in (project / "cache").glob("*/*.json"):
        entry.write_bytes(entry.read_bytes()[:-20])
    assert not known()


def test_a_folder_that_cannot_be_written_does_no_harm(project: Path) -> None:
    (project / "cache").write_text("a file where the folder should be")
    assert kept() is None


def test_the_oldest_entries_go_first(project: Path) -> None:
    targets = [replace(TARGET, seed=seed) for seed in range(6)]
    for number, target in enumerate(targets):
        kept(target)
        (newest,) = {*(project / "cache").glob("*/*.json")} - {
            file for file in (project / "cache").glob("*/*.json") if file.stat().st_mtime < 1e9
        }
        os.utime(newest, (number, number))
    size = newest.stat().st_size
    assert known(targets[0])
    Cache(Path("cache"), largest=3 * size + 100).trim()
    assert [known(target) for target in targets] == [True, False, False, False, True, True]


def test_a_target_concerns_the_files_that_took_part() -> None:
    kept()
    cache = Cache(Path("cache"))
    assert cache.concerns(TARGET, ["helper.py"])
    assert cache.concerns(TARGET, [os.path.abspath("layers.py")])
    assert not cache.concerns(TARGET, ["README.md", "other.py"])
    assert not cache.concerns(TARGET, [])


def test_a_target_of_which_nothing_is_known_concerns_everything() -> None:
    assert Cache(Path("cache")).concerns(TARGET, ["README.md"])


LOOKED = {"": ("fancy", "helper", "table.txt"), "helper": ("__init__",), "other": ("layers",)}


def looking() -> LayerFacts:
    return replace(seen(), looked_for=LOOKED)


@pytest.mark.parametrize(
    "appears", ["fancy.py", "fancy/", "table.txt", "helper/__init__.py", "other/layers.py"]
)
def test_what_was_looked_for_and_appears_is_noticed(appears: str, project: Path) -> None:
    assert kept(facts=looking())
    file = project / appears
    (file if appears.endswith("/") else file.parent).mkdir(parents=True, exist_ok=True)
    if not appears.endswith("/"):
        file.touch()
    assert not known()


def test_a_file_that_nobody_looked_for_does_not_matter(project: Path) -> None:
    kept(facts=looking())
    for name in ("fancy.txt", "fancy_other.py", "layers.py.orig"):
        (project / name).touch()
    assert known()


def test_going_back_and_forth_between_branches_finds_each_again(project: Path) -> None:
    for text in ("X = 1\n", "X = 2\n"):
        write(project / "layers.py", text)
        kept(facts=replace(seen(), seconds=float(text[-2])))
    for text in ("X = 1\n", "X = 2\n"):
        write(project / "layers.py", text)
        found = Cache(Path("cache")).read(TARGET)
        assert found is not None
        assert found.seconds == float(text[-2])


def test_no_more_versions_than_are_of_use_are_kept(project: Path) -> None:
    for number in range(VERSIONS + 3):
        write(project / "layers.py", f"X = {number}\n")
        kept()
    assert len([*(project / "cache").glob("*/*.json")]) == VERSIONS


@pytest.mark.parametrize("inside", [".", "deep"])
def test_the_place_of_the_project_does_not_matter(
    inside: str, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def facts(place: Path) -> LayerFacts:
        words = f'File "{place}/layers.py", line 3: no /layers.py{place}x'
        failure = Failure(stage=Stage.CALL, kind="raised", message=words)
        return replace(seen(), local_files=(f"{place}/lib.py", "own.py"), failures=(failure,))

    def cache(place: Path) -> Cache:
        monkeypatch.chdir(place / inside)
        return Cache(project / "cache", project=place)

    for name in ("one", "two"):
        (project / name / "deep").mkdir(parents=True)
        for file in (project / name / "lib.py", project / name / inside / "own.py"):
            write(file, "X = 1\n")
    one = replace(TARGET, target=f"{project / 'one' / 'lib.py'}:A", app_dirs=(f"{project}/one",))
    two = replace(TARGET, target=f"{project / 'two' / 'lib.py'}:A", app_dirs=(f"{project}/two",))
    cache(project / "one").keep(one, facts(project / "one"))
    moved = cache(project / "two").read(two)
    assert moved is not None
    assert moved.local_files == (f"{project}/two/lib.py", "own.py")
    words = f'File "{project}/two/layers.py", line 3: no /layers.py{project}/onex'
    assert moved.failures[0].message == words
    write(project / "two" / "lib.py", "X = 2\n")
    assert cache(project / "two").read(two) is None


def test_the_hash_seed_and_the_kernel_do_not_matter(monkeypatch: pytest.MonkeyPatch) -> None:
    kept()
    monkeypatch.setenv("PYTHONHASHSEED", "7")
    monkeypatch.setattr("platform.platform", lambda: "another kernel")
    monkeypatch.setattr("platform.release", lambda: "another kernel")
    assert known()


def test_variables_of_ones_own_are_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MYPKG_MODE", "one")
    monkeypatch.setenv("MYPKG", "one")
    Cache(Path("cache"), variables=("MYPKG_*",)).keep(TARGET, seen())
    monkeypatch.setenv("MYPKG", "two")
    assert Cache(Path("cache"), variables=("MYPKG_*",)).read(TARGET)
    monkeypatch.setenv("MYPKG_MODE", "two")
    assert not Cache(Path("cache"), variables=("MYPKG_*",)).read(TARGET)


def installed(project: Path, version: str, code: str, origin: str = "") -> None:
    """Install ``mine`` from the project, as pip does."""
    site = project / "site"
    shutil.rmtree(site, ignore_errors=True)
    info = site / f"mine-{version}.dist-info"
    info.mkdir(parents=True)
    (info / "direct_url.json").write_text(origin)
    (info / "RECORD").write_text(
        f"mine/__init__.py,sha256={code},9\nmine-{version}.dist-info/METADATA,sha256={version},9\n"
        f"../../bin/mine,sha256={version},9\n"
    )


@pytest.mark.parametrize("told_by", ["origin", "name"])
def test_another_version_of_the_project_itself_does_not_matter_and_its_code_does(
    told_by: str, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(str(project / "site"))
    origin = f'{{"url": "file://{project}", "dir_info": {{}}}}' if told_by == "origin" else ""
    if told_by == "name":
        (project / "pyproject.toml").write_text('[project]\nname = "Mine"\n')
    installed(project, "1.0", "one", origin)
    kept()
    installed(project, "1.1.dev3", "one", origin)
    assert known()
    installed(project, "1.1.dev3", "two", origin)
    assert not known()


def test_a_target_that_is_not_as_it_was_concerns_everything(project: Path) -> None:
    kept()
    write(project / "helper.py", "X = 2\n")
    assert Cache(Path("cache")).concerns(TARGET, ["README.md"])
    (project / "helper.py").unlink()
    assert Cache(Path("cache")).concerns(TARGET, ["README.md"])


def test_what_targets_took_is_known_only_of_all_or_none() -> None:
    cache, other = Cache(Path("cache")), replace(TARGET, seed=1)
    assert cache.seconds([TARGET]) is None
    cache.keep_seconds([(TARGET, 1.26)])
    assert cache.seconds([TARGET, other]) is None
    cache.keep_seconds([(other, 0.04)])
    assert Cache(Path("cache")).seconds([other, TARGET]) == [0.04, 1.26]
