"""LD901: the marker removed, or the entry of it that suppresses nothing."""

from __future__ import annotations

import re
from collections.abc import Iterator

import libcst as cst

from layerdoctor.remedies.case import Case, Remedy

MARKER = re.compile(r"#\s*layerdoctor:\s*ignore\[(?P<entries>[^\]]*)\][^#]*")


def candidates(case: Case) -> Iterator[cst.Module | None]:
    """Leave out the entry that the finding names, and the comment where nothing else is in it."""
    comments = [
        node
        for node in case.places.nodes(cst.TrailingWhitespace, case.line)
        if node.comment is not None and MARKER.search(node.comment.value)
    ]
    if comments and case.finding.subject:
        yield _without(case, comments[-1], case.finding.subject)


def _without(case: Case, trailing: cst.TrailingWhitespace, entry: str) -> cst.Module | None:
    assert trailing.comment is not None
    words = trailing.comment.value
    found = MARKER.search(words)
    assert found is not None
    entries = [each.strip() for each in found["entries"].split(",")]
    unused = [each.strip() for each in entry.split(",")]
    left = [each for each in entries if each not in unused]
    if left == entries:
        return None
    if left:
        start, end = found.span("entries")
        new = words[:start] + ", ".join(left) + words[end:]
    else:
        new = (words[: found.start()] + words[found.end() :]).strip()
    changed = (
        trailing.with_deep_changes(trailing.comment, value=new)
        if new
        else trailing.with_changes(comment=None, whitespace=cst.SimpleWhitespace(""))
    )
    return cst.ensure_type(case.module.deep_replace(trailing, changed), cst.Module)


REMEDY = Remedy(codes=("LD901",), candidates=candidates)
