"""Whether the layer works for other batch sizes than the one it was built with."""

from __future__ import annotations

import dis
import itertools
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import replace
from typing import Any, cast

from layerdoctor.facts import Breach, Location
from layerdoctor.probe.contract.comparing import as_nodes
from layerdoctor.probe.contract.context import Context, EagerRun
from layerdoctor.probe.contract.graphs import Trace, line_of, operations, specs_of
from layerdoctor.probe.contract.models.functional import SymbolicCall
from layerdoctor.probe.contract.outcome import Skipped
from layerdoctor.probe.layer import framework
from layerdoctor.probe.layer.failures import first_cause

PROMISES = ("compute_output_shape", "compute_output_spec")
UNKNOWN_UNTRIED = "other batch sizes work, and an unknown one needs a symbolic call, which fails"
MOST_SQUARE = 3
"""How many square inputs are taken for adjacencies or not, in every combination."""


def check(context: Context) -> Iterator[Breach]:
    """Yield the batch sizes for which the call raises, or mixes the rows up."""
    if context.subject.framework == "tf.Module":
        yield from _of_a_module(context)
        return
    if getattr(context.layer, "stateful", False) is True:
        raise Skipped("the layer is declared `stateful`, so its batch size is fixed")
    tries = _tries(context)
    follows = {size for size, run in tries.items() if _follows(context, run, size)}
    in_groups = 2 * context.batch in follows and isinstance(tries.get(context.batch + 1), Exception)
    for size, run in tries.items():
        if isinstance(run, EagerRun):
            breach = _with_another_shape(context, run, size, follows)
        elif in_groups or _fits_as_nodes(context, size):
            breach = None
        else:
            breach = _raised(context, run, str(size))
        if breach is not None:
            yield breach
            return
    breach = _unknown(context)
    if breach is not None:
        yield breach


def _of_a_module(context: Context) -> Iterator[Breach]:
    """Yield that more rows than given always raise; nobody says that a module's are a batch."""
    more = [(size, run) for size, run in _tries(context).items() if size > context.batch]
    if all(isinstance(run, Exception) for _, run in more):
        size, error = more[0]
        yield from filter(None, [_raised(context, cast(Exception, error), str(size))])


def _tries(context: Context) -> dict[int, EagerRun | Exception]:
    """Return what comes of one row more, of twice as many, and of one."""
    given = context.batch
    sizes = dict.fromkeys((given + 1, 2 * given, 1) if given > 1 else (2,))
    if context.is_whole_model:  # which was made for an unknown one
        sizes = {2 * given: None}
    return {size: context.run_resized(size) for size in sizes}


def _outputs_of_the_batch(context: Context, run: EagerRun) -> list[tuple[Any, Any]]:
    """Return the outputs whose first size was the batch given, as they were and as they are.

    None where there are more or fewer of them: nobody knows then which is which.
    """
    usual = context.eager(False)[0].outputs
    if len(usual) != len(run.outputs):
        return []
    pairs = zip(usual, run.outputs, strict=True)
    return [(was, now) for was, now in pairs if was.shape[:1] == (context.batch,)]


def _follows(context: Context, run: EagerRun | Exception, size: int) -> bool:
    if isinstance(run, Exception):
        return False
    pairs = _outputs_of_the_batch(context, run)
    return bool(pairs) and all(now.shape[:1] == (size,) for _, now in pairs)


def _with_another_shape(
    context: Context, run: EagerRun, size: int, follows: set[int]
) -> Breach | None:
    for before, now in _outputs_of_the_batch(context, run):
        if now.shape[:1] != (size,) and (follows or _follows_at_first(context, size, before)):
            return Breach(
                kind="shape",
                expected=str((size, *before.shape[1:])),
                received=str(now.shape),
                location=_mixing_line(context, size) or context.call_line,
            )
    return None


def _mixing_line(context: Context, size: int) -> Location | None:
    """Return the line of the first operation that is given the batch first and does not keep it.

    Where there is none, the line from which on an output has the size of the batch given. Two
    traces are compared, one for the batch size given and one for the other.
    """
    specs = specs_of(context.resized(context.subject, size).tensors())
    traces = (context.trace(False), context.traced(specs, False))
    if any(isinstance(trace, Exception) for trace in traces):
        return None
    usual, other = (cast(Trace, trace).graph for trace in traces)
    sizes = (context.batch, size)
    for (one, _), (two, _) in zip(operations(usual), operations(other), strict=False):
        if one.type != two.type:
            return None
        given = list(zip(one.inputs, two.inputs, strict=False))
        made = zip(one.outputs, two.outputs, strict=False)
        firsts = [_first_sizes(pair) for pair in made if pair[0].dtype.is_floating]
        lost = any(first[0] == sizes[0] and first[1] != sizes[1] for first in firsts)
        if lost and any(_first_sizes(pair) == sizes for pair in given):
            return line_of(two, context.author)
    return _line_of_the_size(context, zip(usual.outputs, other.outputs, strict=False))


