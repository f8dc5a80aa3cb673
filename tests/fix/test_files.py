"""Mirrors, lines that move, diffs, and what is written into the author's files."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import libcst as cst

from layerdoctor.facts import LayerFacts
from layerdoctor.fix import patch, writing
from layerdoctor.fix.mirror import Mirror
from layerdoctor.fix.search import Cure
from layerdoctor.fix.source import MovedLines, Source, read
from layerdoctor.judge.diagnosis import Diagnosis
from layerdoctor.report.source.patches import replacements
from layerdoctor.rule import Fix
from layerdoctor.target import Target
from tests.hand_made import at, weight


def project(folder: Path) -> Path:
    package = folder / "src" / "pkg" / "deep"
    package.mkdir(parents=True)
    for each in (package, package.parent):
        each.joinpath("__init__.py").touch()
    package.joinpath("data.txt").write_text("words", encoding="utf-8")
    package.joinpath("other.py").write_text("x = 1\n", encoding="utf-8")
    package.joinpath("layers.py").write_text("before = 1\n", encoding="utf-8")
    return package / "layers.py"


def test_a_mirror_has_the_changed_file_and_all_that_lies_around_it(tmp_path: Path) -> None:
    file = project(tmp_path / "project")
    copy = tmp_path / "copy"
    copy.mkdir()
    root = str(tmp_path / "project" / "src")
    mirror = Mirror(copy, {str(file): b"after = 2\n"}, [root])
    target = mirror.target(Target(id="a", target="pkg.deep.layers:A", app_dirs=(root, "elsewhere")))
    inside = Path(target.app_dirs[0], "pkg", "deep")
    assert (inside / "layers.py").read_bytes() == b"after = 2\n"
    assert (inside / "data.txt").read_text(encoding="utf-8") == "words"
    assert (inside / "other.py").read_text(encoding="utf-8") == "x = 1\n"
    assert target.app_dirs[1] == "elsewhere"
    assert file.read_bytes() == b"before = 1\n"
    assert mirror.original(str(inside / "layers.py")) == str(file)
    seen = LayerFacts(
        id="a", target="a", weights=(weight("w", location=at(1, file=f"{inside}/layers.py")),)
    )
    found = mirror.original_of(Diagnosis(facts=seen, findings=()))
    assert [each.location and each.location.file for each in found.facts.weights] == [str(file)]


def test_a_target_that_is_a_file_is_examined_in_the_mirror(tmp_path: Path) -> None:
    file = project(tmp_path / "project")
    copy = tmp_path / "copy"
    copy.mkdir()
    mirror = Mirror(copy, {str(file): b""}, [str(tmp_path / "project")])
    target = mirror.target(
        Target(id="a", target=f"{file}:A", app_dirs=(str(tmp_path / "project"),))
    )
    assert target.target.startswith(str(copy.resolve()))
    assert str(copy.resolve() / "0" / "src") in target.app_dirs


def test_several_files_are_changed_in_one_mirror(tmp_path: Path) -> None:
    file = project(tmp_path / "project")
    other = tmp_path / "project" / "other.py"
    other.write_text("y = 1\n", encoding="utf-8")
    copy = tmp_path / "copy"
    copy.mkdir()
    root = str(tmp_path / "project")
    mirror = Mirror(copy, {str(file): b"after = 2\n", str(other): b"y = 2\n"}, [root])
    target = mirror.target(Target(id="a", target="other:A", app_dirs=(root,)))
    inside = Path(target.app_dirs[0])
    assert (inside / "other.py").read_bytes() == b"y = 2\n"
    assert (inside / "src" / "pkg" / "deep" / "layers.py").read_bytes() == b"after = 2\n"


def test_facts_move_with_the_lines_of_their_own_file() -> None:
    before = cst.parse_module("a = 1\nb = 2\nc = 3\n")
    after = cst.parse_module("import x\nimport y\na = 1\nc = 3\n")
    moved = MovedLines(before, after)
    own = weight("kernel", location=at(3))
    foreign = weight("bias", location=at(3, file="other.py"))
    facts = LayerFacts(id="", target="", file="layers.py", line=1, weights=(own, foreign))
    found = moved.facts(facts, "layers.py")
    assert found.line == 3
    assert [each.location and each.location.line for each in found.weights] == [4, 3]
    assert moved.line(2) == 0


def test_the_diff_of_a_file_without_a_last_newline_can_be_applied(tmp_path: Path) -> None:
    file = tmp_path / "a.py"
    file.write_bytes(b"a = 1\nb = 2")
    text = patch.diff("a.py", b"a = 1\nb = 2", b"a = 1\nb = 3")
    subprocess.run(["git", "apply", "-p0", "-"], input=text, text=True, cwd=tmp_path, check=True)
    assert file.read_bytes() == b"a = 1\nb = 3"


def test_a_form_feed_and_a_separator_in_a_text_end_no_line() -> None:
    before = "a = 1\n\x0c\nb = '\u2028'\r\nc = 3\n"
    after = before.replace("c = 3", "c = 4")
    text = patch.diff("a.py", before.encode(), after.encode())
    assert "@@ -1,4 +1,4 @@" in text
    (found,) = replacements(Fix(file="a.py", diff=text, outputs="equal", tried=""))
    assert (found.line, found.taken, found.text) == (4, 1, "c = 4\n")


def cure(file: Path, after: bytes) -> Cure:
    source = read(str(file))
    assert isinstance(source, Source)
    return Cure(source, after, ())


def test_a_file_is_written_with_its_permissions(tmp_path: Path) -> None:
    file = tmp_path / "a.py"
    file.write_bytes(b"\xef\xbb\xbfa = 1\r\n")
    file.chmod(0o750)
    after = b"\xef\xbb\xbfa = 2\r\n"
    assert writing.write(cure(file, after)) is None
    assert file.read_bytes() == after
    assert file.stat().st_mode & 0o777 == 0o750
    assert os.listdir(tmp_path) == ["a.py"]


def test_a_file_is_left_alone_that_git_could_not_bring_back(tmp_path: Path) -> None:
    file = tmp_path / "a.py"
    file.write_bytes(b"a = 1\n")
    refused = writing.refusal(cure(file, b"a = 2\n"), allow_dirty=False)
    assert refused is not None
    assert "is not under version control" in refused
    git = ["git", "-C", str(tmp_path), "-c", "user.email=a@b", "-c", "user.name=a"]
    for words in (["init", "-q"], ["add", "a.py"], ["commit", "-qm", "first"]):
        subprocess.run([*git, *words], check=True)
    file.write_bytes(b"a = 1  # edited\n")
    refused = writing.refusal(cure(file, b"a = 2\n"), allow_dirty=False)
    assert refused is not None
    assert "has changes that are not committed" in refused
    assert file.read_bytes() == b"a = 1  # edited\n"


def test_a_file_that_changed_meanwhile_is_left_alone(tmp_path: Path) -> None:
    file = tmp_path / "a.py"
    file.write_bytes(b"a = 1\n")
    found = cure(file, b"a = 2\n")
    file.write_bytes(b"a = 3\n")
    for refused in (writing.refusal(found, allow_dirty=True), writing.write(found)):
        assert refused is not None
        assert "has changed since it was examined" in refused
    assert file.read_bytes() == b"a = 3\n"


def test_a_file_that_is_read_only_is_left_alone(tmp_path: Path) -> None:
    file = tmp_path / "a.py"
    file.write_bytes(b"a = 1\n")
    file.chmod(0o444)
    refused = writing.refusal(cure(file, b"a = 2\n"), allow_dirty=True)
    assert refused is not None
    assert "is read-only" in refused
