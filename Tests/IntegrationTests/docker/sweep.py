"""Ends what daemons and registries below a folder have left: also where the tests themselves were killed.

A container outlives its daemon, its containerd and its shim, and its processes name no folder. But their file system
lies in one.
"""

import os
import signal
import subprocess
import sys


def own_line():
    """This process and those that it comes from: the tests, and who runs them, may name the folder, too."""
    line, pid = [], os.getpid()
    while pid > 1:
        line.append(pid)
        try:
            with open(f"/proc/{pid}/stat", encoding="ascii", errors="replace") as file:
                pid = int(file.read().rpartition(")")[2].split()[1])
        except OSError:
            break
    return line


def below(folder):
    """Processes that were started with this folder in their arguments, and those in containers that lie there."""
    wanted = os.fsencode(folder)
    host = os.readlink("/proc/self/ns/mnt")
    found, spared = [], own_line()
    for name in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{name}/cmdline", "rb") as file:
                is_one = wanted in file.read()
            if not is_one and os.readlink(f"/proc/{name}/ns/mnt") != host:
                with open(f"/proc/{name}/mountinfo", "rb") as file:
                    is_one = wanted in file.read()
        except OSError:
            continue
        if is_one and int(name) not in spared:
            found.append(int(name))
    return found


def sweep(folder):
    # Who starts others goes first, but somebody may have started one in the meantime.
    for _ in range(5):
        pids = below(folder)
        for pid in pids:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        if not pids:
            break
    with open("/proc/mounts", encoding="utf-8") as file:
        places = [line.split()[1] for line in file if folder in line]
    for place in reversed(places):
        subprocess.run(["umount", "-l", place], check=False, stderr=subprocess.DEVNULL)


class Guard:
    """Sweeps a folder when whoever made the guard is gone, however that came about."""

    def __init__(self, folder):
        # The folder does not stand in its arguments, so that it does not find itself.
        self.process = subprocess.Popen(
            [sys.executable, __file__], stdin=subprocess.PIPE, start_new_session=True)
        self.process.stdin.write(os.fsencode(folder) + b"\n")
        self.process.stdin.flush()

    def release(self):
        self.process.stdin.close()
        self.process.wait()


if __name__ == "__main__":
    FOLDER = os.fsdecode(sys.stdin.buffer.readline().rstrip(b"\n"))
    sys.stdin.buffer.read()
    if FOLDER:
        sweep(FOLDER)
