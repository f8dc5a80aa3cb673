"""Options that are one of a few words."""

from __future__ import annotations

from layerdoctor.target import BadInput, nearest


def one_of(option: str, value: str, known: tuple[str, ...]) -> None:
    """Check a choice; raises ``BadInput``."""
    if value not in known:
        expected = f"expected one of {', '.join(known)}{nearest(value, known)}"
        raise BadInput(f"{option}: received `{value}`; {expected}")
