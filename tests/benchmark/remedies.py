"""How many findings have a remedy that was proved, and how long one takes.

`python -m tests.benchmark.remedies [--only CODES] [--project FOLDER] [-v]` tries the bad example of
every rule and, where a folder with a `layerdoctor.toml` is named, the targets of that project.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from layerdoctor.cli.fixing import rendered
from layerdoctor.config import selection, settings
from layerdoctor.fix.files import cures
from layerdoctor.fix.search import Outcome
from layerdoctor.rules import RULES
from layerdoctor.run import run
from layerdoctor.runner.pool import Pool
from tests.examples.test_rule_examples import entry

WITHOUT_CODE = ("LD002", "LD003", "LD004", "LD005", "LD201", "LD203", "LD206", "LD210")
"""The rules that call for no code: what is wrong is the author's to say."""


@dataclass(frozen=True)
class Tried:
    """One finding, what became of it, and how long its file took, shared among its findings."""

    code: str
    outcome: Outcome | None
    seconds: float

    @property
    def is_proved(self) -> bool:
        """Whether a remedy holds."""
        verdict = self.outcome.verdict if self.outcome else None
        return verdict is not None and verdict.holds


def write_examples(folder: Path, only: tuple[str, ...]) -> None:
    """Write the bad example of every rule, and a config that names them."""
    entries = []
    for rule in RULES:
        if not rule.code.startswith(only):
            continue
        module = rule.name.replace("-", "_")
        folder.joinpath(f"{module}.py").write_text(rule.bad.source, encoding="utf-8")
        chosen = "" if rule.code == "LD901" else f'\nselect = ["{rule.code}"]'  # it looks at others
        entries.append(entry(module, rule.bad) + chosen)
    folder.joinpath("layerdoctor.toml").write_text("\n\n".join(entries), encoding="utf-8")


def tried(folder: Path, only: tuple[str, ...], *, verbose: bool) -> Iterator[Tried]:
    """Yield every finding of a project, and whether it was cured."""
    os.chdir(folder)
    said = settings.load(Path("layerdoctor.toml"))
    if not any(table.select for table in said.targets.values()):
        said = settings.overridden(said, {"select": list(only)})  # for those that must be asked
    targets = [*selection.chosen([], said).targets.values()]
    with Pool(1, forward=lambda _, line: print(line, file=sys.stderr)) as workers:
        report = run(targets, said, workers=workers)
        left = [(f.code, f.subject) for _, f in report.findings() if f.code.startswith(only)]
        began = time.perf_counter()
        for cure in (each.cure for each in cures(report, targets, said, workers)):
            seconds = time.perf_counter() - began
            if verbose:
                print(rendered(cure, color=False, verbose=True), flush=True)
            for outcome in cure.outcomes:
                key = (outcome.finding.code, outcome.finding.subject)
                if key in left:
                    left.remove(key)
                    yield Tried(key[0], outcome, seconds / len(cure.outcomes))
            began = time.perf_counter()
        yield from (Tried(code, None, 0.0) for code, _ in left)


def table(found: list[Tried]) -> str:
    """Return how many findings of each code were cured, in Markdown."""
    by_code = defaultdict(list)
    for each in found:
        by_code[each.code].append(each)
    lines = ["| code | findings | proved | seconds each |", "|---|---|---|---|"]
    for code, group in sorted(by_code.items()):
        proved = [each for each in group if each.is_proved]
        took = [each.seconds for each in group if each.outcome is not None]
        mean = f"{sum(took) / len(took):.1f}" if took else "-"
        lines.append(f"| {code} | {len(group)} | {len(proved)} | {mean} |")
    code_wanted = [each for each in found if each.code not in WITHOUT_CODE]
    proved = [each for each in code_wanted if each.is_proved]
    lines.append(f"\n{len(proved)} of {len(code_wanted)} findings that call for code are cured")
    return "\n".join(lines)


def main() -> None:
    """Try, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", default="LD", help="codes or prefixes, between commas")
    parser.add_argument("--project", type=Path, help="a folder with a layerdoctor.toml")
    parser.add_argument("--verbose", "-v", action="store_true", help="print the changes")
    options = parser.parse_args()
    only = tuple(options.only.split(","))
    with tempfile.TemporaryDirectory() as name:
        folder = options.project
        if folder is None:
            folder = Path(name)
            write_examples(folder, only)
        found = list(tried(folder.absolute(), only, verbose=options.verbose))
    print(table(found))


if __name__ == "__main__":
    main()
