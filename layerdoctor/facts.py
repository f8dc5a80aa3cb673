"""What was observed of one layer: plain data that travels between processes as JSON.

Nothing in here is a judgement. ``None`` means "not observed", never "no". Files are relative to the
working directory where they lie under it, with ``/`` separators; lines count from 1. Attributes are
written as the author writes them: ``self.w``, ``self.blocks[0].gain``, ``self.table['rows']``.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

import msgspec

from layerdoctor.stages import Stage as Stage  # noqa: PLC0414 - it is one of the words of the facts
from layerdoctor.target import Input, InputsAs

Framework = Literal["keras", "tf_keras", "tf.Module"]
"""Keras 3; every Keras 2, whatever its package is called; or neither."""

Phase = Literal["init", "build", "call"]
"""What was running when something was made."""

Measured = Literal["flows", "zero", "none", "nonfinite"]
"""What a gradient, or its absence, is seen to be."""

GradientStatus = Literal[Measured, "not-applicable", "not-run"]
"""``not-applicable`` to what is not trainable or not a float."""

Cause = Literal["unused", "discarded", "cut", "stopped", "left-tensorflow", "integer"]
"""Why there is no gradient: never read, read in vain, or what ended every path."""

Holder = Literal["attribute", "closure", "global", "class", "module", "layer", "call", "inline"]
"""Where something is held that the framework does not know of: in a ``tf.Module``, inside an
untracked sub-layer, made during a call and still held, a literal in the graph."""

Mode = Literal["training", "inference"]

FailureKind = Literal["raised", "timeout", "crash"]

ConstantKind = Literal["tensor", "ndarray"]

VariableKind = Literal["tf.Variable", "keras.Variable"]

Kept = Literal["tensors", "objects"]
"""What a layer keeps more of after every call."""

Where = Literal["output", "gradient"]

InputValues = Literal["ordinary", "zeros", "masked"]
"""Of what the inputs are made for which something arises."""

NonFiniteValue = Literal["NaN", "infinity"]

Idiom = Literal["piecewise-constant", "identity"]
"""What a custom gradient that differs on purpose stands for."""

Precision = Literal["float32", "float64"]

Sameness = Literal["equal", "finite", "start", "changed"]
"""Whether a changed layer returns what it returned: always, wherever that was finite, only with the
weights it starts with, or not."""

NodeKind = Literal["input", "weight", "variable", "constant", "line", "output"]
"""A station of the forward pass; a ``line`` is one of the author's source."""

EdgeGradient = Literal[Measured, "unknown"]

CheckName = Literal[
    "graph",
    "determinism",
    "inputs",
    "symbolic",
    "batch_size",
    "training",
    "xla",
    "losses",
    "output_shape",
    "constructor",
    "config",
    "state",
    "mixed_precision",
    "mask",
    "freeze",
]
"""The checks of the contract. To add one, name it here and in the probe's table of checks."""

CheckStatus = Literal["passed", "failed", "skipped", "random"]
"""``random``: the layer draws anew in each call, and says so."""

BreachKind = Literal[
    "eager-only",
    "leaked",
    "mismatch",
    "forgotten",
    "kept-trace",
    "dropped",
    "misfit",
    "changed",
    "swallowed",
    "refused",
    "claimed",
    "lost",
    "unbuilt",
    "unsaved",
    "unloadable",
    "uncallable",
    "compute-output-shape",
    "symbolic",
    "functional-fit",
    "subclassed-fit",
    "own-step",
    "idle-step",
    "xla",
    "per-sample",
    "shape",
    "dtype",
    "differs",
    "random",
    "mutated",
    "mutated-array",
    "ignored",
    "unfrozen",
    "raised",
    "crash",
    "timeout",
]
"""The ways in which a check fails. To add one, name it here and give it words in the probe."""

Status = Literal["examined", "skipped", "error"]

ErrorKind = Literal["import", "attribute", "not-a-layer", "inputs", "config", "guess", "internal"]

Effect = Literal["outputs", "losses", "weights", "raises"]
"""It gives other outputs, has other weights, or cannot be called."""

Between = Literal["constructions", "processes"]
"""Between what a constant differs: made anew in each layer, or in each process."""

ModelKind = Literal["functional", "subclassed", "itself"]
"""A model around the layer, one that holds it, or the layer, where it is a model."""

