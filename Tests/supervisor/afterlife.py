"""The worker dies: the agent goes on, its output is kept, and the next worker is told all that there is to tell."""

import os
import select
import signal
import socket
import struct
import time

import harness
from harness import CLD_EXITED, CLD_KILLED, EXITED, FAILED, GONE, PATIENCE, STARTED, SURVIVE, Case, alive

ADOPTED = 5
WORDS, KEPT, OUTPUT = 1, 2, 4
SURVIVE_STAGE = 6
KEPT_MOST = 256 << 10


class Survivor:
    """A supervisor that outlives its worker, seen by one worker after the other."""

    count = 0

    def __init__(self, case):
        Survivor.count += 1
        self.name = f"oz-test-{os.getpid()}-{Survivor.count}"
        self.task = case.supervisor()
        self.case = case

    def start(self, script, *arguments, **more):
        record = harness.start_record(
            "/bin/sh", ["/bin/sh", "-c", script, "sh", *arguments], harness.MINIMAL,
            flags=SURVIVE | more.pop("flags", 0), **more)
        name = self.name.encode() + b"\0"
        # The name comes first among the strings, and counts.
        total = struct.pack("=I", len(record) + len(name))
        record = record[:4] + total + record[8:32] + name + record[32:]
        if self.task.output is not None:
            os.close(self.task.output)
        self.task.text = b""
        self.task.output, write_end = os.pipe()
        words = os.memfd_create("words", os.MFD_CLOEXEC)
        os.write(words, b"hunter2\0")
        socket.send_fds(self.task.control, [record[:1]], [write_end, self.task.output, words])
        os.close(write_end)
        os.close(words)
        self.task.control.sendall(record[1:])
        return self

    def die(self):
        """The worker's death: its socket and its end of the output close."""
        self.task.control.close()
        os.close(self.task.output)
        self.task.output = os.open("/dev/null", os.O_RDONLY)

    def adopt(self):
        """The next worker: what came with the first word."""
        self.task.control = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.task.control.settimeout(PATIENCE)
        self.task.control.connect("\0" + self.name)
        data, fds, _, _ = socket.recv_fds(self.task.control, 16, 3)
        kind, version, flags, printed = struct.unpack("=BB2xiq", data)
        self.case.assertEqual((kind, version), (ADOPTED, 1))
        given = {}
        for flag in (WORDS, KEPT, OUTPUT):
            if flags & flag:
                given[flag] = fds.pop(0)
        self.case.assertEqual(fds, [])
        for fd in given.values():
            self.case.addCleanup(os.close, fd)
        return given, printed

    def wait_until(self, condition):
        """Waits for a fact that the kernel shows, without a message for it."""
        deadline = time.monotonic() + PATIENCE
        while not condition():
            self.case.assertLess(time.monotonic(), deadline, "it did not come to that")
            select.select([], [], [], 0.01)

    def take(self):
        """Its end is known: the supervisor may forget it, and serve another."""
        self.task.control.sendall(b"Q")

    def dismiss(self):
        self.take()
        self.task.control.shutdown(socket.SHUT_WR)
        self.case.assertEqual(self.task.wait(), 0)


def everything(fd):
    return os.pread(fd, 1 << 20, 0)


