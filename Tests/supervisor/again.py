"""One supervisor, one task after the other: nothing of the one is there for the next."""

import os
import signal
import unittest

import harness
from harness import CLD_EXITED, CLD_KILLED, STARTED, Case

SECRET = "canary-of-the-first-task"


class Again(Case):
    def test_each_task_has_its_own_end_and_output(self):
        task = self.supervisor()
        for number, script in enumerate(("echo one; exit 3", "kill -9 $$", "echo three >&2", "")):
            task.shell(script)
            pid, _ = task.expect(STARTED)
            wanted = (CLD_KILLED, signal.SIGKILL) if number == 1 else (CLD_EXITED, 3 if number == 0 else 0)
            self.assertEqual(task.end_of_task(), (wanted, 0))
            self.assertEqual(task.whole_output(), {0: "one\n", 2: "three\n"}.get(number, ""))
            self.assertFalse(harness.alive(pid))
        task.quit()

    def test_what_the_first_left_is_killed_and_not_counted_again(self):
        task = self.supervisor().shell("setsid sleep 1000 & setsid sleep 1000 & exit 0")
        task.expect(STARTED)
        self.assertEqual(task.end_of_task(), ((CLD_EXITED, 0), 2))
        task.shell("exit 0")
        task.expect(STARTED)
        self.assertEqual(task.end_of_task(), ((CLD_EXITED, 0), 0))
        task.quit()

    def test_commands_reach_the_second(self):
        task = self.supervisor().shell("exit 0")
        task.expect(STARTED)
        task.end_of_task()
        task.shell('trap "exit 7" TERM; echo up; while :; do sleep 0.01; done')
        task.lines(1)
        task.terminate()
        task.expect(STARTED)
        self.assertEqual(task.end_of_task(), ((CLD_EXITED, 7), 0))
        task.shell("trap '' TERM; echo up; while :; do sleep 0.01; done")
        task.lines(1)
        task.kill()
        task.expect(STARTED)
        self.assertEqual(task.finish()[0], (CLD_KILLED, signal.SIGKILL))

    def test_standard_input_is_not_handed_on(self):
        read_end, write_end = os.pipe()
        os.write(write_end, b"for the first\n")
        os.close(write_end)
        task = self.supervisor().start("/bin/cat", stdin=read_end, flags=harness.STDIN)
        os.close(read_end)
        task.expect(STARTED)
        self.assertEqual(task.whole_output(), "for the first\n")
        task.end_of_task()
        task.start("/bin/cat")
        task.expect(STARTED)
        self.assertEqual(task.whole_output(), "")
        self.assertEqual(task.finish(), ((CLD_EXITED, 0), 0))

    def test_the_worker_leaves_while_it_is_idle_again(self):
        task = self.supervisor().shell("exit 0")
        task.expect(STARTED)
        task.end_of_task()
        task.control.close()
        self.assertEqual(task.wait(), 0)

    def test_it_keeps_no_descriptors(self):
        task = self.supervisor()
        for _ in range(3):
            task.start("/bin/ls", "/proc/self/fd")
            task.expect(STARTED)
            task.end_of_task()
            self.assertEqual(task.whole_output(), "0\n1\n2\n3\n")  # 3 is that of ls itself
        # Its own: three times /dev/null, the socket, its score. The list is root's, since it is not dumpable.
        if os.geteuid() == 0:
            self.assertEqual(sorted(os.listdir(f"/proc/{task.pid}/fd")), ["0", "1", "2", "3", "4"])
        task.quit()

    @unittest.skipUnless(os.geteuid() == 0, "its memory may be read by root alone")
    def test_it_keeps_nothing_of_the_environment(self):
        task = self.supervisor().shell("exit 0", env={"SECRET": SECRET, **harness.MINIMAL})
        task.expect(STARTED)
        task.end_of_task()
        self.assertNotIn(SECRET.encode(), self.memory(task.pid))
        task.quit()

    @staticmethod
    def memory(pid):
        """All of it that can be read."""
        found = b""
        with open(f"/proc/{pid}/maps") as maps, open(f"/proc/{pid}/mem", "rb", 0) as memory:
            for line in maps:
                bounds, rights = line.split()[:2]
                start, end = (int(text, 16) for text in bounds.split("-"))
                if rights[0] == "r" and not line.rstrip().endswith(("[vvar]", "[vsyscall]", "[vvar_vclock]")):
                    memory.seek(start)
                    found += memory.read(end - start)
        return found
