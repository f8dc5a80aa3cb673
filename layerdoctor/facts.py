"""What was observed of one layer: plain data that travels between processes as JSON.

Nothing in here is a judgement. ``None`` means "not observed", never "no". Files are relative to the
working directory where they lie under it, with ``/`` separators; lines count from 1. Attributes are
written as the author writes them: ``self.w``, ``self.blocks[0].gain``, ``self.table['rows']``.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass, field

import msgspec

from layerdoctor.target import Input


class Stage(enum.Enum):
    """The stages of an examination, in their order."""

    CONSTRUCT = "construct"
    BUILD = "build"
    CALL = "call"
    REPEAT = "repeat"
    GRADIENT = "gradient"
    TRACE = "trace"
    CONTRACT = "contract"


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
    kind: str
    """``raised``, ``timeout`` or ``crash``."""
    exception: str | None = None
    """The exception's class name; None for a timeout or a crash."""
    message: str
    """The first cause in its own words; for a crash, how the process ended."""
    location: Location | None = None
    """The author's line."""
    traceback: str | None = None
    check: str | None = None
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

    status: str
    """``flows``, ``zero``, ``none``, ``nonfinite``, ``not-applicable`` or ``not-run``."""
    norm: float | None = None
    """The Euclidean norm at the first draw, three significant digits."""
    cause: str | None = None
    """Where the status is ``none``: ``unused``, ``discarded``, ``cut``, ``stopped``,
    ``left-tensorflow`` or ``integer``."""
    op: str | None = None
    location: Location | None = None
    """The operation that ends the path, and the author's line of it."""
    path: tuple[Step, ...] = ()
    """From the variable to the output, shortened to the author's own lines."""
    modes: dict[str, str] | None = None
    """The status in ``training`` and ``inference``, where the two differ."""
    stuck: bool | None = None
    """Where the status is ``zero``: whether it stays so for every draw of the inputs while all
    other weights are perturbed and stepped."""
    other_start_revives: bool | None = None
    """Where stuck: whether another start value of this variable gives it a gradient."""


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
    created_in: str | None
    """``init``, ``build`` or ``call``."""
    location: Location | None
    """The author's line that made it."""
    gradient: Gradient = NOT_RUN
    owner: str = "self"
    """The attribute path of the sub-layer that holds it; ``self`` for the layer's own."""
    owner_location: Location | None = None
    """The line that puts the sub-layer where it is, where a call was the first to build it."""
    owner_called: bool | None = None
    """Whether the forward pass called the sub-layer that holds it; None for the layer's own."""
    assigned_at: Location | None = None
    """The author's line in the forward pass that assigns it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UntrackedVariable:
    """A variable that the forward pass reads or the layer holds and that is no weight of it."""

    name: str
    attribute: str
    holder: str
    """``attribute``, ``closure``, ``global``, ``class``, ``module``, ``layer`` or ``call``."""
    shape: tuple[int | None, ...]
    dtype: str
    trainable: bool
    used: bool | None
    created_in: str | None
    location: Location | None
    gradient: Gradient = NOT_RUN
    given: bool = False
    """Whether the caller handed it in, as an argument of the constructor."""
    layer: str | None = None
    """The attribute path of the untracked sub-layer that holds it."""
    kind: str = "tf.Variable"
    """``tf.Variable`` or ``keras.Variable``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UntrackedLayer:
    """A sub-layer with weights that the layer uses or holds, and does not track."""

    attribute: str
    class_name: str
    framework: str
    holder: str
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
class Constant:
    """A tensor or array that takes part in the layer, and that the framework does not know of."""

    name: str
    """As the author writes it: ``self.table``, ``order``, ``TABLE``."""
    holder: str
    """``attribute``, ``closure``, ``global``, ``class``, ``module`` or ``inline``."""
    kind: str
    """``tensor`` or ``ndarray``."""
    shape: tuple[int, ...]
    dtype: str
    bytes: int
    stable: bool | None
    """Whether a second construction with the same arguments gives the same values."""
    used: bool | None
    derived_from: tuple[str, ...] = ()
    """The attributes of the weights it was computed from, in ``__init__`` or ``build``."""
    location: Location | None = None
    gradient: Gradient = NOT_RUN
    given: bool = False
    """Whether it was an argument of the constructor."""
    created_in: str | None = None
    """``init`` or ``build``, or ``call`` where a call made it and kept it."""
    copied: bool | None = None
    """Of an array: whether a call takes it whole, rather than a part or something made of it."""


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


