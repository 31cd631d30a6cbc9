"""How a task begins: what goes wrong at once, and what the agent finds when it starts."""

import errno
import os

import harness
from harness import CLD_EXITED, FAILED, STARTED, Case


class Failures(Case):
    def assert_failed(self, task, number, stage):
        self.assertEqual(task.expect(FAILED), (number, stage))
        self.assertIsNone(task.record())
        self.assertEqual(task.wait(), 0)
        self.assertEqual(task.whole_output(), "")

    def test_missing_program(self):
        self.assert_failed(self.supervisor().start("/no/such/program"), errno.ENOENT, harness.EXEC)

    def test_program_that_is_not_executable(self):
        path = self.file("plain", "#!/bin/sh\n", 0o644)
        self.assert_failed(self.supervisor().start(path), errno.EACCES, harness.EXEC)

    def test_program_of_another_kind(self):
        path = self.file("text", "no program\n")
        self.assert_failed(self.supervisor().start(path), errno.ENOEXEC, harness.EXEC)

    def test_missing_interpreter(self):
        path = self.file("script", "#!/no/such/shell\n")
        self.assert_failed(self.supervisor().start(path), errno.ENOENT, harness.EXEC)

    def test_missing_directory(self):
        self.assert_failed(self.supervisor().start("/bin/true", cwd="/no/such"), errno.ENOENT, harness.DIRECTORY)

    def test_impossible_limit(self):
        task = self.supervisor().start("/bin/true", flags=harness.NOFILE, soft=20, hard=10)
        self.assert_failed(task, errno.EINVAL, harness.LIMITS)

    def test_environment_larger_than_the_kernel_takes(self):
        env = {f"V{i}": "x" * 100_000 for i in range(70)}
        self.assert_failed(self.supervisor().start("/bin/true", env=env), errno.E2BIG, harness.EXEC)

    def test_records_that_make_no_sense(self):
        wrong = [{"magic": 1}, {"total": 0}, {"total": 32}, {"total": 31}, {"total": 1 << 31}, {"argc": 0},
                 {"argc": 3},
                 {"argc": 0xFFFFFFFF}, {"envc": 0xFFFFFFFF}, {"envc": 0}, {"argc": 1 << 20, "envc": 1 << 20},
                 {"flags": 32}, {"flags": harness.SURVIVE}, {"flags": harness.STDIN}, {"oom": 1001}, {"cwd": "here"},
                 {"program": "true"}, {"total": 35}]
        for change in wrong:
            with self.subTest(change=change):
                task = self.supervisor()
                task.send(harness.start_record(**{"program": "/bin/true", "argv": ["true"], "env": {"A": "b"},
                                                  **change}))
                self.assert_failed(task, errno.EINVAL, harness.RECORD)

    def test_record_without_a_pipe_for_the_output(self):
        task = self.supervisor()
        task.control.sendall(harness.start_record("/bin/true", ["true"], {}))
        self.assert_failed(task, errno.EINVAL, harness.RECORD)


