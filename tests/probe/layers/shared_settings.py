"""What the layers of another module take from this one."""

import numpy as np
import tensorflow as tf

GAIN = tf.Variable([1.0, 2.0, 3.0, 4.0, 5.0])  # LD101: shared_settings.GAIN (OtherModuleGlobal) / LD101: GAIN (OtherModuleFn)
TABLE = np.linspace(0, 1, 20, dtype="float32").reshape(4, 5)


class Store:
    gain = tf.Variable(tf.ones(5))  # LD101: shared_settings.Store.gain (OtherClass)


def scale(x):
    return x * GAIN
