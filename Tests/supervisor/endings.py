"""How a task ends: by itself, when told to, with its worker; and what becomes of its descendants."""

import os
import select
import signal
import socket
import time

import harness
from harness import CLD_EXITED, CLD_KILLED, EXITED, GONE, STARTED, Case, alive


class Life(Case):
    def test_agent_ends_well(self):
        task = self.supervisor().shell("echo hello; echo there >&2")
        pid, start_time = task.expect(STARTED)
        self.assertGreater(pid, 1)
        self.assertGreater(start_time, 0)
        self.assertEqual(task.finish(), ((CLD_EXITED, 0), 0))
        self.assertEqual(task.whole_output(), "hello\nthere\n")

    def test_start_time_is_the_kernels(self):
        task = self.supervisor().start("/bin/sleep", "1000")
        pid, start_time = task.expect(STARTED)
        with open(f"/proc/{pid}/stat") as file:
            self.assertEqual(int(file.read().rpartition(")")[2].split()[22 - 3]), start_time)
        task.kill()
        self.assertEqual(task.finish(), ((CLD_KILLED, signal.SIGKILL), 0))

    def test_exit_codes(self):
        for code in (1, 7, 126, 255):
            task = self.supervisor().shell(f"exit {code}")
            task.expect(STARTED)
            self.assertEqual(task.finish(), ((CLD_EXITED, code), 0))

    def test_death_by_signal(self):
        task = self.supervisor().shell("kill -USR1 $$")
        task.expect(STARTED)
        self.assertEqual(task.finish(), ((CLD_KILLED, signal.SIGUSR1), 0))

    def test_status_waits_for_a_slow_worker(self):
        task = self.supervisor().shell("exit 5")
        while len(task.control.recv(3 * 16, socket.MSG_PEEK)) < 3 * 16:
            os.sched_yield()
        task.control.shutdown(socket.SHUT_WR)
        self.assertEqual(task.wait(), 0)
        task.expect(STARTED)
        self.assertEqual(task.end_of_task(), ((CLD_EXITED, 5), 0))

    def test_idle_supervisor_leaves(self):
        for words in (b"Q", b"", b"OZ"):
            task = self.supervisor()
            task.control.sendall(words)
            task.control.shutdown(1)
            self.assertIsNone(task.record())
            self.assertEqual(task.wait(), 0)
        task = self.supervisor()
        task.kill()
        self.assertEqual(task.expect(GONE), (0, 0))
        self.assertEqual(task.wait(), 0)

    def test_only_the_socket_commands_it(self):
        task = self.supervisor().shell("echo up; read line; exit 3", stdin=(pipe := os.pipe())[0], flags=harness.STDIN)
        os.close(pipe[0])
        task.lines(1)
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGPIPE, signal.SIGALRM, signal.SIGCHLD):
            os.kill(task.pid, number)
        os.close(pipe[1])
        task.expect(STARTED)
        self.assertEqual(task.finish(), ((CLD_EXITED, 3), 0))


