"""Agents that hand over: what they leave running when they end well lives until the worker has decided."""

import os
import signal

import harness
from harness import CLD_EXITED, CLD_KILLED, EXITED, GONE, STARTED, Case, alive

LEAVE = "setsid sh -c 'echo $$; exec sleep 1000' & sh -c 'echo $$; exec sleep 1000' & read line; "


class HandingOver(Case):
    def left(self, end="exit 0", before_end=lambda task: None, flags=harness.HANDOVER):
        """An agent that has ended and left two processes, one of them in a session of its own; and these."""
        read_end, write_end = os.pipe()
        task = self.supervisor().shell(LEAVE + end, stdin=read_end, flags=flags | harness.STDIN)
        os.close(read_end)
        pids = [int(line) for line in task.lines(2)]
        self.addCleanup(self.sweep, pids)
        before_end(task)
        os.close(write_end)
        task.expect(STARTED)
        return task, pids

    def sweep(self, pids):
        for pid in pids:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass

    def test_released_they_live_on_and_the_supervisor_stays_with_them(self):
        task, pids = self.left()
        self.assertEqual(task.expect(EXITED), (CLD_EXITED, 0))
        task.release()
        self.assertEqual(task.expect(GONE), (0, 0))
        self.assertIsNone(task.record())
        self.assertTrue(all(alive(pid) for pid in pids))
        task.control.close()
        for pid in pids:
            self.assertTrue(alive(pid) and alive(task.pid))
            os.kill(pid, signal.SIGKILL)
        self.assertEqual(task.wait(), 0)  # it reaped them, and was not needed any more
        self.assertFalse(any(os.path.exists(f"/proc/{pid}") for pid in pids))

    def test_the_output_ends_with_the_release(self):
        task = self.supervisor().shell("setsid sleep 1000 >/dev/null 2>&1 & echo $!", flags=harness.HANDOVER)
        pid = int(task.lines(1)[0])
        self.addCleanup(self.sweep, [pid])
        task.expect(STARTED)
        self.assertEqual(task.expect(EXITED), (CLD_EXITED, 0))
        task.release()
        self.assertEqual(task.whole_output(), f"{pid}\n")
        self.assertEqual(task.expect(GONE), (0, 0))
        self.assertTrue(alive(pid))

    def test_until_the_worker_has_decided_nothing_happens(self):
        task, pids = self.left()
        self.assertEqual(task.expect(EXITED), (CLD_EXITED, 0))
        task.terminate()  # there is no agent any more that could be meant
        os.kill(pids[0], signal.SIGKILL)
        while alive(pids[0]):
            os.sched_yield()
        self.assertTrue(alive(pids[1]))
        task.kill()
        self.assertEqual(task.expect(GONE)[1], 0)
        self.assert_dead(pids)
        task.quit()

    def test_a_kill_before_the_release_wins(self):
        for words in (b"KR", b"RK"):
            task, pids = self.left()
            task.expect(EXITED)
            task.control.sendall(words)
            task.expect(GONE)
            if words == b"KR":
                self.assert_dead(pids)
                task.control.close()
                self.assertEqual(task.wait(), 0)
            else:
                self.assertTrue(all(alive(pid) for pid in pids))

    def test_a_release_that_comes_too_soon_means_nothing(self):
        task, pids = self.left(before_end=lambda task: task.release())
        self.assertEqual(task.expect(EXITED), (CLD_EXITED, 0))
        self.assertTrue(all(alive(pid) for pid in pids))
        task.kill()
        task.expect(GONE)
        self.assert_dead(pids)

    def test_a_signal_number_that_looks_like_a_release(self):
        task, pids = self.left()
        task.expect(EXITED)
        task.control.sendall(b"TRK")
        task.expect(GONE)
        self.assert_dead(pids)

    def test_every_other_end_takes_them_along(self):
        for end, ended in (("exit 3", (CLD_EXITED, 3)), ("kill -KILL $$", (CLD_KILLED, signal.SIGKILL))):
            task, pids = self.left(end)
            self.assertEqual(task.expect(EXITED), ended)
            self.assertEqual(task.expect(GONE), (2, 0))
            self.assert_dead(pids)

    def test_an_agent_that_was_to_be_killed_hands_nothing_over(self):
        task, pids = self.left("sleep 1000", before_end=lambda task: task.kill())
        self.assertEqual(task.expect(EXITED), (CLD_KILLED, signal.SIGKILL))
        task.expect(GONE)
        self.assert_dead(pids)

    def test_the_workers_end_before_it_has_decided_ends_them(self):
        task, pids = self.left()
        task.expect(EXITED)
        task.control.close()
        self.assertEqual(task.wait(), 0)
        self.assert_dead(pids)

    def test_with_nothing_left_there_is_nothing_to_decide(self):
        task = self.supervisor().shell("exit 0", flags=harness.HANDOVER)
        task.expect(STARTED)
        self.assertEqual(task.finish(), ((CLD_EXITED, 0), 0))

    def test_without_the_flag_a_release_means_nothing(self):
        task, pids = self.left(flags=0)
        self.assertEqual(task.expect(EXITED), (CLD_EXITED, 0))
        self.assertEqual(task.expect(GONE), (2, 0))
        self.assert_dead(pids)
