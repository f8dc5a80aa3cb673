"""Layers that end their process, hang, or leave others running."""

import ctypes
import multiprocessing
import os
import signal
import subprocess
import sys
import threading
import time

import tensorflow as tf
from raising import Plain


class Aborts(Plain):
    def call(self, inputs):
        os.abort()


class Segfaults(Plain):
    def call(self, inputs):
        ctypes.string_at(0)


class ExitsAtOnce(Plain):
    def call(self, inputs):
        os._exit(0)


class ExitsInBuild(Plain):
    def build(self, input_shape):
        os._exit(7)


class KillsItself(Plain):
    def call(self, inputs):
        os.kill(os.getpid(), signal.SIGKILL)


class KillsItsGroup(Plain):
    def call(self, inputs):
        os.killpg(0, signal.SIGKILL)


class KillsItsParent(Plain):
    def call(self, inputs):
        os.kill(os.getppid(), signal.SIGKILL)
        time.sleep(600)


class HangsInPython(Plain):
    def call(self, inputs):
        while True:
            pass


class HangsInC(Plain):
    def call(self, inputs):
        ctypes.PyDLL(None).sleep(600)


class HangsWhenSaved(Plain):
    def get_config(self):
        threading.Event().wait()


class HangsOnAnotherBatch(Plain):
    def call(self, inputs):
        if inputs.shape[0] != 4:
            threading.Event().wait()
        return inputs * self.w

    def get_config(self):
        threading.Event().wait()


class SleepsForEver(Plain):
    def call(self, inputs):
        threading.Event().wait()


class StopsItself(Plain):
    def call(self, inputs):
        os.kill(os.getpid(), signal.SIGSTOP)
        return inputs * self.w


class IgnoresSignals(Plain):
    def call(self, inputs):
        for number in set(signal.Signals) - {signal.SIGKILL, signal.SIGSTOP}:
            signal.signal(number, signal.SIG_IGN)
        time.sleep(600)


class ForksAndReturnsTwice(Plain):
    def call(self, inputs):
        os.fork()
        return inputs * self.w


class ForksADaemon(Plain):
    def call(self, inputs):
        if os.fork() == 0:
            os.setsid()
            if os.fork() == 0:
                time.sleep(600)
            os._exit(0)
        return inputs * self.w


class StartsAProgram(Plain):
    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.program = subprocess.Popen(["sleep", "600"], start_new_session=True)


class StartsThreads(Plain):
    def call(self, inputs):
        threading.Thread(target=time.sleep, args=(600,), daemon=False).start()
        return inputs * self.w


class StartsAPool(Plain):
    def call(self, inputs):
        pool = multiprocessing.get_context("fork").Process(target=time.sleep, args=(600,))
        pool.start()
        return inputs * self.w


class HangsAtExit(Plain):
    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        import atexit

        atexit.register(time.sleep, 600)


class AllocatesFarTooMuch(Plain):
    def call(self, inputs):
        return inputs * self.w + tf.reduce_sum(tf.ones((1_000_000, 1_000_000)))


class FillsMemory(Plain):
    def call(self, inputs):
        kept = []
        while True:
            kept.append(bytearray(64 * 1024))


class FillsMemoryForGood(Plain):
    def call(self, inputs):
        self.kept = []
        while True:
            self.kept.append(bytearray(64 * 1024))


class TwoGibibytes(Plain):
    def call(self, inputs):
        return inputs * self.w + tf.reduce_max(tf.zeros((2, 1024, 1024, 256)))


class LimitOfRecursion(Plain):
    def call(self, inputs):
        sys.setrecursionlimit(10**9)

        def down():
            return down() + 1

        return inputs + down()
