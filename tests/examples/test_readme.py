"""What the README shows is what layerdoctor does."""

from __future__ import annotations

import re
import sys

from layerdoctor.report import document, handbook
from layerdoctor.rules import RULES
from tests.command import ROOT
from tests.make_readme import HANDBOOK, PICTURE, README, flow, rules_table, transcript

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

STALE = "run `python -m tests.make_readme`"
TEXT = README.read_text(encoding="utf-8")


def between_marks(name: str) -> str:
    """Return what stands in the README between two marks."""
    return TEXT.split(f"<!-- {name} -->\n", 1)[1].split(f"\n<!-- end of {name} -->", 1)[0]


def test_the_table_of_rules_is_made_from_the_rules() -> None:
    assert between_marks("rules") == rules_table(), STALE


def test_the_transcript_is_what_inspect_prints() -> None:
    assert between_marks("transcript") == transcript(), STALE


def test_the_picture_is_that_of_the_layer_in_the_transcript() -> None:
    assert PICTURE.read_text(encoding="utf-8") == flow(), STALE
    assert f"({PICTURE.relative_to(ROOT).as_posix()})" in TEXT


def test_the_handbook_is_made_from_the_rules() -> None:
    on_disk = {page.name: page.read_text(encoding="utf-8") for page in HANDBOOK.iterdir()}
    assert on_disk == handbook.book(RULES), STALE


def test_every_file_that_the_readme_links_is_there() -> None:
    links = re.findall(r"\]\(((?!https?:|#)[^)#]+)", TEXT)
    assert links
    assert [link for link in links if not (ROOT / link).exists()] == []


def test_every_file_that_the_guide_for_contributors_names_is_there() -> None:
    guide = (ROOT / ".github" / "CONTRIBUTING.md").read_text(encoding="utf-8")
    named = set(re.findall(r"`([\w./]+/[\w.]+)`", guide)) | set(re.findall(r"`(\w+\.py)`", guide))
    named = {name for name in named if "NAME" not in name}
    there = [path.as_posix() for path in (*ROOT.rglob("*.py"), ROOT / ".ci" / "run")]
    there += [path.parent.as_posix() for path in ROOT.rglob("*.py")]
    assert len(named) > 20
    assert {name for name in named if not any(path.endswith(f"/{name}") for path in there)} == set()


def test_the_two_commands_are_one_line_each() -> None:
    commands = re.findall(r"```sh\n(.*?)\n```", TEXT, flags=re.DOTALL)
    assert ["inspect" in commands[0], "pytest" in commands[1]] == [True, True]
    for command in commands[:2]:
        assert "\n" not in command
        assert command.startswith("python3 -m venv .venv && ")


def test_what_is_installed_beside_another_tensorflow_is_what_is_needed() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    names = [re.split(r"[>=<;]", each)[0].strip() for each in project["dependencies"]]
    needed = [name for name in names if name not in {"tensorflow", "numpy", "tomli"}]
    lists = re.findall(r"pip install --no-deps layerdoctor\n *pip install (.*)\n", TEXT)
    assert [given.split() for given in lists] == [needed, needed]


def test_every_key_of_the_report_that_is_named_is_there() -> None:
    table = TEXT.split("## The report as JSON", 1)[1].split("\n## ", 1)[0]
    schema = document.schema()
    parts = (schema, *schema["$defs"].values())
    known = {name for part in parts for name in part.get("properties", {})}
    first = [row.split("|")[1] for row in table.splitlines() if row.startswith("| `")]
    keys = [key.removeprefix("targets[].") for row in first for key in re.findall(r"`(.*?)`", row)]
    assert [key for key in keys if key not in known] == []