class Ending(Case):
    def test_signal_reaches_the_group(self):
        task = self.supervisor().shell('trap "echo parent; wait; exit 9" TERM; '
                                       '(trap "echo child; exit" TERM; echo up; while :; do sleep 0.01; done) & wait')
        task.lines(1)
        task.terminate()
        task.expect(STARTED)
        self.assertEqual(task.finish()[0], (CLD_EXITED, 9))
        said = task.whole_output().split()
        self.assertIn("child", said)
        self.assertIn("parent", said)

    def test_any_signal_and_split_commands(self):
        task = self.supervisor().shell('trap "echo one" USR1; trap "echo two; exit 4" USR2; echo up; '
                                       'while :; do sleep 0.01; done')
        task.lines(1)
        task.control.sendall(b"T")
        task.control.sendall(bytes([signal.SIGUSR1]))
        task.read_until(lambda text: b"one" in text)
        # Commands that it does not know, and one that came too late, mean nothing.
        task.control.sendall(b"xQ\0T" + bytes([signal.SIGUSR2]))
        task.expect(STARTED)
        self.assertEqual(task.finish()[0], (CLD_EXITED, 4))

    def test_signal_number_that_looks_like_a_command(self):
        task = self.supervisor().shell("echo up; read line; exit 2", stdin=(pipe := os.pipe())[0], flags=harness.STDIN)
        os.close(pipe[0])
        task.lines(1)
        task.control.sendall(b"TKTTTQ")  # three signals that don't exist
        os.close(pipe[1])
        task.expect(STARTED)
        self.assertEqual(task.finish()[0], (CLD_EXITED, 2))

    def test_agent_that_ignores_everything(self):
        task = self.supervisor().shell("trap '' TERM INT HUP; echo up; while :; do sleep 0.01; done")
        task.lines(1)
        task.control.sendall(b"T" + bytes([signal.SIGTERM]) + b"TTK")  # 'T' is a signal, too: none that exists
        task.expect(STARTED)
        self.assertEqual(task.finish()[0], (CLD_KILLED, signal.SIGKILL))

    def test_stopped_agent(self):
        task = self.supervisor().shell("echo up; kill -STOP $$")
        task.lines(1)
        task.kill()
        task.expect(STARTED)
        self.assertEqual(task.finish()[0], (CLD_KILLED, signal.SIGKILL))

    def test_end_of_the_socket_ends_the_task(self):
        task = self.supervisor().shell('trap "echo bye; exit" TERM; echo up; while :; do sleep 0.01; done')
        task.lines(1)
        task.control.close()
        self.assertEqual(task.wait(), 0)
        self.assertEqual(task.whole_output().split()[-1], "bye")

    def test_end_of_the_socket_ends_the_unwilling_after_ten_seconds(self):
        task = self.supervisor().shell("trap '' TERM; setsid sleep 1000 & echo $$ $!; while :; do sleep 0.1; done")
        pids = task.lines(1)[0].split()
        task.control.shutdown(1)  # so that its last words can still be read
        task.expect(STARTED)
        self.assertTrue(all(alive(pid) for pid in pids))
        self.assertEqual(task.wait(), 0)
        self.assert_dead(pids)

    def test_death_of_the_supervisor_takes_the_agent(self):
        task = self.supervisor().start("/bin/sleep", "1000")
        task.expect(STARTED)
        os.kill(task.pid, signal.SIGKILL)
        self.assertEqual(task.wait(), -signal.SIGKILL)
        self.assertEqual(task.whole_output(), "")  # ends only when the agent is dead


DAEMONS = """
setsid sh -c 'echo $$; exec sleep 1000' &
(setsid sh -c '(trap "" TERM HUP; echo $(sh -c "echo \\$PPID"); setsid sleep 1000; sleep 1000) & exit' &)
nohup sh -c 'echo $$; while :; do sleep 1000; done' &
(sh -c 'echo $$; kill -STOP $$' &)
"""


