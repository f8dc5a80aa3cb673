"""What the layers of another module take from this one."""

import numpy as np
import tensorflow as tf

GAIN = tf.Variable([1.0, 2.0, 3.0, 4.0, 5.0])  # OtherModuleGlobal: LD101; OtherModuleFn: LD101
TABLE = np.linspace(0, 1, 20, dtype="float32").reshape(4, 5)


class Store:
    gain = tf.Variable(tf.ones(5))  # OtherClass: LD101


def scale(x):
    return x * GAIN
