"""A control plane, and workers that run tasks on a Docker daemon."""

import os

from daemon import wait_until
from plane import assignment


class Yard:
    """A rig whose workers run tasks on a Docker daemon."""

    def __init__(self, rig, engine, images):
        self.rig = rig
        self.plane = rig.plane
        self.engine = engine
        self.images = images
        rig.environment["DOCKER_HOST"] = engine.url

    def worker(self, *arguments, docker=None, **options):
        return self.rig.start(*arguments, docker=docker or {}, **options)

    def connected(self, *arguments, **options):
        worker = self.worker(*arguments, **options)
        worker.wait_event("connection.open")
        self.plane.wait_connected()
        return worker

    def assign(self, task, stub=None, env=None, image="task", **more):
        variables = {**({"STUB": stub} if stub else {}), **(env or {})}
        name = self.images.get(image, image)
        self.plane.send(assignment(task, variables, execution=task + "-e", docker_image=name, **more))

    def container(self, task):
        found = self.engine.containers(oz_task_id=task)
        return self.engine.inspect(found[0]["Id"]) if found else None

    def wait_running(self, task):
        return wait_until(f"the container of {task} to run", lambda: (
            found if (found := self.container(task)) and found["State"]["Running"] else None), 30)

    def lose_journal(self):
        os.remove(self.rig.path("state", "journal"))

    def wait_nothing_left(self, patience=30):
        """No container, and no volume but those that tasks share."""
        wait_until("all containers to be gone", lambda: not self.engine.containers(), patience)
        wait_until("all volumes to be gone", lambda: all(
            name.startswith(("oz-sidecar-", "named")) for name in self.engine.volumes()), patience)
