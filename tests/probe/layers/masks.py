"""Layers that take masks and hand them on, or do not."""

# aside: LD104 LD206 LD505

import keras
import tensorflow as tf
import tf_keras
from keras import ops


class DropsSteps(keras.layers.Layer):  # inputs: 3,6,4
    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.supports_masking = True  # LD510 error

    def call(self, steps):
        return ops.mean(steps, axis=1)


class DropsStepsOfSquare(keras.layers.Layer):  # inputs: 4,4,4
    """The mask fits by chance: as many samples as steps and features."""

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.supports_masking = True  # LD510 error

    def call(self, steps):
        return ops.mean(steps, axis=1)


class HalvesSteps(keras.layers.Layer):  # inputs: 3,6,4
    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.supports_masking = True  # LD510 error

    def call(self, steps):
        return steps[:, ::2]


class DeclaresTooEarly(keras.layers.Layer):  # inputs: 3,6,4
    def __init__(self, **kwargs):
        self.supports_masking = True  # LD508 note: the mask of the input is lost
        super().__init__(**kwargs)

    def call(self, steps):
        return steps * 2.0


class WrongComputeMask(keras.layers.Layer):  # inputs: 3,6,4
    def call(self, steps):
        return steps[:, 1:]

    def compute_mask(self, steps, previous_mask=None):  # LD510 error
        return previous_mask


class PooledWords(keras.layers.Layer):  # inputs: 3,6:int32:0..9
    """Makes its mask itself, and hands it on with one vector a text."""

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.embed = keras.layers.Embedding(10, 4, mask_zero=True)

    def build(self, shape):
        self.embed.build(shape)

    def call(self, ids):
        return ops.mean(self.embed(ids), axis=1)

    def compute_mask(self, ids, previous_mask=None):  # LD510 error
        return self.embed.compute_mask(ids)


class PooledInKeras2(tf_keras.layers.Layer):  # inputs: 3,6,4
    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.supports_masking = True  # LD510 error

    def call(self, steps):
        return tf.reduce_mean(steps, axis=1)


class LosesMaskOfWords(keras.layers.Layer):  # inputs: 3,6:int32:0..9
    """Adds positions to an embedding that masks: the sum has no mask."""

    def __init__(self, **kwargs):  # LD508 note
        super().__init__(**kwargs)
        self.embed = keras.layers.Embedding(10, 4, mask_zero=True)

    def build(self, shape):
        self.embed.build(shape)
        self.positions = self.add_weight(shape=(shape[1], 4), name="positions")

    def call(self, ids):
        return self.embed(ids) + self.positions


class LosesMask(keras.layers.Layer):  # inputs: 3,6,4
    def __init__(self, **kwargs):  # LD508 note
        super().__init__(**kwargs)

    def call(self, steps):
        return ops.tanh(steps)


class PlainWords(keras.layers.Layer):  # inputs: 3,6:int32:0..9
    """No mask arises anywhere."""

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.embed = keras.layers.Embedding(10, 4)

    def build(self, shape):
        self.embed.build(shape)

    def call(self, ids):
        return 2.0 * self.embed(ids)


class KeepsMask(keras.layers.Layer):  # inputs: 3,6,4
    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.supports_masking = True

    def call(self, steps, mask=None):
        return steps if mask is None else ops.where(mask[..., None], steps, 0.0)


class EndsMask(keras.layers.Layer):  # inputs: 3,6,4
    def call(self, steps, mask=None):
        return ops.mean(steps, axis=1)

    def compute_mask(self, steps, previous_mask=None):
        return None


class Attends(keras.layers.Layer):  # inputs: 3,6,4
    """Masks by minus infinity, which a softmax takes; a row of nothing has no answer."""

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.supports_masking = True

    def build(self, shape):
        self.score = self.add_weight(shape=(shape[-1], 1), name="score")

    def call(self, steps, mask=None):
        scores = ops.matmul(steps, self.score)
        if mask is not None:
            scores = ops.where(mask[..., None], scores, -float("inf"))
        return steps * ops.softmax(scores, axis=1)


class AveragesVisible(keras.layers.Layer):  # inputs: points=4,6,3 visible=4,6:bool
    def call(self, points, visible):
        share = ops.cast(visible, points.dtype)
        share = share / ops.sum(share, axis=1, keepdims=True)  # LD205 error: False all over
        return ops.einsum("bn,bnu->bu", share, points)


class AveragesUnmasked(keras.layers.Layer):  # inputs: 4,6,3
    """Divides by the number of steps that count, which may be none."""

    def call(self, steps, mask=None):
        if mask is None:
            return ops.mean(steps, axis=1)
        share = ops.expand_dims(ops.cast(mask, steps.dtype), -1)
        return ops.sum(share * steps, axis=1) / ops.sum(share, axis=1)  # LD205 error: False all over


class AveragesSafely(keras.layers.Layer):  # inputs: 4,6,3
    def call(self, steps, mask=None):
        if mask is None:
            return ops.mean(steps, axis=1)
        share = ops.expand_dims(ops.cast(mask, steps.dtype), -1)
        return ops.sum(share * steps, axis=1) / ops.maximum(ops.sum(share, axis=1), 1.0)


class MaskOfFeatures(keras.layers.Layer):  # inputs: 4,5
    """Its mask is of another shape than any that is guessed."""

    def call(self, features, mask=None):
        if mask is None:
            return features
        kept = ops.cast(mask, features.dtype)
        return features * kept / ops.sum(kept, axis=1, keepdims=True)


class MaskByPosition(keras.layers.Layer):  # inputs: 4,5 4,5
    """Takes its second input under the name of the mask."""

    def build(self, shape):
        self.scale = self.add_weight(shape=(shape[-1],), initializer="ones", name="scale")

    def call(self, updates, mask):
        return self.scale * updates * mask


class TakesMaskFromFeatures(keras.layers.Layer):  # inputs: 2,6,4
    """Keeps an entry for each vector, as a loss and recurrent layers take it."""

    def call(self, inputs):
        return inputs[..., :-1]

    def compute_mask(self, inputs, previous_mask=None):
        return inputs[..., -1:]
