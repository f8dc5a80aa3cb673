"""A plugin of pytest, ``-p tests.warm_start.plugin``: the servers that it starts are warm.

pytest-xdist hands it on to the processes that it starts, which ``command.py`` does not reach.
"""

import multiprocessing
import os

multiprocessing.set_executable(os.environ["WARM_PYTHON"])
