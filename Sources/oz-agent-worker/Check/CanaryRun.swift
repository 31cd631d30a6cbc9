// `check --run-task`: this very configuration's worker, in a process of its own, against a control plane that the
// check starts on loopback. One canary task runs to its end, another is cancelled, the worker is stopped, and then it
// is looked whether anything is left.
//
// On the direct backend the agent is a stub, since the real one would need the real service: what is proved is
// everything around it, setup and teardown commands included. The command backend's runtime gets canaries in earnest.

import CLinux
import Check
import Codecs
import Configuration
import Glibc
import Interpreter

final class CanaryRun {
    /// The backends that canaries can be sent through.
    enum Backend {
        case direct(DirectSettings)
        case command(CommandSettings)
    }

    /// The worker bounds its own stop; this is beyond it.
    private static let stopTime: Int64 = 120

    private let configuration: ResolvedConfiguration
    private let backend: Backend
    private let arguments: [Bytes]
    private let printer: CheckPrinter
    private var hasFailed = false

    init(_ configuration: ResolvedConfiguration, _ backend: Backend, arguments: [Bytes], printer: CheckPrinter) {
        self.configuration = configuration
        self.backend = backend
        self.arguments = arguments
        self.printer = printer
    }

    /// The signal that interrupted it, if one did.
    func run() -> Int32? {
        printer.open(.task, note: note)
        guard let ground = CanaryGround(marks: marks) else {
            add(failed("plane", "no directory for the canary can be made below TMPDIR or /tmp"))
            return nil
        }
        defer { ground.remove() }
        guard let waiting = CanaryWaiting(), oz_set_child_subreaper(1) == 0,
            let plane = startPlane(ground)
        else {
            add(failed("plane", "the control plane for the canary did not start"))
            return nil
        }
        defer { plane.child.stop() }
        add(CheckStep("plane", .fine, "a control plane of the check's own listens on \(plane.address)"))
        tryTasks(ground, waiting, plane)
        return waiting.interruption
    }

    private var marks: Bool {
        switch backend {
        case .direct(let direct): direct.targetDirectory == nil
        case .command: false
        }
    }

    private var note: String {
        switch backend {
        case .direct(let direct): note(direct)
        case .command(let command): note(command)
        }
    }

    private func note(_ direct: DirectSettings) -> String {
        let commands =
            (direct.setupCommand == nil ? [] : ["setup_command"])
            + (direct.teardownCommand == nil ? [] : ["teardown_command"])
        let run = commands.isEmpty ? "" : "; \(commands.joined(separator: " and ")) run as configured"
        let cleanup = configuration.cleanup ? "" : "; unlike configured, they are cleaned up after"
        return "a stub stands in for oz, so nothing reaches the real service\(run)\(cleanup)"
    }

    private func note(_ command: CommandSettings) -> String {
        let how = "in earnest; their ids begin with \(CanaryGround.taskPrefix), and env has OZ_CHECK=canary"
        return command.cancelCommand == nil
            ? "dispatch_command gets one task, \(how); without a cancel_command it stays where it is handed to"
            : "dispatch_command gets two tasks, \(how); cancel_command takes both back"
    }

    private func startPlane(_ ground: CanaryGround) -> DemoPlane? {
        let words = [
            "canary", CanaryWords.plane, "--listen", "127.0.0.1:0", "--log-level", "warning", "--api-key-file",
            ground.path("key"),
        ]
        return DemoPlane.start(words, errors: ground.planeLog)
    }

    private func tryTasks(_ ground: CanaryGround, _ waiting: CanaryWaiting, _ plane: DemoPlane) {
        let before = CanaryBefore(backend)
        let words = [
            "canary", CanaryWords.worker, "ws://\(plane.address)/api/v1/selfhosted/worker/ws", ground.path("key"),
            ground.path("oz"),
        ]
        let worker = DemoChild.start(
            words, more: arguments, output: ground.workerLog, errors: ground.workerLog)
        guard let worker else { return add(failed("worker", "the worker for the canary did not start")) }
        waiting.watched = worker
        let client = PlaneClient(address: plane.address, waiting: waiting)
        let tasks = CanaryTasks(client: client, ground: ground, waiting: waiting)
        let log = CanaryLog(ground.workerLog)
        let processes = CanaryProcesses(waiting: waiting, plane: plane.child.pid)
        switch backend {
        case .direct(let direct):
            let trial = DirectTrial(tasks)
            run(trial, ground)
            stop(worker, waiting, log)
            let leftovers = CanaryLeftovers(nonce: ground.nonce)
            for step in leftovers.steps(processes) { add(step) }
            for step in leftovers.files(direct, before, gitConfigs: trial.gitConfigs) { add(step) }
        case .command(let command):
            let trial = DispatchTrial(tasks, command, log)
            run(trial, ground)
            stop(worker, waiting, log)
            let leftovers = RuntimeLeftovers(
                processes: processes, handedOver: trial.handedOver, recalled: trial.recalled)
            for step in leftovers.steps() { add(step) }
        }
    }

    private func run(_ trial: some CanaryTrial, _ ground: CanaryGround) {
        for name in trial.names {
            if hasFailed, !trial.isOwed(name) {
                add(CheckStep(name, .skipped, "not tried"))
                continue
            }
            do throws(CanaryTrouble) {
                add(try trial.step(name))
            } catch {
                add(trouble(name, error, ground))
            }
        }
    }

    private func stop(_ worker: DemoChild, _ waiting: CanaryWaiting, _ log: CanaryLog) {
        waiting.watched = nil
        if worker.ended() != nil { return add(CheckStep("stop", .skipped, "the worker had ended by itself")) }
        let began = oz_clock_boottime()
        kill(worker.pid, SIGTERM)
        guard let code = waiting.end(of: worker, seconds: Self.stopTime) else {
            kill(worker.pid, SIGKILL)
            _ = waiting.end(of: worker, seconds: 5)
            return add(failed("stop", "the worker did not end within \(Self.stopTime) s of SIGTERM; killed"))
        }
        let took = CanaryTasks.words(since: began)
        let complaints = log.allComplaints()
        if code == 0, !complaints.isEmpty {
            return add(
                CheckStep(
                    "stop", .failed(.unavailable), "the worker ended with exit code 0 and left something undone",
                    details: complaints))
        }
        add(
            code == 0
                ? CheckStep("stop", .fine, "the worker ended \(took) after SIGTERM, with exit code 0")
                : failed("stop", "the worker ended with exit code \(code) after SIGTERM"))
    }

    // MARK: Steps

    private func add(_ step: CheckStep) {
        if step.verdict.isFailed { hasFailed = true }
        printer.add(step)
    }

    private func failed(_ name: String, _ words: String) -> CheckStep {
        CheckStep(name, .failed(.unavailable), words)
    }

    private func trouble(_ name: String, _ trouble: CanaryTrouble, _ ground: CanaryGround) -> CheckStep {
        var advice = "below is what the worker said last"
        let words: String
        switch trouble {
        case .interrupted: words = "interrupted"
        case .workerEnded(let code):
            words = "the worker ended by itself, with exit code \(code)"
            if code == ExitCode.unavailable { advice += "; if it is the stub: programs must be allowed below TMPDIR" }
        case .tooLate(let what): words = what.isEmpty ? "took too long" : what
        case .plane(let what): words = "the control plane of the check failed: \(what)"
        }
        return CheckStep(name, .failed(.unavailable), words, advice: advice, details: ground.lastOfLog(12))
    }
}
