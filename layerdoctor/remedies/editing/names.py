"""What the author calls TensorFlow, Keras and NumPy, and what his dotted names stand for."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence

import libcst as cst
from libcst import matchers as m

from layerdoctor.facts import Framework

PACKAGES: dict[Framework | None, str] = {"tf_keras": "tf_keras"}


class Names:
    """The imports of a module, read and added to."""

    def __init__(
        self,
        module: cst.Module,
        framework: Framework | None = "keras",
        earlier: Sequence[cst.Module] = (),
    ) -> None:
        """``earlier`` are the cells of a notebook before this one."""
        self._module = module
        self._keras = PACKAGES.get(framework, "keras")
        every = (*earlier, module)
        self._imported = {name: stands_for for each in every for name, stands_for in _imports(each)}

    def meaning(self, node: cst.CSTNode) -> str:
        """Return what a dotted name stands for: ``tensorflow.Variable`` for ``tf.Variable``.

        Keras is ``keras`` wherever it is imported from. Nothing for what is no dotted name.
        """
        return self._plain(self.stands_for(dotted(node)))

    def stands_for(self, written: str) -> str:
        """Return a dotted name with its first part explained by the imports."""
        head, dot, rest = written.partition(".")
        return f"{self._imported.get(head, head)}{dot}{rest}"

    def _plain(self, name: str) -> str:
        for package in ("tensorflow.keras", "tf_keras", "tensorflow.compat.v2.keras"):
            if name == package or name.startswith(f"{package}."):
                return f"keras{name.removeprefix(package)}"
        return name

    def written(self, meaning: str) -> str | None:
        """Return how the author writes a name such as ``keras.Variable``; None without an import.

        The alias that says most is taken: ``ops.mean`` before ``keras.ops.mean``.
        """
        found = []
        for alias, stands_for in self._imported.items():
            if self._is_of_other_keras(stands_for):
                continue
            plain = self._plain(stands_for)
            if meaning == plain or meaning.startswith(f"{plain}."):
                found.append((len(plain), alias + meaning.removeprefix(plain)))
            elif stands_for == "tensorflow" and meaning.startswith("keras") and self._uses(alias):
                found.append((0, f"{alias}.{meaning}"))
        return max(found)[1] if found else None

    def _is_of_other_keras(self, package: str) -> bool:
        """Whether a package is the Keras that the layer is not of."""
        head = package.partition(".")[0]
        if self._keras == "keras":
            return head == "tf_keras"
        heads = (each.partition(".")[0] for each in self._imported.values())
        return head == "keras" and "tf_keras" in heads

    def _uses(self, alias: str) -> bool:
        """Whether the author writes ``tf.keras``."""
        return bool(m.findall(self._module, m.Attribute(m.Name(alias), m.Name("keras"))))

    def known(self, meaning: str) -> tuple[str, str | None]:
        """Return how to write a name, and the package to import for it, if there is one."""
        written = self.written(meaning)
        if written is not None:
            return written, None
        package, dot, rest = meaning.partition(".")
        package = self._keras if package == "keras" else package
        short = {"tensorflow": "tf", "numpy": "np"}.get(package, package)
        return f"{short}{dot}{rest}", package if short == package else f"{package} as {short}"


def dotted(node: cst.CSTNode) -> str:
    """Return ``a.b.c`` of a name or an attribute; nothing of anything else."""
    if isinstance(node, cst.Name):
        return node.value
    if isinstance(node, cst.Attribute):
        owner = dotted(node.value)
        return f"{owner}.{node.attr.value}" if owner else ""
    return ""


def with_import(module: cst.Module, package: str | None) -> cst.Module:
    """Return the module with ``import package`` among its imports, in alphabetical order."""
    if package is None:
        return module
    body = list(module.body)
    line = cst.ensure_type(
        cst.parse_statement(f"import {package}", config=module.config_for_parsing),
        cst.SimpleStatementLine,
    )
    plain = [
        index
        for index, statement in enumerate(body)
        if m.matches(statement, m.SimpleStatementLine(body=[m.Import()]))
    ]
    own = _order(line)
    orders = {index: _order(cst.ensure_type(body[index], IMPORT)) for index in plain}
    if not any(order[0] == own[0] for order in orders.values()):
        from_same = _first_from(body, third_party=own[0])
        if from_same is not None:
            old = cst.ensure_type(body[from_same], IMPORT)
            body[from_same] = old.with_changes(leading_lines=[])
            body.insert(from_same, line.with_changes(leading_lines=old.leading_lines))
            return module.with_changes(body=body)
    later = [index for index in plain if orders[index] > own]
    if later:
        old = cst.ensure_type(body[later[0]], IMPORT)
        line = line.with_changes(leading_lines=old.leading_lines)
        apart = [] if orders[later[0]][0] == own[0] else [cst.EmptyLine(indent=False)]
        body[later[0]] = old.with_changes(leading_lines=apart)
        body.insert(later[0], line)
    elif plain:
        body.insert(plain[-1] + 1, line)
    else:
        body.insert(_first_place(body), line)
    return module.with_changes(body=body)


IMPORT = cst.SimpleStatementLine


def _first_from(body: Sequence[cst.BaseStatement], *, third_party: bool) -> int | None:
    """Return the first ``from`` import of a group, which plain imports stand before."""
    for index, statement in enumerate(body):
        if m.matches(statement, m.SimpleStatementLine(body=[m.ImportFrom(relative=[])])):
            group, words = _order(cst.ensure_type(statement, IMPORT))
            if group == third_party and not words.startswith("from __future__"):
                return index
    return None


def _order(line: cst.SimpleStatementLine) -> tuple[bool, str]:
    """Return what imports are sorted by: the standard library comes first."""
    words = line_text(line)
    package = words.split()[1].partition(".")[0].rstrip(",")
    return package not in sys.stdlib_module_names, words


def line_text(line: cst.SimpleStatementLine) -> str:
    """Return a statement as text, without what surrounds it."""
    return cst.Module([line.with_changes(leading_lines=[])]).code.strip()


def _first_place(body: Sequence[cst.BaseStatement]) -> int:
    """Return where imports begin: behind the docstring and what ``__future__`` gives.

    In the cell of a notebook a magic may stand there, as ``pass``.
    """
    index = 0
    for number, statement in enumerate(body):
        docstring = m.matches(statement, m.SimpleStatementLine([m.Expr(m.SimpleString())]))
        future = m.matches(
            statement, m.SimpleStatementLine([m.ImportFrom(module=m.Name("__future__"))])
        )
        magic = m.matches(statement, m.SimpleStatementLine([m.Pass()]))
        if future or ((docstring or magic) and number == 0):
            index = number + 1
    return index


def _imports(module: cst.Module) -> Iterator[tuple[str, str]]:
    """Yield each imported name and what it stands for."""
    for found in m.findall(module, m.Import() | m.ImportFrom()):
        if isinstance(found, cst.ImportFrom):
            if found.relative or found.module is None or isinstance(found.names, cst.ImportStar):
                continue
            package = dotted(found.module)
            for alias in found.names:
                yield (
                    alias.evaluated_alias or alias.evaluated_name,
                    (f"{package}.{alias.evaluated_name}"),
                )
        elif isinstance(found, cst.Import):
            for alias in found.names:
                name = alias.evaluated_name
                head = name.partition(".")[0]
                yield (alias.evaluated_alias, name) if alias.evaluated_alias else (head, head)
