"""The entry of a worker process: examines targets and sends their facts, part by part."""

from __future__ import annotations

import contextlib
import faulthandler
import gc
import io
import os
import signal
import sys
from multiprocessing import current_process, forkserver, resource_tracker
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, NoReturn

import msgspec

from layerdoctor.facts import TargetError
from layerdoctor.probe.hooks import lookups
from layerdoctor.probe.hooks.files_used import watch
from layerdoctor.probe.layer.memory import limit_memory
from layerdoctor.probe.worker.guard import under_guard
from layerdoctor.probe.worker.import_environment import Ahead, SetTooLate
from layerdoctor.protocol import (
    ASK,
    GUARD,
    IMPORTED,
    STARTED,
    Finished,
    Message,
    NeedsEnvironment,
    Request,
    Started,
    Tell,
    observed,
)

NO_GPU = (
    "the device is `gpu`, and TensorFlow finds no GPU on this machine: write `--device cpu`, or "
    '`device = "cpu"` in the config'
)


def serve(
    requests: Connection,
    channel: Connection,
    output: Connection,
    trace: Connection,
    *,
    device: str,
    lasting: bool,
    cold: bool,
) -> NoReturn:
    """Examine the targets that are asked for, send messages, and end the process.

    It is made ready for the ``device`` before it is asked, and can examine another target only if
    it is ``lasting``. A ``cold`` process was started with the variables of the environment that the
    target's module needs. What is printed, from C too, goes to ``output``; the stack goes to
    ``trace`` when the process is about to die or its time is up.
    """
    _detach()
    _redirect(output)
    tell = _teller(channel)
    error = _prepare(device)
    request = _request(requests)
    if error is not None:
        tell(observed(status="error", error=error))
        tell(Finished())
        _leave(0)
    if device == "cpu" or request.target.memory_limit is not None:
        limit_memory(request.target.memory_limit)

    from layerdoctor.probe.worker.process_state import ProcessState

    _watch_for_death(trace.fileno())
    process_state = ProcessState() if lasting else None
    while True:
        _examine(request, tell, trace, cold=cold)
        reusable = process_state is not None and process_state.restore()
        tell(Finished(reusable=reusable))
        if not reusable:
            _leave(0)
        request = _request(requests)


def _request(requests: Connection) -> Request:
    try:
        data = requests.recv_bytes()
    except EOFError:
        _leave(0)
    return msgspec.msgpack.decode(data, type=Request)


def _examine(request: Request, tell: Tell, trace: Connection, *, cold: bool) -> None:
    """Do what was asked for; what cannot be examined, and a fault of ours, are told as that."""
    from layerdoctor.probe.hooks.frames import traceback_text
    from layerdoctor.probe.layer.loading import NothingToExamine

    _log_errors_only()
    watch()
    lookups.listen()
    os.write(1, STARTED)
    target = request.target
    tell(Started(group=os.getpid()))
    if ASK is None:
        faulthandler.dump_traceback_later(target.timeout, file=trace.fileno())
    try:
        _observe(request, tell, None if cold else Ahead(target.device))
    except SetTooLate as late:
        if late.error is None:
            tell(NeedsEnvironment(late.variables))
        else:
            tell(observed(status="error", error=late.error))
    except NothingToExamine as nothing:
        skipped = target.discovered and nothing.error.kind == "guess"
        tell(observed(status="skipped" if skipped else "error", error=nothing.error))
    except BaseException as error:
        words = f"{type(error).__name__} inside layerdoctor"
        whole = traceback_text(error, whole=True)
        fault = TargetError(kind="internal", message=words, traceback=whole)
        tell(observed(status="error", error=fault))
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(Exception):
            stream.flush()


def _observe(request: Request, tell: Tell, ahead: Ahead | None) -> None:
    """Load what another process has saved, compare two versions of a layer, or examine one.

    With ``ahead``, what importing the target's module sets too late is looked for.
    """
    from layerdoctor.probe.contract.reload.second_process import SecondProcess
    from layerdoctor.probe.examination.before_and_after import BeforeAndAfter
    from layerdoctor.probe.examination.examination import Examination

    def imported() -> None:
        if ahead is not None:
            ahead.check()
        with contextlib.suppress(Exception):  # the module may have closed or replaced it
            sys.stdout.flush()
        with contextlib.suppress(OSError):
            os.write(1, IMPORTED)

    if request.saved is not None:
        SecondProcess(Path(request.saved), request.made, tell).run()
    elif request.comparison is not None:
        BeforeAndAfter(request.target, request.comparison, tell).run()
    else:
        Examination(request.target, tell, request.made, imported=imported).run()


