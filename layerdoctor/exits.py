"""The exit codes, of which the highest that applies wins."""

FINDINGS, REFUSED, INTERNAL, INTERRUPTED = 1, 2, 101, 130
