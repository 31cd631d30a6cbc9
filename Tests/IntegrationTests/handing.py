"""A runtime made of shell scripts: what the command backend hands over goes into files beside it.

Every script finds the folder in $NOTES, which it inherits from the worker's own environment.
"""

import json
import os

import daemon
from plane import assignment

# Each name is a file in $NOTES. A name appears only when its file is complete.
SAVE_PAYLOAD = 'cat > "$NOTES/.p.$$"; mv "$NOTES/.p.$$" "$NOTES/$OZ_RUN_ID.payload"; '
SAVE_BEGIN = 'echo $$ >> "$NOTES/$OZ_RUN_ID.pids"; echo x >> "$NOTES/$OZ_RUN_ID.dispatches"; '
COUNT_CANCEL = 'echo "$OZ_EXECUTION_ID" >> "$NOTES/$OZ_RUN_ID.cancels"; '
CANCEL = COUNT_CANCEL + 'touch "$NOTES/$OZ_RUN_ID.cancelled"'


def wait_for_gate(name="$OZ_RUN_ID.gate", then="exit 0"):
    """Waits until a test makes that file, and can be asked to end meanwhile."""
    return SAVE_BEGIN + f'touch "$NOTES/$OZ_RUN_ID.ready"; while [ ! -e "$NOTES/{name}" ]; do sleep 0.02; done; {then}'


class Runtime:
    """A rig with a worker whose command backend runs these scripts."""

    def __init__(self, rig):
        self.rig = rig
        self.plane = rig.plane

    def connected(self, dispatch, cancel=CANCEL, *arguments, timeout="60s", host=None, configured=None):
        """`host` goes into the worker's own environment, `configured` into the config file."""
        command = {"dispatch_command": dispatch, "dispatch_timeout": timeout}
        if configured:
            command["environment"] = [{"name": name, "value": value} for name, value in configured.items()]
        if cancel is not None:
            command["cancel_command"] = cancel
        return self.rig.connected(
            "--server-root-url", "https://root.example", *arguments, command=command,
            environment={"NOTES": self.rig.notes, **(host or {})})

    def send(self, task, env=None, execution="e-1", **more):
        self.plane.send(assignment(task, env, execution=execution, **more))

    def has(self, name):
        return os.path.exists(os.path.join(self.rig.notes, name))

    def wait(self, name, patience=daemon.PATIENCE):
        path = os.path.join(self.rig.notes, name)
        daemon.wait_until(name, lambda: os.path.exists(path), patience)
        return path

    def open(self, name):
        with open(os.path.join(self.rig.notes, name), "w", encoding="ascii"):
            pass

    def read(self, name):
        with open(self.wait(name), "rb") as file:
            return file.read()

    def payload(self, task):
        return json.loads(self.read(task + ".payload"))

    def lines(self, name):
        return self.read(name).decode().split() if self.has(name) else []

    def dispatches(self, task):
        return len(self.lines(task + ".dispatches"))

    def cancels(self, task):
        return self.lines(task + ".cancels")

    def pids(self, task):
        return [int(line) for line in self.lines(task + ".pids")]

    def alive(self, task):
        return [pid for pid in self.pids(task) if daemon.alive(pid)]

    def watch(self, task):
        """Has the control plane look, when a final word arrives: (who is still alive, how often it was cancelled)."""
        seen = []

        def look(message):
            if message["type"] in ("task_completed", "task_failed") and message["data"]["task_id"] == task:
                seen.append((self.alive(task), len(self.cancels(task))))

        self.plane.on_message = look
        return seen

    def stop(self, worker, sent=False):
        """A stop that goes well, and leaves nothing behind that the worker knows of."""
        if not sent:
            worker.signal()
        assert worker.wait_exit() == 0
        assert not worker.events("daemon.leak") and not worker.events("worker.stop_incomplete")

    def nothing_more(self, task):
        """Everything that was said of this task so far was said when a later message has arrived."""
        self.send("later", execution="later")
        self.plane.wait_for("task_claimed", "later")
        assert self.plane.finals(task) == []
