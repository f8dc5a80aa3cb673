"""What TensorFlow and Keras log beside what they raise and return."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager

import tensorflow as tf


@contextmanager
def warnings_logged_no_more() -> Iterator[None]:
    """Keep back what they warn of: that something is traced often, or saved in an older format."""
    loggers = (tf.get_logger(), logging.getLogger("absl"))
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel("ERROR")
    try:
        yield
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)