SavedFormat = Literal[".keras", ".h5", "checkpoint", "SavedModel"]
"""What a model is saved as; all but the first are those of Keras 2 alone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Location:
    """A line of source, and the call on it that is meant, where one is known."""

    file: str
    line: int
    call: str | None = None
    """The name of the function called on that line (``argmax``), from which its span is found."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """Something that raised, did not end, or ended the process."""

    stage: Stage
    kind: FailureKind
    exception: str | None = None
    """The exception's class name; None for a timeout or a crash."""
    message: str
    """The first cause in its own words; for a crash, how the process ended."""
    location: Location | None = None
    """The author's line."""
    traceback: str | None = None
    check: CheckName | None = None
    """The contract check that was running, in the stage ``contract``."""
    training: bool = False
    """Whether only a call in training mode raises."""
    missing_super: bool = False
    """Whether the layer's ``__init__`` never called ``super().__init__()``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One operation on the way of a gradient, from a weight to an output."""

    op: str
    location: Location | None = None
    cut: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Gradient:
    """How the gradient of the outputs reaches one variable, constant or input."""

    status: GradientStatus
    norm: float | None = None
    """The Euclidean norm at the first draw, three significant digits."""
    cause: Cause | None = None
    """Where the status is ``none``."""
    op: str | None = None
    location: Location | None = None
    """The operation that ends the path, and the author's line of it. Where unused: what takes the
    shape of the variable, and nothing of its value."""
    path: tuple[Step, ...] = ()
    """From the variable to the output, shortened to the author's own lines."""
    number: int | None = None
    """Which operation of the forward pass that is, in the order in which they ran."""
    upstream: int | None = None
    """Where it ends at an operation: how many trainable variables that one is computed from."""
    condition: Location | None = None
    """Where unused: the condition under which alone the source reads the variable, and which no
    input tried took."""
    awaits: str | None = None
    """The optional argument of the call, left out, that the condition looks at."""
    modes: dict[Mode, GradientStatus] | None = None
    """The status in ``training`` and ``inference``, where the two differ."""
    stuck: bool | None = None
    """Where the status is ``zero``: whether it stays so for every draw of the inputs while all
    other weights are perturbed and stepped."""
    other_start_revives: bool | None = None
    """Where stuck: whether another start value of this variable gives it a gradient."""
    held_by: tuple[str, ...] = ()
    """Where stuck: the other variables that start at zero as this one does, and keep it there."""


NOT_RUN = Gradient(status="not-run")


@dataclass(frozen=True, slots=True, kw_only=True)
class Weight:
    """A variable that the framework has registered as a weight of the layer."""

    name: str
    path: str
    attribute: str
    shape: tuple[int | None, ...]
    dtype: str
    trainable: bool
    created_in: Phase | None
    location: Location | None
    """The author's line that made it."""
    gradient: Gradient = NOT_RUN
    owner: str = "self"
    """The attribute path of the sub-layer that holds it; ``self`` for the layer's own."""
    owner_location: Location | None = None
    """The line that puts the sub-layer where it is, where a call was the first to build it."""
    owner_called: bool | None = None
    """Whether the forward pass called the sub-layer that holds it; None for the layer's own."""
    given: bool = False
    """Whether the caller handed it in, with a layer that is an argument of the constructor."""
    assigned_at: Location | None = None
    """The author's line in the forward pass that assigns it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UntrackedVariable:
    """A variable that the forward pass reads or the layer holds and that is no weight of it."""

    name: str
    attribute: str
    holder: Holder
    shape: tuple[int | None, ...]
    dtype: str
    trainable: bool
    used: bool | None
    created_in: Phase | None
    location: Location | None
    gradient: Gradient = NOT_RUN
    given: bool = False
    """Whether the caller handed it in, as an argument of the constructor."""
    layer: str | None = None
    """The attribute path of the untracked sub-layer that holds it."""
    kind: VariableKind = "tf.Variable"
    filled: float | None = None
    """The number that every element starts as; None where they differ, or nobody saw them."""
    made_by: str | None = None
    """The class of the sub-layer that made it in its `build`, where no name leads to that."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UntrackedLayer:
    """A sub-layer with weights that the layer uses or holds, and does not track."""

    attribute: str
    class_name: str
    framework: Framework
    holder: Holder
    location: Location | None
    """The line that made it or put it where it is."""
    called: bool | None
    weights: int
    frozen: bool
    """Whether it has no trainable weight."""
    given: bool
    """Whether the caller handed it in."""
    reserved: bool = False
    """Whether it is tracked, under a name at which saving does not look."""


