"""Whether the order of a set may show in a layer, and another seed under which it is another.

Python orders a set of texts by their hashes, which each process draws anew. A process that was
forked has those of its parent.
"""

from __future__ import annotations

import ast
import inspect
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from itertools import islice, permutations

from layerdoctor.probe.layer import framework

SEEDS = range(1, 9)
"""The seeds that are tried."""
ORDERLESS = ("len", "sorted", "min", "max", "any", "all", "bool", "hasattr", "isinstance")
"""Functions whose result does not depend on the order of what they are given."""
WITHOUT_ORDER = ("issubset", "issuperset", "isdisjoint", "add", "discard", "remove", "update")
"""Methods of a set that do not depend on its order."""
TRIED = 24
"""In how many orders the texts of a set are put into it: those of four."""
PRINT = """
import itertools, json, sys
most, sets = json.loads(sys.argv[1])
tried = [itertools.islice(itertools.permutations(one), most) for one in sets]
print(json.dumps([sorted({tuple(set(order)) for order in orders}) for orders in tried]))
"""
"""Prints the orders that sets of these texts may have, as a list for each.

Where hashes collide, that depends on which text was put in first: a set that was written out is
kept in the compiled file in the order that it had in the process that compiled it.
"""


def other_hash_seed(kind: type) -> str | None:
    """Return another seed of hashes for a class that the order of a set may show in, else None.

    It is one that orders the sets that are written out in the source otherwise than here.
    """
    sets: list[list[str]] = []
    shows = False
    for tree in _sources(kind):
        for node in _ordered(tree):
            shows = True
            texts = [item.value for item in ast.walk(node) if isinstance(item, ast.Constant)]
            sets.append([text for text in texts if isinstance(text, str)])
    if not shows:
        return None
    several = [texts for texts in sets if len(set(texts)) > 1]
    here = [{tuple(set(order)) for order in islice(permutations(one), TRIED)} for one in several]
    own = os.environ.get("PYTHONHASHSEED")
    seeds = [str(seed) for seed in SEEDS if str(seed) != own]
    return next((seed for seed in seeds if several and _differ(here, several, seed)), seeds[0])


def _differ(here: list[set[tuple[str, ...]]], sets: list[list[str]], seed: str) -> bool:
    environment = {**os.environ, "PYTHONHASHSEED": seed}
    with suppress(OSError, subprocess.SubprocessError, ValueError):
        command = [sys.executable, "-S", "-c", PRINT, json.dumps([TRIED, sets])]
        there = subprocess.run(
            command, env=environment, capture_output=True, check=True, text=True, timeout=5
        )
        pairs = zip(here, json.loads(there.stdout), strict=True)
        return all(one.isdisjoint(map(tuple, other)) for one, other in pairs)
    return False


def _sources(kind: type) -> Iterator[ast.Module]:
    """Yield the modules of the author's classes, without other classes and without functions."""
    bases = [base for base in kind.__mro__ if not framework.is_framework_class(base)]
    for module in {base.__module__: inspect.getmodule(base) for base in bases}.values():
        with suppress(OSError, SyntaxError, TypeError, ValueError):
            tree = ast.parse(inspect.getsource(module)) if module else None
            if tree is None:
                continue
            names = {base.__qualname__.partition(".")[0] for base in bases}
            defined = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
            tree.body = [
                item for item in tree.body if not isinstance(item, defined) or item.name in names
            ]
            yield tree


def _ordered(tree: ast.Module) -> Iterator[ast.expr]:
    """Yield the expressions that make a set, or a hash, whose order something may read."""
    inside = {child: node for node in ast.walk(tree) for child in ast.iter_child_nodes(node)}
    read: dict[str, list[ast.AST]] = {}
    for node, holder in inside.items():
        if isinstance(getattr(node, "ctx", None), ast.Load):
            read.setdefault(_name(node), []).append(holder)
    for node, holder in inside.items():
        if not isinstance(node, ast.expr) or not _makes_set(node):
            continue
        readers = [holder]
        if isinstance(holder, (ast.Assign, ast.AnnAssign)):
            targets = holder.targets if isinstance(holder, ast.Assign) else [holder.target]
            readers = [reader for target in targets for reader in read.get(_name(target), [])]
        if not all(map(_is_orderless, readers)):
            yield node


def _name(node: ast.AST) -> str:
    return str(getattr(node, "id", None) or getattr(node, "attr", ""))


def _makes_set(node: ast.expr) -> bool:
    if isinstance(node, (ast.Set, ast.SetComp)):
        return True
    called = getattr(node.func, "id", None) if isinstance(node, ast.Call) else None
    return called in ("set", "frozenset", "hash") and bool(getattr(node, "args", ()))


def _is_orderless(reader: ast.AST) -> bool:
    """Whether what reads a set does not depend on its order."""
    if isinstance(reader, ast.Compare):
        return True
    if isinstance(reader, ast.Attribute):
        return reader.attr in WITHOUT_ORDER
    return isinstance(reader, ast.Call) and getattr(reader.func, "id", None) in ORDERLESS
