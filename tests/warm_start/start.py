"""Stands in for Python where ``multiprocessing`` starts a fork server; for all else it is Python.

It hands the server's command, its environment and its open files to the process that has TensorFlow
imported, which forks the server. Where that refuses, since the server would import something else,
Python is started as ever.
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


def is_taken_over(flags: list[str], program: str, descriptors: list[int]) -> bool:
    """Have the server forked, and wait for its end; return whether that was done."""
    wanted = {"flags": flags, "program": program, "descriptors": descriptors}
    request = {**wanted, "environment": dict(os.environ), "folder": os.getcwd()}
    rights = (socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", descriptors))
    with socket.socket(socket.AF_UNIX) as warm:
        if warm.connect_ex(ADDRESS):
            return False
        warm.sendmsg([b"?"], [rights])
        warm.sendall(json.dumps(request).encode())
        warm.shutdown(socket.SHUT_WR)
        if not warm.recv(1):
            return False
        nowhere = os.open(os.devnull, os.O_RDWR)
        for descriptor in (0, 1, 2):
            os.dup2(nowhere, descriptor)
        for descriptor in descriptors:
            os.close(descriptor)
        warm.recv(1)
    return True


if __name__ == "__main__":
    *options, program = sys.argv[1:]
    numbers = SERVER.match(program)
    if not numbers or not is_taken_over(options[:-1], program, [*map(int, numbers.groups())]):
        os.execv(PYTHON, [PYTHON, *options, program])
