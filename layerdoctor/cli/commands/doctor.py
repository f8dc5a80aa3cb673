"""``layerdoctor doctor``."""

from __future__ import annotations

from dataclasses import asdict

from layerdoctor import output
from layerdoctor.cli import printing
from layerdoctor.version import VERSION

VERSIONS = ("python", "tensorflow", "keras", "tf_keras", "numpy", "platform")


def command() -> int:
    """Describe the environment, ready to paste into a bug report."""
    from layerdoctor.environment import environment
    from layerdoctor.runner.pool import Pool

    with Pool(1, forward=printing.forward) as workers:
        seen = workers.describe_environment()
    versions = asdict(environment("cpu", 0))
    lines = [f"{name}: {versions[name] or 'not installed'}" for name in VERSIONS]
    lines += [f"{name}: {value}" for name, value in seen.items()]
    output.print_report("\n".join([f"layerdoctor: {VERSION}", *lines, ""]))
    return 0
