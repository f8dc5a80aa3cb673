"""Stands in for Python, of which some processes are to have TensorFlow imported from the start.

It hands what is to be run, its environment and its open files to the process that has TensorFlow
imported, which forks one that runs it: the fork servers that ``multiprocessing`` starts, and
scripts. Where that refuses, since Python would import something else, Python is started as ever.
A module that is run as a program is so by ``command.py``; for all else it is Python.
"""

import array
import json
import os
import re
import socket
import sys

PYTHON, ADDRESS = os.environ["COLD_PYTHON"], os.environ["WARM_START"]
SERVER = re.compile(r"from multiprocessing\.forkserver import main; main\((\d+), (\d+),(?!.*_r')")
"""The command of a server that is given two open files, and no third (Python 3.14)."""
SCRIPT = """
import atexit, multiprocessing, os, runpy, sys
multiprocessing.set_executable(os.environ["WARM_PYTHON"])
sys.stdout, sys.stderr = (open(n, "w", encoding="utf-8", closefd=False) for n in (1, 2))
sys.argv, sys.path[0] = [{name!r}], os.path.dirname(os.path.abspath({name!r}))
try:
    runpy.run_path({name!r}, run_name="__main__")
finally:
    atexit._run_exitfuncs()
"""


def ended_elsewhere(flags: list[str], program: str, descriptors: list[int]) -> int | None:
    """Have the program run there, and return the code that it ends with; None where refused."""
    wanted = {"flags": flags, "program": program, "descriptors": descriptors}
    request = {**wanted, "environment": dict(os.environ), "folder": os.getcwd()}
    rights = (socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", descriptors))
    with socket.socket(socket.AF_UNIX) as warm:
        if warm.connect_ex(ADDRESS):
            return None
        warm.sendmsg([b"?"], [rights])
        warm.sendall(json.dumps(request).encode())
        warm.shutdown(socket.SHUT_WR)
        if not warm.recv(1):
            return None
        nowhere = os.open(os.devnull, os.O_RDWR)
        for descriptor in (0, 1, 2):
            os.dup2(nowhere, descriptor)
        for descriptor in {*descriptors} - {0, 1, 2}:
            os.close(descriptor)
        return (warm.recv(1) or KILLED)[0]


KILLED = b"\xff"
"""The code of a process that ended without a word."""


if __name__ == "__main__":
    if sys.argv[1] == "-m":
        os.execv(PYTHON, [PYTHON, os.environ["WARM_COMMAND"], *sys.argv[2:]])
    *options, program = sys.argv[1:]
    code = None
    if options[-1:] == ["-c"]:
        if numbers := SERVER.match(program):
            code = ended_elsewhere(options[:-1], program, [*map(int, numbers.groups())])
    elif program.endswith(".py"):
        code = ended_elsewhere(options, SCRIPT.format(name=program), [1, 2])
    if code is None:
        os.execv(PYTHON, [PYTHON, *options, program])
    sys.exit(code)
