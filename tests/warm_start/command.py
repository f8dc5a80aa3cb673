"""A module as ``python -m MODULE`` runs it, with a server that is warm already.

Run as a script, with the module's name and its arguments. Where the program starts Python for a
server of processes, ``multiprocessing`` starts the file named by ``WARM_PYTHON`` instead, which is
``tests/warm_start/start.py``.
"""

import multiprocessing
import os
import runpy
import sys

if __name__ == "__main__":
    sys.path[0] = os.getcwd()
    multiprocessing.set_executable(os.environ["WARM_PYTHON"])
    module = sys.argv.pop(1)
    runpy.run_module(module, run_name="__main__", alter_sys=True)