def _teller(channel: Connection) -> Tell:
    """Return what sends messages; in a process that the layer has forked it ends that process."""
    own, descriptor = os.getpid(), channel.fileno()

    def tell(message: Message) -> None:
        if os.getpid() != own:
            _leave(0)
        _write(descriptor, _encoded(message) + b"\n")

    return tell


def _encoded(message: Message) -> bytes:
    """Return the message as JSON, with surrogates, which no encoding has, written out."""
    try:
        return msgspec.json.encode(message)
    except UnicodeEncodeError:
        return msgspec.json.encode(_without_surrogates(msgspec.to_builtins(message)))


def _without_surrogates(value: Any) -> Any:
    if isinstance(value, str):
        return value.encode("utf-8", "backslashreplace").decode()
    if isinstance(value, list):
        return [_without_surrogates(item) for item in value]
    if isinstance(value, dict):
        return {_without_surrogates(key): _without_surrogates(item) for key, item in value.items()}
    return value


_leave = os._exit


def _write(descriptor: int, data: bytes) -> None:
    left = memoryview(data)
    while left:
        left = left[os.write(descriptor, left) :]


def _detach() -> None:
    """Let go of the server, and go under guard: nothing is left behind."""
    server = getattr(forkserver, "_forkserver", None)
    tracker = getattr(resource_tracker, "_resource_tracker", None)
    for owner, name in ((server, "_forkserver_alive_fd"), (tracker, "_fd")):
        descriptor = getattr(owner, name, None)
        if descriptor is not None:
            setattr(owner, name, None)
            with contextlib.suppress(OSError):
                os.close(descriptor)
    current_process().daemon = False
    under_guard()
    os.environ[GUARD] = str(os.getppid())
    signal.signal(signal.SIGINT, signal.default_int_handler)


def _redirect(output: Connection) -> None:
    for descriptor in (1, 2):
        os.dup2(output.fileno(), descriptor)
    sys.stdout = _text(1)
    sys.stderr = _text(2)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)


def _text(descriptor: int) -> io.TextIOWrapper:
    raw = io.FileIO(descriptor, "w", closefd=False)
    return io.TextIOWrapper(
        io.BufferedWriter(raw), encoding="utf-8", errors="replace", line_buffering=True
    )


def _watch_for_death(trace: int) -> None:
    """Have the stack written when the process dies, exits on its own, or is asked for it."""
    faulthandler.enable(trace, all_threads=True)
    if ASK is not None:
        faulthandler.register(ASK, trace, all_threads=False)

    own = os.getpid()

    def leave(status: int) -> NoReturn:
        if os.getpid() == own:
            faulthandler.dump_traceback(trace)
        _leave(status)

    os._exit = leave


def _log_errors_only() -> None:
    """Have TensorFlow and Keras log errors only, and leave exceptions as they are."""
    import keras
    import tensorflow as tf

    tf.get_logger().setLevel("ERROR")
    tf.autograph.set_verbosity(0)
    tf.debugging.disable_traceback_filtering()
    if hasattr(getattr(keras, "config", None), "disable_traceback_filtering"):
        keras.config.disable_traceback_filtering()


def _prepare(device: str) -> TargetError | None:
    """Bring TensorFlow to the state in which every target finds it, or return why it cannot be.

    What the imports made is frozen: to look through it for garbage costs more than an examination.
    """
    try:
        import tensorflow as tf

        if device == "cpu":
            tf.config.set_visible_devices([], "GPU")
        elif devices := tf.config.list_physical_devices("GPU"):
            for each in devices:
                tf.config.experimental.set_memory_growth(each, True)
        else:
            return TargetError(kind="config", message=NO_GPU)
        # Grappler rewrites each graph before its first run; here a graph runs once or twice.
        tf.config.optimizer.set_experimental_options({"disable_meta_optimizer": True})
        tf.zeros(())
    except Exception as error:
        words = f"`import tensorflow` raised {type(error).__name__}: {error}, in {sys.executable}"
        return TargetError(kind="import", message=words)
    gc.freeze()
    return None


def describe_environment(channel: Connection) -> None:
    """Send what can be said of TensorFlow and its process_state only by importing it."""
    found: dict[str, str] = {}
    try:
        import tensorflow as tf

        devices = tf.config.list_physical_devices()
        found["devices"] = ", ".join(device.name for device in devices)
        found["keras backend"] = sys.modules["keras"].config.backend()
    except BaseException as error:
        found["import"] = f"{type(error).__name__}: {error}"
    for name in ("KERAS_BACKEND", "TF_USE_LEGACY_KERAS", "CUDA_VISIBLE_DEVICES"):
        if name in os.environ:
            found[name] = os.environ[name]
    channel.send_bytes(msgspec.json.encode(found))
    channel.close()
