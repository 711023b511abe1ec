"""Run a program that ends when the process that asked for it ends.

The supervisor starts every child as ``python -I -S tether.py <supervisor's pid> <program> <argument>…``.
This file asks the kernel (``PR_SET_PDEATHSIG``) to kill the process should its parent die, then
becomes the program. It is a program of its own, not a ``preexec_fn``, because running Python between
fork and exec is unsafe in a process that has threads. It imports nothing of ours: it starts in 20 ms.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1


def main(arguments: list[str]) -> None:
    """Tie this process to its parent, then become the program named after the parent's pid."""
    parent, program = int(arguments[0]), arguments[1:]
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        sys.exit("the process that started this one has already ended")
    os.execv(program[0], program)  # noqa: S606 - the supervisor gives the whole argv, no shell


if __name__ == "__main__":
    main(sys.argv[1:])
