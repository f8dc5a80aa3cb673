"""The entry of a worker process: examines one target and sends its facts, part by part."""

from __future__ import annotations

import contextlib
import faulthandler
import gc
import io
import os
import signal
import sys
import traceback
from multiprocessing import forkserver
from multiprocessing.connection import Connection
from typing import Any, NoReturn

import msgspec

from layerdoctor.facts import Check, TargetError
from layerdoctor.handshake import ASK, STARTED
from layerdoctor.probe.guard import under_guard
from layerdoctor.probe.memory import limit_memory
from layerdoctor.probe.touched import watch
from layerdoctor.target import Target


def examine(
    request: bytes, made: bytes, channel: Connection, output: Connection, trace: Connection
) -> None:
    """Examine the target that the request holds, send facts as JSON objects, and end the process.

    Each message is a table of fields of ``LayerFacts``; later ones replace earlier ones. The
    message ``{"started": true}`` says that TensorFlow is imported and the target's own time begins,
    ``{"finished": true}`` that nothing more comes. What is printed, from C too, goes to ``output``;
    the stack goes to ``trace`` when the process is about to die or its time is up. ``made`` holds
    checks of the contract that another process has made: then only the others are.
    """
    target = msgspec.msgpack.decode(request, type=Target)
    checks = msgspec.json.decode(made, type=tuple[Check, ...])
    _detach()
    _redirect(output)
    _prepare(target)
    if target.device == "cpu" or target.memory_limit is not None:
        limit_memory(target.memory_limit)

    from layerdoctor.probe.examination import Examination
    from layerdoctor.probe.loading import NothingToExamine

    own = os.getpid()

    def emit(**fields: Any) -> None:
        if os.getpid() != own:
            _leave(0)
        _write(channel.fileno(), msgspec.json.encode(fields) + b"\n")

    watch()
    os.write(1, STARTED)
    emit(started=True, process=own)
    _watch_for_death(trace.fileno(), target.timeout)
    try:
        Examination(target, emit, checks).run()
    except NothingToExamine as nothing:
        skipped = target.discovered and nothing.error.kind == "guess"
        emit(status="skipped" if skipped else "error", error=nothing.error)
    except BaseException as error:
        message = f"{type(error).__name__} inside layerdoctor"
        emit(
            status="error",
            error=TargetError(kind="internal", message=message, traceback=traceback.format_exc()),
        )
    with contextlib.suppress(Exception):
        sys.stdout.flush()
    with contextlib.suppress(Exception):
        sys.stderr.flush()
    emit(finished=True)
    _leave(0)


_leave = os._exit


def _write(descriptor: int, data: bytes) -> None:
    left = memoryview(data)
    while left:
        left = left[os.write(descriptor, left) :]


def _detach() -> None:
    """Let go of the server, and go under guard: nothing is left behind."""
    server = getattr(forkserver, "_forkserver", None)
    alive = getattr(server, "_forkserver_alive_fd", None)
    if alive is not None:
        with contextlib.suppress(OSError):
            os.close(alive)
    under_guard()
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


def _watch_for_death(trace: int, timeout: float) -> None:
    """Have the stack written when the process dies, exits on its own, or its time is up."""
    faulthandler.enable(trace, all_threads=True)
    if ASK is not None:
        faulthandler.register(ASK, trace, all_threads=False)
    else:
        faulthandler.dump_traceback_later(timeout, file=trace)

    own = os.getpid()

    def leave(status: int) -> NoReturn:
        if os.getpid() == own:
            faulthandler.dump_traceback(trace)
        _leave(status)

    os._exit = leave


def _prepare(target: Target) -> None:
    """Bring TensorFlow to the state in which every target finds it.

    What the imports made is frozen: to look through it for garbage costs more than an examination.
    """
    import keras
    import tensorflow as tf

    if target.device == "cpu":
        tf.config.set_visible_devices([], "GPU")
    else:
        for device in tf.config.list_physical_devices("GPU"):
            tf.config.experimental.set_memory_growth(device, True)
    tf.get_logger().setLevel("ERROR")
    tf.autograph.set_verbosity(0)
    tf.debugging.disable_traceback_filtering()
    if hasattr(keras.config, "disable_traceback_filtering"):
        keras.config.disable_traceback_filtering()
    tf.zeros(())
    gc.freeze()


def look_around(channel: Connection) -> None:
    """Send what can be said of TensorFlow and its surroundings only by importing it."""
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