@dataclass(frozen=True, slots=True, kw_only=True)
class IdleLayer:
    """A sub-layer that is never called, and so never built, though others of its class are."""

    attribute: str
    class_name: str
    location: Location | None
    """The line that puts it where it is."""
    called_beside: tuple[str, ...] = ()
    """The items of the same container that are called."""
    named: bool = False
    """Whether a method that does not make it names its attribute, or may read it by any name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Constant:
    """A tensor or array that takes part in the layer, and that the framework does not know of."""

    name: str
    """As the author writes it: ``self.table``, ``order``, ``TABLE``."""
    holder: Holder
    kind: ConstantKind
    shape: tuple[int, ...]
    dtype: str
    bytes: int
    stable: bool | None
    """Whether a second construction with the same arguments, and another process, give the same
    values."""
    differs_between: Between | None = None
    """Where it is not stable: what it differs between."""
    used: bool | None
    derived_from: tuple[str, ...] = ()
    """The attributes of the weights it was computed from, in ``__init__`` or ``build``."""
    location: Location | None = None
    gradient: Gradient = NOT_RUN
    given: bool = False
    """Whether it was an argument of the constructor."""
    created_in: Phase | None = None
    """``init`` or ``build``, or ``call`` where a call made it and kept it."""
    copied: bool | None = None
    """Of an array: whether a call takes it whole, rather than a part or something made of it."""
    filled: float | None = None
    """The number that every element is; None where they differ."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewVariable:
    """A variable that a call made."""

    name: str
    call: int
    """Which call made it, counted from 1."""
    location: Location | None
    sublayer: str | None = None
    """The class of the sub-layer it belongs to, where the call made that too."""
    inner_location: Location | None = None
    """The line of that sub-layer's own that made it."""
    assigned_to: str | None = None
    """What the source gives it to: a local name, or an attribute."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GrowingState:
    """Something on the layer that holds more after every call."""

    attribute: str
    kind: Kept
    sizes: tuple[int, ...]
    """How many after each call."""
    location: Location | None
    leaks: bool = False
    """Whether what is kept are tensors of the forward pass."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Retrace:
    """A ``tf.function`` that traced again though the shapes and types were the same."""

    function: str
    location: Location | None
    """The author's line that called it; of a function made anew in every call, its own."""
    traces: tuple[int, ...]
    """How many traces in each call."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Growth:
    """What repeated calls left behind."""

    calls: int
    variables_per_call: tuple[int, ...]
    """How many variables each call made; the first includes ``build``."""
    tracked_per_call: tuple[int, ...]
    """How many weights the layer had after each call."""
    new_variables: tuple[NewVariable, ...] = ()
    state: tuple[GrowingState, ...] = ()
    retraced: tuple[Retrace, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class NonFinite:
    """A NaN or an infinity that arose."""

    where: Where
    subject: str
    """The output, weight or input that carries it."""
    inputs: InputValues
    """What it arose for."""
    value: NonFiniteValue
    op: str | None
    location: Location | None
    """The operation where it first arises; for a gradient, the forward operation whose gradient
    made it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class InputGradient:
    """How the gradient reaches one float input."""

    name: str
    gradient: Gradient


