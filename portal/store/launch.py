"""Becomes PostgreSQL: gives up root, asks to end with its parent, then execs.

A script that imports nothing of ours, run as a program of its own: Python code between
fork and exec can hang when the parent has threads.
"""

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1


def become(parent: int, uid: int, gid: int, command: list[str]) -> None:
    if os.geteuid() != uid:
        os.setgroups([])
        os.setgid(gid)
        os.setuid(uid)
    if sys.platform == "linux":
        # After setuid, which would clear it. SIGINT is a fast shutdown: no socket stays behind.
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGINT, 0, 0, 0)
    if os.getppid() != parent:
        sys.exit("The program that wanted PostgreSQL is gone.")
    os.umask(0o077)
    os.execv(command[0], command)  # noqa: S606 -- no shell is the point


if __name__ == "__main__":
    become(int(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), sys.argv[4:])
