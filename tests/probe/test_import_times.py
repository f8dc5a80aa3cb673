"""What takes long when a module is imported."""

from __future__ import annotations

from pathlib import Path

from layerdoctor.probe.hooks.import_times import ImportTimes
from layerdoctor.user_code import Author

WORK = """
import time

end = time.monotonic() + 1.5


def busy():
    while time.monotonic() < end:
        pass


class Model:
    number = 3


busy()
"""


def test_the_statement_that_works_is_named(tmp_path: Path) -> None:
    file = tmp_path / "work.py"
    file.write_text(WORK, encoding="utf-8")
    times = ImportTimes(Author([str(tmp_path)]))
    with times.watched():
        exec(compile(WORK, str(file), "exec"), {})
    [ask] = times.asks()
    assert f"for one statement: `busy()` at {file}:16 runs whenever" in ask
    assert 'under `if __name__ == "__main__":`' in ask


def test_definitions_ask_for_nothing(tmp_path: Path) -> None:
    file = tmp_path / "definitions.py"
    file.write_text(WORK.replace("\nbusy()", ""), encoding="utf-8")
    times = ImportTimes(Author([str(tmp_path)]))
    with times.watched():
        exec(compile(file.read_text(encoding="utf-8"), str(file), "exec"), {})
    assert times.asks() == []