@dataclass(frozen=True, slots=True, kw_only=True)
class LossGradient:
    """How the gradient of the author's own loss reaches one variable."""

    attribute: str
    status: Measured
    norm: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnLoss:
    """A loss of the author's own on a batch of the author's own, in training."""

    name: str
    value: float
    gradients: tuple[LossGradient, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class GradientCheck:
    """A custom gradient compared with central differences along random directions."""

    function: str
    location: Location | None
    analytic: float
    numeric: float
    error: float
    """Relative to the largest derivative; the median over the directions."""
    precision: Precision
    """The type in which the differences were taken."""
    idiom: Idiom | None = None
    """Where the difference is a known one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Output:
    """One output of the layer, in the order of ``tree.flatten``."""

    shape: tuple[int | None, ...]
    dtype: str
    reached_by: tuple[str, ...] | None = None
    """The attributes of the weights whose gradient reaches this output."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FlowNode:
    """One station of the data on its way through the layer."""

    id: str
    kind: NodeKind
    label: str
    """The name; for a line, the operations on it."""
    location: Location | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FlowEdge:
    """Data that goes from one station to the next, and the gradient that comes back."""

    source: str
    target: str
    gradient: EdgeGradient


@dataclass(frozen=True, slots=True, kw_only=True)
class FlowGraph:
    """The forward pass as the author wrote it: one node for each line that computed something."""

    nodes: tuple[FlowNode, ...]
    edges: tuple[FlowEdge, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelLayer:
    """One layer of a model, with all that is inside it."""

    name: str
    """What the framework calls it, as in ``model.get_layer(name)``."""
    attribute: str
    class_name: str
    location: Location | None
    """The line of its class, where that is the author's."""
    output_shape: tuple[int | None, ...] | None
    """Of its first output; None where it was not called."""
    weights: int
    trainable: int
    inside: int
    """How many layers are inside it."""
    norm: float | None
    """Of the gradient at its first output, three significant digits; None where there is none."""
    status: GradientStatus
    """The worst that the gradient of one of its trainable weights is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Breach:
    """One way in which a check of the contract did not hold."""

    kind: BreachKind
    subject: str | None = None
    subjects: tuple[str, ...] = ()
    """Of what is unbuilt: all of it, the subject first."""
    expected: str | None = None
    received: str | None = None
    difference: float | None = None
    """The largest absolute difference between two outputs."""
    op: str | None = None
    location: Location | None = None
    failure: Failure | None = None
    tried: str | None = None
    """The argument that had to be moved away from its default to see it: ``dropout=0.5``."""
    effect: Effect | None = None
    """What becomes of a layer that is made of its config without an argument."""
    model: ModelKind | None = None
    """The model whose archive was read in another process to see it."""
    format: SavedFormat | None = None
    """What that model was saved as; None where only weights were."""
    attribute: str | None = None
    """Of an argument: the attribute of the layer that keeps it as it was given."""
    only_behind_trained: bool = False
    """Of training: whether it only fails where something before the layer is trained too."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One check of the layer's contract with its framework."""

    name: CheckName
    status: CheckStatus
    reason: str | None = None
    """Why it did not pass."""
    breaches: tuple[Breach, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Behaviour:
    """What a changed layer computes, beside what it computed before, with the same weights."""

    outputs: Sameness | None
    """None where they cannot be compared."""
    reason: str | None = None
    """Why they cannot be compared, or what differs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetError:
    """Why there was nothing to examine."""

    kind: ErrorKind
    message: str
    traceback: str | None = None
    location: Location | None = None
    """The author's line, where an import failed; else that of the target in the config."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LayerFacts:
    """Everything that was observed of one target."""

    id: str
    """The name of its table in the config, the target as given, or what discovery calls it."""
    target: str
    """``package.module:Class`` or ``path/to/file.py:Class``."""
    status: Status = "examined"
    """``skipped`` where no inputs or arguments could be guessed, ``error`` where there was nothing
    to examine."""
    error: TargetError | None = None
    """Why it was not examined."""
    class_name: str | None = None
    file: str | None = None
    line: int | None = None
    framework: Framework | None = None
    builds_itself: bool | None = None
    """Whether the class defines ``build``."""
    args: dict[str, object] = field(default_factory=dict)
    inputs: tuple[Input, ...] = ()
    inputs_as: InputsAs = "auto"
    call_args: dict[str, object] = field(default_factory=dict)
    """The further arguments of the call."""
    loop: Location | None = None
    """The author's line of the first loop in a graph of the forward pass: where one goes on without
    an end, no line of Python runs."""
    guessed_args: tuple[str, ...] = ()
    """The constructor's arguments that nobody gave; ``Input.inferred`` says so of inputs."""
    left_out: tuple[str, ...] = ()
    """The arguments of the call that were left at None."""
    outputs: tuple[Output, ...] | None = None
    weights: tuple[Weight, ...] = ()
    untracked_variables: tuple[UntrackedVariable, ...] = ()
    untracked_layers: tuple[UntrackedLayer, ...] = ()
    idle_layers: tuple[IdleLayer, ...] = ()
    constants: tuple[Constant, ...] = ()
    growth: Growth | None = None
    nonfinite: tuple[NonFinite, ...] | None = None
    input_gradients: tuple[InputGradient, ...] | None = None
    gradient_checks: tuple[GradientCheck, ...] | None = None
    own_loss: OwnLoss | None = None
    """None where no loss was given."""
    flow: FlowGraph | None = None
    layers: tuple[ModelLayer, ...] | None = None
    """Of a model: its layers, in the order of the data."""
    checks: tuple[Check, ...] = ()
    saved_as: tuple[SavedFormat, ...] = ()
    """The formats in which it was saved, and loaded and called by another process."""
    failures: tuple[Failure, ...] = ()
    behaviour: Behaviour | None = None
    """None unless it was compared with an earlier version of the layer."""
    completed: tuple[Stage, ...] = ()
    """The stages that ended without a failure."""
    asks: tuple[str, ...] = ()
    """What would have to be given for more to be observed, in words, options included."""
    local_files: tuple[str, ...] = ()
    """The author's files that were imported or read."""
    looked_for: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """Names of modules, and of missing files, by the folder in which they were looked for."""
    seconds: float = 0.0
    """What the examination took, from the target's own start."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Environment:
    """Where the examination ran."""

    python: str
    tensorflow: str | None
    keras: str | None
    tf_keras: str | None
    numpy: str | None
    platform: str
    device: str
    seed: int


def encode(facts: LayerFacts) -> bytes:
    """Return the facts as JSON."""
    return msgspec.json.encode(facts)


def decode(data: bytes) -> LayerFacts:
    """Return the facts that ``encode`` wrote; raises ``msgspec.ValidationError`` otherwise."""
    return msgspec.json.decode(data, type=LayerFacts)
