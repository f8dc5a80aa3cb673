"""Objects that are not what they say, and layers that hold them."""

import collections
import weakref

import numpy as np
import tensorflow as tf
from raising import Plain

MANY = 100_000
"""Beyond the number up to which saving goes through all that a layer holds."""


class Agreeable:
    """Has every attribute, and can be called."""

    def __getattr__(self, name):
        return Agreeable()

    def __call__(self, *args, **kwargs):
        return Agreeable()

    def __iter__(self):
        while True:
            yield Agreeable()


class Furious:
    """Raises whatever is asked of it."""

    def __getattribute__(self, name):
        raise RuntimeError(f"do not ask me for {name}")

    def __eq__(self, other):
        raise RuntimeError("do not compare me")

    def __hash__(self):
        raise RuntimeError("do not hash me")

    def __repr__(self):
        raise RuntimeError("do not show me")

    def __bool__(self):
        raise RuntimeError("do not judge me")

    def __len__(self):
        raise RuntimeError("do not measure me")


class Pretender:
    """Says that it is a variable."""

    __class__ = tf.Variable


class PretendsToBeATensor:
    @property
    def __class__(self):
        return tf.Tensor


class PretendsToBeALayer:
    @property
    def __class__(self):
        return Plain


class RefusesItsClass:
    @property
    def __class__(self):
        raise RuntimeError("no class")


class BrokenList(list):
    def __iter__(self):
        raise RuntimeError("no iteration")

    def __len__(self):
        raise RuntimeError("no length")


class EndlessList(list):
    def __iter__(self):
        while True:
            yield 1


class BrokenDict(dict):
    def items(self):
        raise RuntimeError("no items")

    keys = values = __iter__ = __len__ = items


class OddMapping(collections.abc.Mapping):
    def __getitem__(self, key):
        return key

    def __len__(self):
        return -1

    def __iter__(self):
        number = 0
        while True:
            number += 1
            yield number


def holding(thing):
    class Holder(Plain):
        def __init__(self, **kwargs):
            super().__init__(**kwargs)
            object.__setattr__(self, "_held", None)
            self.__dict__["held"] = thing()
            self.__dict__["among"] = [thing(), {"key": thing()}]

    return Holder


HoldsAgreeable = holding(Agreeable)
HoldsFurious = holding(Furious)
HoldsPretender = holding(Pretender)
HoldsTensorPretender = holding(PretendsToBeATensor)
HoldsLayerPretender = holding(PretendsToBeALayer)
HoldsClassRefuser = holding(RefusesItsClass)
HoldsBrokenList = holding(lambda: BrokenList([1, tf.constant(1.0)]))
HoldsEndlessList = holding(lambda: EndlessList([1, tf.constant(1.0)]))
HoldsBrokenDict = holding(lambda: BrokenDict(a=tf.constant(1.0)))
HoldsOddMapping = holding(OddMapping)


class LiesAboutItsClass(Plain):
    @property
    def __class__(self):
        return dict


class AnswersEverything(Plain):
    def __getattr__(self, name):
        return Agreeable()


class Cyclic(Plain):
    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        cycle = {"self": self}
        cycle["cycle"] = [cycle, (cycle,)]
        self.__dict__["cycle"] = cycle
        self.__dict__["back"] = weakref.ref(self)


class Enormous(Plain):
    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.__dict__["many"] = {number: [number] for number in range(MANY)}


class EnormousObjects(Plain):
    def __init__(self, **kwargs):
        super().__init__(**kwargs)

        class Node:
            def __init__(self):
                self.next = None

        first = node = Node()
        for _ in range(MANY):
            node.next = Node()
            node = node.next
        self.__dict__["chain"] = first


class EnormousTracked(Plain):
    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.table = list(range(MANY))


class DeeplyNested(Plain):
    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        nested = []
        for _ in range(100_000):
            nested = [nested]
        self.__dict__["nested"] = nested


class OddNames(Plain):
    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.__dict__["\x1b[31m[bold]{red}\n"] = tf.Variable(1.0, name="x")
        self.__dict__["::error::"] = np.ones(1000, np.float32)
        self.__dict__[3] = tf.Variable(1.0)

    def call(self, inputs):
        marked = self.__dict__["\x1b[31m[bold]{red}\n"]
        return inputs * self.w * marked + tf.reduce_sum(self.__dict__["::error::"])


class Meta(type(Plain)):
    def __getattribute__(cls, name):
        if name in ("__qualname__", "__doc__"):
            raise RuntimeError(f"no {name}")
        return super().__getattribute__(name)


class OddMeta(Plain, metaclass=Meta):
    pass


class NotAClass:
    """No layer at all."""


an_instance = Agreeable()