class Afterlife(Case):
    def survivor(self):
        return Survivor(self)

    def test_the_agent_lives_on_and_is_adopted(self):
        life = self.survivor().start("trap 'echo told; exit 7' TERM; echo up; while :; do sleep 1000 & wait; done")
        pid, start_time = life.task.expect(STARTED)
        life.task.lines(1)
        life.die()
        given, printed = life.adopt()
        self.assertEqual(life.task.expect(STARTED), (pid, start_time))
        self.assertTrue(alive(pid))
        self.assertEqual(printed, 0)
        self.assertNotIn(KEPT, given)
        life.task.terminate()
        self.assertEqual(life.task.expect(EXITED), (CLD_EXITED, 7))
        life.task.expect(GONE)
        self.assertEqual(os.read(given[OUTPUT], 100), b"told\n")
        life.dismiss()

    def test_an_end_that_nobody_saw_is_kept(self):
        life = self.survivor().start("read line; echo bye; exit 5")
        life.task.expect(STARTED)
        life.die()
        self.wait_for_the_end(life)
        given, printed = life.adopt()
        life.task.expect(STARTED)
        self.assertEqual(life.task.expect(EXITED), (CLD_EXITED, 5))
        self.assertEqual(life.task.expect(GONE), (0, 0))
        self.assertEqual(everything(given[KEPT]), b"bye\n")
        self.assertEqual(printed, 4)
        life.dismiss()

    def wait_for_the_end(self, life):
        path = f"/proc/{life.task.pid}/task/{life.task.pid}/children"

        def childless():
            with open(path) as children:
                return not children.read()

        life.wait_until(childless)

    def test_only_a_dismissal_ends_what_was_not_taken(self):
        life = self.survivor().start("exit 3")
        for _ in range(3):
            life.task.expect(STARTED)
            self.assertEqual(life.task.expect(EXITED), (CLD_EXITED, 3))
            life.task.expect(GONE)
            self.assertTrue(alive(life.task.pid))
            life.die()
            life.adopt()
        life.dismiss()

    def test_the_words_of_the_start_come_along(self):
        life = self.survivor().start("sleep 1000", "argument")
        life.task.expect(STARTED)
        life.die()
        given, _ = life.adopt()
        self.assertEqual(everything(given[WORDS]), b"hunter2\0")
        life.task.kill()
        life.task.expect(STARTED)
        life.task.expect(EXITED)
        life.task.expect(GONE)
        life.dismiss()

    def test_a_flood_is_kept_from_its_end(self):
        life = self.survivor().start("read line; i=0; while [ $i -lt 60000 ]; do echo line $i; i=$((i+1)); done")
        life.task.expect(STARTED)
        life.die()
        self.wait_for_the_end(life)
        given, printed = life.adopt()
        whole = b"".join(b"line %d\n" % i for i in range(60000))
        self.assertEqual(printed, len(whole))
        ring = everything(given[KEPT])
        self.assertEqual(len(ring), KEPT_MOST)
        cut = printed % KEPT_MOST
        self.assertEqual(ring[cut:] + ring[:cut], whole[-KEPT_MOST:])
        life.task.expect(STARTED)
        life.task.end_of_task()
        life.dismiss()

    def test_death_before_the_start_starts_nothing(self):
        # The next worker may have asked under this name already, and been told that nobody is there.
        life = self.survivor()
        os.kill(life.task.pid, signal.SIGSTOP)
        marker = os.path.join(harness.SCRATCH.name, life.name)
        life.start(f"touch {marker}")
        life.die()
        os.kill(life.task.pid, signal.SIGCONT)
        self.assertEqual(life.task.wait(), 0)
        self.assertFalse(os.path.exists(marker))

    def test_a_name_that_is_taken_starts_nothing(self):
        first = self.survivor().start("sleep 1000")
        first.task.expect(STARTED)
        second = self.survivor()
        second.name = first.name
        second.start("sleep 1000")
        _, stage = second.task.expect(FAILED)
        self.assertEqual(stage, SURVIVE_STAGE)
        self.assertEqual(second.task.wait(), 0)
        first.task.kill()
        self.assertEqual(first.task.expect(EXITED), (CLD_KILLED, signal.SIGKILL))
        first.task.expect(GONE)
        first.dismiss()

    def test_strangers_are_sent_away(self):
        if os.getuid() != 0:
            self.skipTest("needs root to be somebody else")
        life = self.survivor().start("sleep 1000")
        life.task.expect(STARTED)
        life.die()

        def ask():
            with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as stranger:
                stranger.settimeout(PATIENCE)
                stranger.connect("\0" + life.name)
                return [len(stranger.recv(16))]

        # Root may adopt what another user started, but not the other way round.
        self.assertEqual(harness.as_nobody(ask), [0])
        life.adopt()
        life.task.expect(STARTED)
        life.task.kill()
        life.task.expect(EXITED)
        life.task.expect(GONE)
        life.dismiss()

    def test_it_serves_another_once_its_end_was_taken(self):
        life = self.survivor().start("exit 3")
        life.task.expect(STARTED)
        self.assertEqual(life.task.end_of_task(), ((CLD_EXITED, 3), 0))
        # Whatever was said too late to the first task is not said to the second.
        life.task.control.sendall(b"T" + bytes([signal.SIGTERM]) + b"K")
        life.take()
        life.name += "-again"
        life.start("echo again; exit 4")
        life.task.expect(STARTED)
        life.die()
        self.wait_for_the_end(life)
        given, _ = life.adopt()
        life.task.expect(STARTED)
        self.assertEqual(life.task.end_of_task(), ((CLD_EXITED, 4), 0))
        self.assertEqual(everything(given[KEPT]), b"again\n")
        life.dismiss()

    def test_a_worker_that_leaves_for_good_takes_all_along(self):
        life = self.survivor().start("trap '' TERM; sleep 1000")
        pid, _ = life.task.expect(STARTED)
        life.task.control.sendall(b"KQ")
        life.die()
        self.assertEqual(life.task.wait(), 0)
        self.assert_dead([pid])

    def test_what_was_let_go_lives_on_and_the_word_is_kept(self):
        life = self.survivor().start("sleep 1000 & echo $!", flags=harness.HANDOVER)
        life.task.expect(STARTED)
        left = int(life.task.lines(1)[0])
        self.assertEqual(life.task.expect(EXITED), (CLD_EXITED, 0))
        life.die()
        life.adopt()
        life.task.expect(STARTED)
        self.assertEqual(life.task.expect(EXITED), (CLD_EXITED, 0))
        life.task.release()
        life.task.expect(GONE)
        life.die()
        # Nobody has said yet that the word was taken.
        life.adopt()
        life.task.expect(STARTED)
        self.assertEqual(life.task.end_of_task(), ((CLD_EXITED, 0), 0))
        life.take()
        self.assertIsNone(life.task.record())
        self.assertTrue(alive(left))
        os.kill(left, signal.SIGKILL)
        self.assertEqual(life.task.wait(), 0)

    def test_it_is_small(self):
        life = self.survivor().start("head -c 10000000 /dev/zero; sleep 1000")
        life.task.expect(STARTED)
        life.die()
        life.adopt()
        with open(f"/proc/{life.task.pid}/status") as status:
            resident = next(int(line.split()[1]) for line in status if line.startswith("VmRSS"))
        self.assertLessEqual(resident, 1024)
        life.task.expect(STARTED)
        life.task.kill()
        life.task.expect(EXITED)
        life.task.expect(GONE)
        life.dismiss()
