"""Word vectors that were trained elsewhere."""

import keras
import numpy as np
from keras import ops


class PretrainedEmbedding(keras.layers.Layer):
    """Looks token ids up in a table that stays as it is."""

    def __init__(self, vectors, **kwargs):
        super().__init__(**kwargs)
        vectors = np.asarray(vectors, dtype="float32")
        self.embeddings = self.add_weight(
            name="embeddings",
            shape=vectors.shape,
            initializer=keras.initializers.Constant(vectors),
            trainable=False,
        )

    def call(self, token_ids):
        return ops.take(self.embeddings, token_ids, axis=0)

    def get_config(self):
        vectors = ops.convert_to_numpy(self.embeddings)
        return {**super().get_config(), "vectors": vectors.tolist()}
