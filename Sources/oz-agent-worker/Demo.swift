// `demo`: the whole of it on one machine and without an account. The control plane for development and the worker run
// as processes of their own, as they would in earnest; the agent is a stub.
//
// Order of the end: the worker is asked to stop and waited for, then the control plane, then what the demo made goes.

import CLinux
import Codecs
import ControlPlane
import Glibc

func runDemo(_ arguments: [Bytes]) -> Int32 {
    guard let ground = DemoGround() else {
        Terminal.complain("oz-agent-worker: the demo can't make a directory below TMPDIR or /tmp")
        return ExitCode.unavailable
    }
    defer { ground.remove() }
    let signals = DemoSignals()
    guard let plane = DemoPlane.start() else {
        Terminal.complain("oz-agent-worker: the demo's control plane did not start")
        return ExitCode.unavailable
    }
    defer { plane.child.stop() }
    let worker = DemoChild.start(
        [
            "run", "--backend", "direct", "--worker-id", "demo", "--api-key-file", ground.path("key"),
            "--state-dir", ground.path("state"),
            "--config-file", ground.path("config.yaml"), "--web-socket-url",
            "ws://\(plane.address)/api/v1/selfhosted/worker/ws",
        ], more: arguments, output: nil)
    guard let worker else {
        Terminal.complain("oz-agent-worker: the demo's worker did not start")
        return ExitCode.unavailable
    }
    guard plane.submit(#"{"title":"A first task","prompt":"Say hello.","task_id":"demo-1","worker_id":"demo"}"#) else {
        Terminal.complain("oz-agent-worker: the demo's task was not taken")
        worker.stop()
        return ExitCode.broken
    }
    let submit = #"curl -d '{"prompt":"Say hello again.","worker_id":"demo"}' http://\#(plane.address)/tasks"#
    Terminal.say("demo: a first task was submitted; its output is below, in the worker's log")
    Terminal.say("demo: submit another with   \(submit)")
    Terminal.say("demo: see what happened at  http://\(plane.address)/events")
    Terminal.say("demo: Ctrl-C ends it")
    let code = signals.waitForStop(or: worker)
    worker.stop()
    Terminal.say("demo: the worker has stopped")
    return code
}

/// What the demo lays down on the host, and takes away again.
private struct DemoGround {
    private let root: String
    private static let files = ["oz", "key", "config.yaml"]

    init?() {
        let base = getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
        var template = Array("\(base)/oz-demo-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { return nil }
        root = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        let agent = """
            #!/bin/sh
            echo "stub agent: I was started for task $TASK_ID, in $(pwd)"
            echo "stub agent: my arguments are: $*"
            for step in 1 2 3; do echo "stub agent: working, step $step of 3"; sleep 1; done
            echo "stub agent: done"
            """
        let configuration = """
            backend:
              direct:
                oz_path: "\(root)/oz"
                workspace_root: "\(root)/workspaces"
            """
        guard put("oz", agent, 0o700), put("key", "demo-key", 0o600), put("config.yaml", configuration, 0o600)
        else { return nil }
    }

    func path(_ name: String) -> String { "\(root)/\(name)" }

    func remove() {
        for name in DemoGround.files { unlink(path(name)) }
        for name in ["instance-id", "journal", "journal.new", "lock"] { unlink(path("state/\(name)")) }
        for name in ["state", "workspaces"] { rmdir(path(name)) }
        rmdir(root)
    }

    private func put(_ name: String, _ content: String, _ mode: mode_t) -> Bool {
        let descriptor = open(path(name), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        let bytes = Bytes(text: content + "\n")
        return bytes.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) } == bytes.count
    }
}

/// Signals as a thing that can be waited for.
private struct DemoSignals {
    private var set = sigset_t()

    init() {
        sigemptyset(&set)
        for signal in [SIGINT, SIGTERM, SIGHUP, SIGCHLD] { sigaddset(&set, signal) }
        sigprocmask(SIG_BLOCK, &set, nil)
    }

    /// Until the operator asks, or the worker ends by itself.
    func waitForStop(or worker: DemoChild) -> Int32 {
        var set = set
        while true {
            var signal: Int32 = 0
            guard sigwait(&set, &signal) == 0 else { return ExitCode.broken }
            guard signal == SIGCHLD else { return ExitCode.well }
            if let code = worker.ended() { return code }
        }
    }
}

/// A process of this same binary.
final class DemoChild {
    let pid: pid_t
    private var code: Int32?

    private init(pid: pid_t) {
        self.pid = pid
    }

    /// In a process group of its own, so that a terminal's Ctrl-C reaches only the demo, which then ends it in order.
    static func start(
        _ words: [String], more: [Bytes] = [], output: Int32?, errors: Int32? = nil
    ) -> DemoChild? {
        var actions = posix_spawn_file_actions_t()
        var attributes = posix_spawnattr_t()
        posix_spawn_file_actions_init(&actions)
        posix_spawnattr_init(&attributes)
        defer {
            posix_spawn_file_actions_destroy(&actions)
            posix_spawnattr_destroy(&attributes)
        }
        if let output { posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO) }
        if let errors { posix_spawn_file_actions_adddup2(&actions, errors, STDERR_FILENO) }
        var none = sigset_t()
        sigemptyset(&none)
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setpgroup(&attributes, 0)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK) | Int16(POSIX_SPAWN_SETPGROUP))
        let list = (["oz-agent-worker"] + words).map { Bytes(text: $0) } + more
        var argv: [UnsafeMutablePointer<CChar>?] = list.map { word in
            (word + [0]).withUnsafeBytes { raw in
                raw.baseAddress.flatMap { strdup($0.assumingMemoryBound(to: CChar.self)) }
            }
        }
        argv.append(nil)
        defer { for word in argv { free(word) } }
        var pid: pid_t = 0
        guard posix_spawn(&pid, "/proc/self/exe", &actions, &attributes, argv, environ) == 0 else { return nil }
        return DemoChild(pid: pid)
    }

    /// Its exit code, once it has ended.
    func ended() -> Int32? {
        if code != nil { return code }
        var status: Int32 = 0
        guard waitpid(pid, &status, WNOHANG) == pid else { return nil }
        return keep(status)
    }

    /// Asks it to stop, and waits: its own stop is bounded.
    func stop() {
        guard ended() == nil else { return }
        kill(pid, SIGTERM)
        var status: Int32 = 0
        while waitpid(pid, &status, 0) < 0, errno == EINTR {}
        _ = keep(status)
    }

    private func keep(_ status: Int32) -> Int32 {
        let signal = status & 0x7F
        let value = signal == 0 ? (status >> 8) & 0xFF : 128 + signal
        code = value
        return value
    }
}
