"""``layerdoctor check``."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from layerdoctor import output
from layerdoctor.cli import printing
from layerdoctor.cli.options.config import ConfigOptions, settings_of
from layerdoctor.cli.options.examination import RunOptions
from layerdoctor.cli.options.fix import FixHints
from layerdoctor.cli.options.gate import BaselineOptions, GateOptions
from layerdoctor.cli.options.judging import JudgeOptions
from layerdoctor.cli.options.report import ReportOptions
from layerdoctor.cli.options.selection import SelectionOptions, What
from layerdoctor.cli.printing import Printer, tell, tell_end
from layerdoctor.exits import INTERRUPTED

if TYPE_CHECKING:
    from layerdoctor.config.settings import Settings
    from layerdoctor.judge.run import Report
    from layerdoctor.target import Target


def command(
    *,
    config: ConfigOptions,
    rules: JudgeOptions,
    how: RunOptions,
    report: ReportOptions,
    selected: SelectionOptions,
    gate: GateOptions,
    accepted: BaselineOptions,
    what: What = [],
    fix_hints: FixHints = False,
) -> int:
    """Examine the layers of a project: the gate for hooks and CI.

    Without arguments these are the configured targets or, where there are none, what is found. A
    PATH stands for the layers found there, a TARGET is as in inspect.
    """
    from layerdoctor.judge.notices import notices
    from layerdoctor.run import cache_of, run
    from layerdoctor.runner.cores import cores
    from layerdoctor.runner.pool import Pool

    gate.check(config)
    settings = settings_of(config, rules, how, selected, gate)
    ledger = accepted.ledger(settings, rules)
    cache = cache_of(settings) if selected.cache else None
    selection = selected.selection(what, settings, cache, discovering=gate.init)
    shard, targets = gate.part([*selection.targets.values()], cache)
    printer = Printer(report, settings.format or ("full" if sys.stdout.isatty() else "concise"))
    with Pool(settings.jobs or cores(), forward=printing.forward) as workers:
        seen = run(
            targets,
            settings,
            workers=workers,
            selection=selection,
            cache=cache,
            ledger=ledger,
            shard=shard,
            progress=printing.progress(quiet=report.quiet),
        )
        if fix_hints:
            from layerdoctor.fix.hints import with_hints

            seen = with_hints(seen, targets, settings, workers)
        tell_end(seen, len(targets))
        for words in notices(seen, settings, selection, ledger):
            tell(words)
        printer.publish(seen)  # the last process goes in the meantime
    _conclude(gate, targets, seen, settings)
    return seen.exit_code


def _conclude(
    gate: GateOptions, targets: Sequence[Target], seen: Report, settings: Settings
) -> None:
    """Do what is asked for besides the report."""
    if gate.init and seen.exit_code != INTERRUPTED:
        _initialise(targets, seen, settings)
    if gate.statistics:
        printing.tell_statistics(seen)


def _initialise(targets: Sequence[Target], report: Report, settings: Settings) -> None:
    from layerdoctor.config import new_entries
    from layerdoctor.wording import counted

    file = new_entries.config_file(settings, Path.cwd())
    facts = [diagnosis.facts for diagnosis in report.diagnoses]
    new = new_entries.entries(targets, facts, settings, file)
    if new.tables or new.left_out:
        output.write_report(new_entries.extended(file, new), file)
    comments = f", {len(new.left_out)} as comments" if new.left_out else ""
    tell(f"{counted(len(new.tables), 'target')} added to `{file.name}`{comments}")
