"""``layerdoctor fix``."""

from __future__ import annotations

from layerdoctor import output
from layerdoctor.cli import printing
from layerdoctor.cli.options.config import ConfigOptions, settings_of
from layerdoctor.cli.options.examination import RunOptions
from layerdoctor.cli.options.fix import FixOptions
from layerdoctor.cli.options.judging import JudgeOptions
from layerdoctor.cli.options.layer import LayerOptions
from layerdoctor.cli.options.selection import SelectionOptions, What
from layerdoctor.cli.printing import style_of, tell
from layerdoctor.exits import INTERRUPTED


def command(
    *,
    layer: LayerOptions,
    config: ConfigOptions,
    rules: JudgeOptions,
    how: RunOptions,
    selected: SelectionOptions,
    cure: FixOptions,
    what: What = [],
) -> int:
    """Print, as a diff, changes of the source that were tried and hold; write them if asked.

    A change is shown only if the finding is gone, nothing new is found, and the layer computes
    what it computed from the same weights, unless that was what was wrong.
    """
    from layerdoctor.cli import fixing
    from layerdoctor.fix.files import cures
    from layerdoctor.run import cache_of, run
    from layerdoctor.runner.cores import cores
    from layerdoctor.runner.pool import Pool

    settings = settings_of(config, rules, how, selected)
    cache = cache_of(settings) if selected.cache else None
    selection = cure.selection(what, layer, selected, settings, cache)
    targets = [*selection.targets.values()]
    style = style_of(cure.color)
    with Pool(settings.jobs or cores(), forward=printing.forward) as workers:
        shown = printing.progress(quiet=cure.quiet)
        seen = run(
            targets,
            settings,
            workers=workers,
            selection=selection,
            cache=cache,
            progress=shown,
        )
        if seen.exit_code == INTERRUPTED:
            raise KeyboardInterrupt
        found = [each.cure for each in cures(seen, targets, settings, workers, cure.told)]
    for each in found:
        text = fixing.rendered(each, color=style.color, verbose=cure.verbose)
        output.print_report(text)
    if cure.verbose:
        output.print_report(fixing.untried(seen, found))
    fixing.tell_refused(seen)
    applied = fixing.written(found, allow_dirty=cure.allow_dirty) if cure.apply else None
    tell(fixing.closing(seen, found, applied))
    return fixing.exit_code(seen, found, applied)