class Descendants(Case):
    def test_all_dead_when_gone(self):
        task = self.supervisor().shell(DAEMONS + "read line", stdin=(pipe := os.pipe())[0], flags=harness.STDIN)
        os.close(pipe[0])
        pids = task.lines(4)
        self.assertTrue(all(alive(pid) for pid in pids))
        os.close(pipe[1])
        task.expect(STARTED)
        ended, killed = task.finish()
        self.assertEqual(ended, (CLD_EXITED, 1))
        self.assertGreaterEqual(killed, 4)
        self.assert_dead(pids)
        task.whole_output()

    def test_all_dead_after_kill(self):
        task = self.supervisor().shell(DAEMONS + "wait")
        pids = task.lines(4)
        task.kill()
        agent, _ = task.expect(STARTED)
        self.assertEqual(task.finish()[0], (CLD_KILLED, signal.SIGKILL))
        self.assert_dead([*pids, agent])
        task.whole_output()

    def test_orphans_are_reaped_while_the_agent_works(self):
        task = self.supervisor().shell('(sleep 0 & echo $!); (true & echo $!); echo up; exec sleep 1000')
        pids = task.lines(3)[:2]
        for pid in pids:  # a zombie would still be there
            deadline = time.monotonic() + harness.PATIENCE
            while os.path.exists(f"/proc/{pid}"):
                self.assertLess(time.monotonic(), deadline)
                os.sched_yield()
        task.kill()

    def test_exit_is_told_before_the_rest_is_dead(self):
        task = self.supervisor().shell("setsid sleep 1000 & exit 6")
        task.expect(STARTED)
        self.assertEqual(task.expect(EXITED), (CLD_EXITED, 6))
        self.assertEqual(task.expect(GONE), (1, 0))
        self.assertEqual(task.whole_output(), "")

    def test_holder_of_the_pipe(self):
        task = self.supervisor().shell("setsid sh -c 'trap \"\" TERM; echo $$; sleep 1000; sleep 1000' & read line",
                                       stdin=(pipe := os.pipe())[0], flags=harness.STDIN)
        os.close(pipe[0])
        pids = task.lines(1)
        os.close(pipe[1])
        self.assertEqual(task.whole_output(), pids[0] + "\n")  # an end, since the holder is killed
        task.expect(STARTED)
        task.finish()
        self.assert_dead(pids)

    def descriptor(self, pid, number):
        try:
            return os.readlink(f"/proc/{pid}/fd/{number}")
        except FileNotFoundError:  # a shell closes it before it opens it anew
            return None

    def test_the_output_ends_with_the_last_of_them(self):
        # Not before, though the agent has closed it: the worker is woken up once.
        task = self.supervisor().shell("exec >/dev/null 2>&1; exec sleep 1000")
        pid, _ = task.expect(STARTED)
        while self.descriptor(pid, 2) != "/dev/null":
            os.sched_yield()
        self.assertEqual(select.select([task.output], [], [], 0)[0], [])
        task.kill()
        self.assertEqual(task.whole_output(), "")
        self.assertEqual(task.finish()[0], (CLD_KILLED, signal.SIGKILL))

    def test_fork_storm(self):
        task = self.supervisor().shell('while :; do setsid sleep 1000 & echo $!; sleep 1000 & echo $!; done')
        pids = task.lines(200)
        task.kill()
        task.expect(STARTED)
        self.assertEqual(task.finish()[0], (CLD_KILLED, signal.SIGKILL))
        self.assert_dead(pids)
        task.whole_output()

    def test_runner_that_never_stays(self):
        # Each generation starts the next in a session of its own and is gone.
        path = self.file("runner", '#!/bin/sh\necho $$\nsetsid "$0" &\n')
        task = self.supervisor().shell('"$1" & exec sleep 1000', path)
        task.lines(50)
        task.kill()
        task.expect(STARTED)
        self.assertEqual(task.finish()[0], (CLD_KILLED, signal.SIGKILL))
        self.assert_dead(task.whole_output().split())

    def test_deep_chain_of_sessions(self):
        path = self.file("deep", '#!/bin/sh\necho $$\n[ $1 -gt 0 ] && setsid "$0" $(($1 - 1)) & sleep 1000\n')
        task = self.supervisor().start(path, "30")
        pids = task.lines(31)
        task.kill()
        task.expect(STARTED)
        task.finish()
        self.assert_dead(pids)


class DescendantsBySearch(Descendants):
    """The same on a kernel that keeps no list of children."""
    cflags = '-DLIST_OF_CHILDREN="/no/such/list"'


class Patience(Case):
    """A descendant that can't be killed, played by a supervisor that finds nobody to kill."""
    cflags = '-DLIST_OF_CHILDREN="/dev/null"'

    def test_waits_without_spinning(self):
        task = self.supervisor().shell("setsid sh -c 'echo up; sleep 2' & read line; exit 8",
                                       stdin=(pipe := os.pipe())[0], flags=harness.STDIN)
        os.close(pipe[0])
        task.lines(1)
        os.close(pipe[1])
        task.expect(STARTED)
        self.assertEqual(task.finish(), ((CLD_EXITED, 8), 0))
        self.assertLess(task.usage.ru_nvcsw, 40)
        self.assertLess(task.usage.ru_utime + task.usage.ru_stime, 0.1)


class ListOfChildren(Case):
    """The kernel's list, played by a file: just those in it are killed."""

    def test_reads_it_across_its_pieces(self):
        victims = [self.supervisor().start("/bin/sleep", "1000") for _ in range(4)]
        pids = [victim.expect(STARTED)[0] for victim in victims]
        first, second, third, spared = pids
        # The reader takes 4096 bytes at a time: one number lies across that edge.
        head = f"{first} {second} "
        path = self.file("list", head + "0 " * ((4094 - len(head)) // 2) + f"{third} ")
        killer = harness.Supervisor(harness.image(f'-DLIST_OF_CHILDREN="{path}"'))
        self.addCleanup(killer.close)
        reading, writing = os.pipe()
        killer.shell("read line; exit 3", stdin=reading, flags=harness.STDIN)
        os.close(reading)
        killer.kill()
        for victim in victims[:3]:
            self.assertEqual(victim.finish()[0], (CLD_KILLED, signal.SIGKILL))
        self.assertTrue(alive(spared))
        os.close(writing)
        killer.expect(STARTED)
        self.assertEqual(killer.finish()[0], (CLD_EXITED, 3))
        victims[3].kill()
        self.assertEqual(victims[3].finish()[0], (CLD_KILLED, signal.SIGKILL))