@dataclass(frozen=True, slots=True, kw_only=True)
class GrowingState:
    """Something on the layer that holds more after every call."""

    attribute: str
    kind: str
    """What is kept: ``tensors`` or ``objects``."""
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
    """The author's line that called it."""
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

    where: str
    """``output`` or ``gradient``."""
    subject: str
    """The output, weight or input that carries it."""
    inputs: str
    """``ordinary`` or ``zeros``: the inputs it arose for."""
    value: str
    """``NaN`` or ``infinity``."""
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
class GradientCheck:
    """A custom gradient compared with central differences along random directions."""

    function: str
    location: Location | None
    analytic: float
    numeric: float
    error: float
    """Relative to the largest derivative; the median over the directions."""
    precision: str
    """``float64`` or ``float32``: the type in which the differences were taken."""
    idiom: str | None = None
    """``piecewise-constant`` or ``identity``, where the difference is a known idiom."""


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
    kind: str
    """``input``, ``weight``, ``variable``, ``constant``, ``line`` (of the author's source) or
    ``output``."""
    label: str
    """The name; for a line, the operations on it."""
    location: Location | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FlowEdge:
    """Data that goes from one station to the next, and the gradient that comes back."""

    source: str
    target: str
    gradient: str
    """``flows``, ``zero``, ``none``, ``nonfinite`` or ``unknown``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FlowGraph:
    """The forward pass as the author wrote it: one node for each line that computed something."""

    nodes: tuple[FlowNode, ...]
    edges: tuple[FlowEdge, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Breach:
    """One way in which a check of the contract did not hold."""

    kind: str
    subject: str | None = None
    expected: str | None = None
    received: str | None = None
    difference: float | None = None
    """The largest absolute difference between two outputs."""
    op: str | None = None
    location: Location | None = None
    failure: Failure | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One check of the layer's contract with its framework."""

    name: str
    status: str
    """``passed``, ``failed`` or ``skipped``."""
    reason: str | None = None
    """Why it did not pass."""
    breaches: tuple[Breach, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetError:
    """Why there was nothing to examine."""

    kind: str
    """``import``, ``attribute``, ``not-a-layer``, ``inputs``, ``config``, ``guess`` or
    ``internal``."""
    message: str
    traceback: str | None = None
    location: Location | None = None
    """The author's line, where an import failed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LayerFacts:
    """Everything that was observed of one target."""

    id: str
    target: str
    status: str = "examined"
    """``examined``, ``skipped`` or ``error``."""
    error: TargetError | None = None
    class_name: str | None = None
    file: str | None = None
    line: int | None = None
    framework: str | None = None
    """``keras``, ``tf_keras`` or ``tf.Module``."""
    builds_itself: bool | None = None
    """Whether the class defines ``build``."""
    args: dict[str, object] = field(default_factory=dict)
    inputs: tuple[Input, ...] = ()
    inputs_as: str = "auto"
    call_args: dict[str, object] = field(default_factory=dict)
    """The further arguments of the call."""
    outputs: tuple[Output, ...] | None = None
    weights: tuple[Weight, ...] = ()
    untracked_variables: tuple[UntrackedVariable, ...] = ()
    untracked_layers: tuple[UntrackedLayer, ...] = ()
    constants: tuple[Constant, ...] = ()
    growth: Growth | None = None
    nonfinite: tuple[NonFinite, ...] | None = None
    input_gradients: tuple[InputGradient, ...] | None = None
    gradient_checks: tuple[GradientCheck, ...] | None = None
    flow: FlowGraph | None = None
    checks: tuple[Check, ...] = ()
    failures: tuple[Failure, ...] = ()
    completed: tuple[Stage, ...] = ()
    """The stages that ended without a failure."""
    asks: tuple[str, ...] = ()
    """What would have to be given for more to be observed, in words, options included."""
    local_files: tuple[str, ...] = ()
    """The author's files that were imported."""
    seconds: float = 0.0


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
