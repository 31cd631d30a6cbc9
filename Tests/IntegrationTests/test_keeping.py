"""What is kept, what is removed, and what is one task although it was said twice."""

import os

from daemon import wait_until
from plane import assignment, cancellation


def test_workspaces_are_removed(rig):
    rig.connected(direct={"setup_command": "mkdir -p a/b; touch a/b/c; chmod 0 a; ln -s / root"})
    rig.plane.send(assignment("t-1", rig.env()))
    rig.plane.wait_final("t-1")
    wait_until("the workspace to go", lambda: os.listdir(rig.workspaces) == [])
    assert os.path.isdir("/etc")


def test_no_cleanup_keeps_workspaces_without_the_environment_file(rig):
    worker = rig.connected("--no-cleanup", direct={"setup_command": "echo mine > kept",
                                                   "teardown_command": "touch torn-down"})
    for task, how in (("good", None), ("bad", "exit 1"), ("ended", "term")):
        rig.plane.send(assignment(task, rig.env(how)))
    rig.note("ended", ".ready")
    rig.plane.send(cancellation("ended"))
    for task in ("good", "bad", "ended"):
        rig.plane.wait_final(task)
        folder = os.path.join(rig.workspaces, task)
        worker.wait_event("cleanup.workspace_kept", task_id=task)
        assert {"kept", "torn-down"} <= set(os.listdir(folder))
        assert not [name for name in os.listdir(folder) if name.startswith("oz-env-")]
    worker.signal()
    assert worker.wait_exit() == 0
    assert sorted(os.listdir(rig.workspaces)) == ["bad", "ended", "good"]


def test_foreign_directories_are_never_removed(rig):
    os.makedirs(os.path.join(rig.workspaces, "t-1", "precious"))
    os.makedirs(os.path.join(rig.workspaces, "other"))
    worker = rig.connected()
    rig.plane.send(assignment("t-1", rig.env(), execution="exec-12345678"))
    rig.plane.wait_final("t-1")
    assert rig.note_list("t-1", ".cwd") == [os.path.join(rig.workspaces, "t-1-12345678")]
    rig.plane.send(assignment("t-1", rig.env(), execution="exec-2"))
    rig.plane.wait_final("t-1", count=2)
    worker.signal()
    assert worker.wait_exit() == 0
    assert sorted(os.listdir(rig.workspaces)) == ["other", "t-1"]
    assert os.listdir(os.path.join(rig.workspaces, "t-1")) == ["precious"]


def test_the_target_directory_stays_and_gets_no_rubbish(rig):
    os.mkdir(rig.path("target"))
    open(rig.path("target", "mine"), "w", encoding="ascii").close()
    worker = rig.connected(direct={
        "target_dir": rig.path("target"), "setup_command": "echo A=1 > $OZ_ENVIRONMENT_FILE"})
    rig.plane.send(assignment("t-1", rig.env()))
    rig.plane.wait_final("t-1")
    assert rig.note_list("t-1", ".cwd") == [rig.path("target")]
    config = [entry for entry in rig.note_list("t-1", ".env") if entry.startswith("GIT_CONFIG_GLOBAL=")][0]
    assert not config.split("=", 1)[1].startswith(rig.path("target"))
    worker.signal()
    assert worker.wait_exit() == 0
    assert os.listdir(rig.path("target")) == ["mine"]
    assert os.listdir(rig.path("tmp")) == []


def test_the_same_assignment_twice_is_one_agent_also_at_the_limit(rig):
    rig.connected("--max-concurrent-tasks", "1")
    gate = rig.path("gate")
    same = assignment("t-1", rig.env(f"until {gate} 0"), execution="e-1")
    rig.plane.send(same)
    rig.note("t-1", ".ready")
    rig.plane.send(same)
    rig.plane.wait_for("task_claimed", "t-1", count=2)
    rig.plane.send(assignment("t-2", rig.env()))
    assert rig.plane.wait_for("task_rejected", "t-2")["reason"] == "worker at maximum concurrency"
    rig.touch("gate")
    rig.plane.wait_final("t-1")
    rig.plane.send(assignment("t-3", rig.env()))
    rig.plane.wait_final("t-3")
    assert rig.starts("t-1") == 1 and len(rig.plane.finals("t-1")) == 1 and not rig.plane.of("task_rejected", "t-1")


def test_an_execution_that_was_reported_is_reported_again_and_not_run(rig):
    rig.connected()
    same = assignment("t-1", rig.env("exit 4"), execution="e-1")
    rig.plane.send(same)
    first = rig.plane.wait_final("t-1")
    rig.plane.send(same)
    assert rig.plane.wait_final("t-1", count=2)["data"] == first["data"]
    assert rig.starts("t-1") == 1


def test_without_an_execution_it_is_a_new_run(rig):
    rig.connected()
    for count in (1, 2):
        rig.plane.send(assignment("t-1", rig.env()))
        rig.plane.wait_final("t-1", count=count)
    assert rig.starts("t-1") == 2


def test_a_follow_up_waits_for_the_end_of_the_first(rig):
    worker = rig.connected()
    rig.plane.send(assignment("t-1", rig.env(f"until {rig.path('gate')} 3"), execution="e-1"))
    rig.note("t-1", ".ready")
    rig.plane.send(assignment("t-1", rig.env(), execution="e-2"))
    rig.plane.wait_for("task_claimed", "t-1", count=2)
    worker.wait_event("task.waiting", execution_id="e-2")
    assert rig.starts("t-1") == 1
    rig.touch("gate")
    first, second = rig.plane.wait_final("t-1"), rig.plane.wait_final("t-1", count=2)
    assert (first["data"]["execution_id"], first["type"]) == ("e-1", "task_failed")
    assert (second["data"]["execution_id"], second["type"]) == ("e-2", "task_completed")
    assert rig.starts("t-1") == 2


def test_a_follow_up_while_the_first_is_being_cancelled(rig):
    rig.connected()
    rig.plane.send(assignment("t-1", rig.env("ignore"), execution="e-1"))
    rig.note("t-1", ".ready")
    rig.plane.send(cancellation("t-1"))
    rig.plane.send(assignment("t-1", rig.env(), execution="e-2"))
    first, second = rig.plane.wait_final("t-1"), rig.plane.wait_final("t-1", count=2)
    assert first["data"]["execution_id"] == "e-1" and first["data"]["task_state"] == "CANCELLED"
    assert second["data"] == {"task_id": "t-1", "execution_id": "e-2", "message": "Task completed successfully"}
