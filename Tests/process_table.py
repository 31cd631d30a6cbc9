"""What the kernel says of processes."""

import os


def _fields(pid):
    """Of /proc/PID/stat, those behind the name, which may hold anything: the state, the parent, and so on."""
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:
            return file.read().rpartition(b")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return None


def state(pid):
    """One letter, or None where there is no such process."""
    fields = _fields(pid)
    return fields[0].decode() if fields else None


def alive(pid):
    """Whether this process exists and is no zombie."""
    return state(pid) not in (None, "Z")


def processes():
    """(pid, parent, state) of all processes."""
    found = [(int(name), _fields(name)) for name in os.listdir("/proc") if name.isdigit()]
    return [(pid, int(fields[1]), fields[0].decode()) for pid, fields in found if fields]