class Inheritance(Case):
    def test_arguments_environment_directory(self):
        task = self.supervisor().start("first", "-c", 'pwd; echo "$0|$1|$2"; env', "zero", "", "a b\nc",
                                       program="/bin/sh", env={"A": "b", "E": ""}, cwd="/usr/lib")
        task.expect(STARTED)
        self.assertEqual(task.finish(), ((CLD_EXITED, 0), 0))
        text = task.whole_output()
        self.assertTrue(text.startswith("/usr/lib\nzero||a b\nc\n"), text)
        self.assertEqual(sorted(text.split("\n")[3:-1]), ["A=b", "E=", "PWD=/usr/lib"])

    def test_no_environment_at_all(self):
        task = self.supervisor().start("/usr/bin/env", env={})
        task.expect(STARTED)
        self.assertEqual(task.finish(), ((CLD_EXITED, 0), 0))
        self.assertEqual(task.whole_output(), "")

    def test_big_environment(self):
        env = {f"V{i:02}": "x" * 100_000 for i in range(20)}
        task = self.supervisor().start("/usr/bin/env", env=env)
        task.expect(STARTED)
        self.assertEqual(task.whole_output(), "".join(f"{key}={value}\n" for key, value in env.items()))
        self.assertEqual(task.finish(), ((CLD_EXITED, 0), 0))

    def test_record_in_small_pieces(self):
        task = self.supervisor()
        record = harness.start_record("/bin/echo", ["echo", "x"], {"A": "b"})
        task.send(record[:1])
        for byte in record[1:]:
            task.control.sendall(bytes([byte]))
        task.expect(STARTED)
        self.assertEqual(task.finish(), ((CLD_EXITED, 0), 0))
        self.assertEqual(task.whole_output(), "x\n")

    def test_descriptors(self):
        look = ('n=0; while [ $n -lt 256 ]; do '
                '[ -e /proc/$$/fd/$n ] && echo $n $(readlink /proc/$$/fd/$n); n=$((n+1)); done')
        task = self.supervisor().shell(look)
        task.expect(STARTED)
        task.finish()
        found = dict(line.split(" ", 1) for line in task.whole_output().splitlines())
        self.assertEqual(sorted(found), ["0", "1", "2"])
        self.assertEqual(found["0"], "/dev/null")
        self.assertTrue(found["1"].startswith("pipe:"))

    def test_signals_are_as_new(self):
        task = self.supervisor().start("/bin/cat", "/proc/self/status")
        task.expect(STARTED)
        task.finish()
        status = dict(line.split(":\t", 1) for line in task.whole_output().splitlines() if ":\t" in line)
        for name in ("SigBlk", "SigIgn", "SigCgt", "SigPnd", "ShdPnd"):
            self.assertEqual(int(status[name], 16), 0, name)

    def test_own_session(self):
        task = self.supervisor().start("/bin/cat", "/proc/self/stat")
        pid, _ = task.expect(STARTED)
        task.finish()
        _, parent, group, session = task.whole_output().rpartition(")")[2].split()[:4]
        self.assertEqual((int(parent), int(group), int(session)), (task.pid, pid, pid))

    def test_session_of_the_supervisor(self):
        # Not the worker's: what its terminal sends must not reach it.
        task = self.supervisor().start("/bin/sleep", "1000")
        task.expect(STARTED)
        self.assertEqual(os.getsid(task.pid), task.pid)
        self.assertNotEqual(os.getsid(0), task.pid)
        task.kill()
        self.assertEqual(task.finish()[0], (harness.CLD_KILLED, 9))

    def test_limit_of_descriptors(self):
        task = self.supervisor().shell("ulimit -Sn; ulimit -Hn", flags=harness.NOFILE, soft=123, hard=456)
        task.expect(STARTED)
        self.assertEqual(task.finish(), ((CLD_EXITED, 0), 0))
        self.assertEqual(task.whole_output(), "123\n456\n")

    def test_oom_score(self):
        with open("/proc/self/oom_score_adj") as file:
            own = int(file.read())
        # One after the other, too: what it is for one agent is neither the supervisor's nor the next agent's.
        task = self.supervisor()
        for flags, wanted, seen in ((harness.OOM, 900, 900), (0, 900, own), (harness.OOM, own, own)):
            task.start("/bin/cat", "/proc/self/oom_score_adj", flags=flags, oom=wanted)
            task.expect(STARTED)
            task.end_of_task()
            self.assertEqual(task.whole_output(), f"{seen}\n")
            with open(f"/proc/{task.pid}/oom_score_adj") as file:
                self.assertEqual(int(file.read()), own)
        task.quit()

    def test_standard_input_by_descriptor(self):
        payload = os.memfd_create("payload")
        os.write(payload, b"{}\n" * 50_000)
        os.lseek(payload, 0, os.SEEK_SET)
        task = self.supervisor().start("/usr/bin/wc", "-c", stdin=payload, flags=harness.STDIN)
        os.close(payload)
        task.expect(STARTED)
        self.assertEqual(task.finish(), ((CLD_EXITED, 0), 0))
        self.assertEqual(task.whole_output(), "150000\n")

    def test_the_supervisor_itself(self):
        env = {**harness.MINIMAL, **{f"V{i:02}": "x" * 100_000 for i in range(18)}}
        task = self.supervisor().shell("exec sleep 1000", cwd="/tmp", env=env)
        task.expect(STARTED)
        with open(f"/proc/{task.pid}/status") as file:
            status = dict(line.split(":\t", 1) for line in file.read().splitlines())
        self.assertEqual(status["Name"], "oz-supervisor")
        self.assertLessEqual(int(status["VmRSS"].split()[0]), 1024)
        if os.getuid() == 0:  # its descriptors are not for other eyes: it is not dumpable
            held = os.listdir(f"/proc/{task.pid}/fd")
            # /dev/null, the socket, its own score, and the output of its agent.
            self.assertEqual(sorted(held), ["0", "1", "2", "3", "4", "5"])
            self.assertEqual(os.readlink(f"/proc/{task.pid}/cwd"), "/")
        task.kill()

    def test_not_dumpable(self):
        def look():
            seen = []
            for flags in (0, harness.OOM):
                task = self.supervisor().shell("cat /proc/self/oom_score_adj; exec sleep 1000", flags=flags, oom=1000)
                agent, _ = task.expect(STARTED)
                seen += [os.stat(f"/proc/{pid}/mem").st_uid for pid in (task.pid, agent)]
                score = int(task.lines(1)[0])
                task.kill()
                task.finish()
            return [*seen, score]

        # What is not dumpable belongs to root in /proc, which only tells something to somebody else.
        self.assertEqual(harness.as_nobody(look), [0, harness.NOBODY, 0, harness.NOBODY, 1000])
