"""Layers that harm what is around them."""

import gc
import locale
import os
import random
import signal
import sys

import keras
import numpy as np
import tensorflow as tf
from raising import Plain


class WritesToDescriptors(Plain):
    def call(self, inputs):
        os.write(1, b'{"schema": 1}\x1b[31m[bold]from descriptor 1[/bold]\x07\n')
        os.write(2, b"from descriptor 2 \xff\xfe\n")
        print("from print")
        return inputs * self.w


class WritesWithoutEnd(Plain):
    def call(self, inputs):
        for _ in range(2_000):
            os.write(1, b"x" * 10_000)
        return inputs * self.w


class WritesForEver(Plain):
    def call(self, inputs):
        while True:
            os.write(2, b"and on and on\n" * 100)


class ClosesItsStreams(Plain):
    def call(self, inputs):
        os.close(1)
        os.close(2)
        return inputs * self.w


class ClosesEverything(Plain):
    def call(self, inputs):
        os.closerange(0, 4096)
        return inputs * self.w


class WritesEverywhere(Plain):
    def call(self, inputs):
        for number in range(3, 64):
            try:
                os.write(number, b"\xff\xff\xff\x7fjunk\n")
            except OSError:
                continue
        return inputs * self.w


class ReplacesStdout(Plain):
    def call(self, inputs):
        sys.stdout = sys.stderr = None
        return inputs * self.w


class ChangesDirectory(Plain):
    def call(self, inputs):
        os.chdir("/")
        return inputs * self.w


class LeavesADeadDirectory(Plain):
    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        import tempfile

        with tempfile.TemporaryDirectory() as folder:
            os.chdir(folder)


class EmptiesThePath(Plain):
    def call(self, inputs):
        sys.path.clear()
        return inputs * self.w


class EmptiesTheModules(Plain):
    def call(self, inputs):
        for name in [name for name in sys.modules if name.startswith("layerdoctor")]:
            del sys.modules[name]
        return inputs * self.w


class ChangesHandlers(Plain):
    def call(self, inputs):
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGCHLD, signal.SIGALRM):
            signal.signal(number, lambda *_: None)
        return inputs * self.w


class ChangesLocale(Plain):
    def call(self, inputs):
        locale.setlocale(locale.LC_ALL, "C")
        return inputs * self.w


class EmptiesTheEnvironment(Plain):
    def call(self, inputs):
        os.environ.clear()
        return inputs * self.w


class ChangesSeeds(Plain):
    def call(self, inputs):
        random.seed(1)
        np.random.seed(1)
        tf.random.set_seed(1)
        return inputs * self.w


class ChangesPolicy(Plain):
    def call(self, inputs):
        keras.config.set_dtype_policy("float64")
        keras.config.set_floatx("float64")
        return inputs * self.w


class ChangesNumpy(Plain):
    def call(self, inputs):
        np.seterr(all="raise")
        gc.disable()
        sys.setrecursionlimit(200)
        return inputs * self.w


class SetsATrace(Plain):
    def call(self, inputs):
        sys.settrace(lambda *_: None)
        sys.setprofile(lambda *_: None)
        return inputs * self.w


class RunsFunctionsEagerly(Plain):
    def call(self, inputs):
        tf.config.run_functions_eagerly(True)
        return inputs * self.w