def _line_of_the_size(context: Context, outputs: Iterable[tuple[Any, Any]]) -> Location | None:
    """Return the line that first has the size of the batch given, on the way to an output.

    Goes back from an output that has it for either batch size through operands that have it.
    """
    kept = (context.batch, context.batch)
    pair = next((pair for pair in outputs if _first_sizes(pair) == kept), None)
    location = None
    while pair is not None:
        one, two = (tensor.op for tensor in pair)
        location = line_of(two, context.author) or location
        operands = zip(one.inputs, two.inputs, strict=False)
        pair = next((each for each in operands if _first_sizes(each) == kept), None)
    return location


def _first_sizes(pair: tuple[Any, Any]) -> tuple[int | None, ...]:
    return tuple(tensor.shape[0] if tensor.shape.rank else None for tensor in pair)


def _fits_as_nodes(context: Context, size: int) -> bool:
    """Whether the layer works for so many rows that others count or point at, as in a graph.

    An adjacency has as many columns as there are nodes, and an edge names nodes that exist.
    """
    given = context.batch
    square = [
        index for index, array in enumerate(context.subject.arrays) if _is_square(array, given)
    ]
    for several in itertools.product((True, False), repeat=len(square[:MOST_SQUARE])):
        counting = {index for index, chosen in zip(square, several, strict=False) if chosen}
        arrays = [
            as_nodes(array, given, size, axes=2 if index in counting else 1)
            for index, array in enumerate(context.subject.arrays)
        ]
        context.start.restore()
        with suppress(Exception):
            context.run(False, replace(context.resized(context.subject, size), arrays=arrays))
            return True
    return False


def _is_square(array: Any, given: int) -> bool:
    return bool(array.shape[:2] == (given, given))


def _follows_at_first(context: Context, size: int, before: Any) -> bool:
    """Whether a layer that meets this batch first returns it: then the size was the batch."""
    if context.obstacle is not None:
        return False
    outputs = context.run(False, context.resized(context.fresh(), size)).outputs
    return any(output.shape == (size, *before.shape[1:]) for output in outputs)


def _raised(context: Context, error: Exception, received: str) -> Breach | None:
    if _says_why(context, error):
        raise Skipped(f"for a batch of {received} the layer says why it refuses: {error}")
    failure = context.failure(error, "batch_size")
    location = _misused(context) or failure.location or context.call_line
    given = str(context.batch)
    return Breach(
        kind="raised", expected=given, received=received, failure=failure, location=location
    )


def _misused(context: Context) -> Location | None:
    """Return the line that an unknown batch size fails on, where one that is known does not.

    It is there that the size is taken for a number; with another number what comes of it fails,
    perhaps much later.
    """
    if not context.is_keras_3 or context.is_whole_model:
        return None
    unknown = context.first_symbolic_call
    if isinstance(unknown, SymbolicCall) or not isinstance(context.symbolic_call, SymbolicCall):
        return None
    return context.failure(unknown, "symbolic").location


def _says_why(context: Context, error: BaseException) -> bool:
    """Whether the author's own ``raise`` or ``assert`` refuses the batch."""
    trace = first_cause(error, context.author).__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    if trace is None or context.author.is_library(trace.tb_frame.f_code.co_filename):
        return False
    code = trace.tb_frame.f_code
    raising = {item.offset for item in dis.get_instructions(code) if item.opname == "RAISE_VARARGS"}
    return trace.tb_lasti in raising


def _unknown(context: Context) -> Breach | None:
    """Trace for an unknown batch, where the symbolic call has not done that already.

    Keras 3 asks what a layer promises of its output instead of tracing ``call``. Raises ``Skipped``
    where there is no symbolic call, which the check of that explains.
    """
    if not context.is_keras_3 or context.is_whole_model:
        return None
    if not isinstance(context.first_symbolic_call, SymbolicCall):
        raise Skipped(UNKNOWN_UNTRIED)
    if not any(framework.own_method(context.layer, method) for method in PROMISES):
        return None
    if isinstance(context.trace(False), Exception):
        return None
    trace = context.for_unknown_batch(False)
    if isinstance(trace, Exception):
        return _raised(context, trace, "an unknown batch size")
    return None
