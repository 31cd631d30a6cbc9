// `check --run-task`: this very configuration's worker, in a process of its own, against a control plane that the
// check starts on loopback. One canary task runs to its end, another is cancelled, the worker is stopped, and then it
// is looked whether anything is left.
//
// The agent is a stub, since the real one would need the real service: what is proved is everything around it, setup
// and teardown commands included.

import CLinux
import Check
import Codecs
import Configuration
import Glibc
import Interpreter

final class CanaryRun {
    /// The worker bounds its own stop; this is beyond it.
    private static let stopTime: Int64 = 120

    private let configuration: ResolvedConfiguration
    private let direct: DirectSettings
    private let arguments: [Bytes]
    private let printer: CheckPrinter
    private var hasFailed = false

    init(
        _ configuration: ResolvedConfiguration, _ direct: DirectSettings, arguments: [Bytes], printer: CheckPrinter
    ) {
        self.configuration = configuration
        self.direct = direct
        self.arguments = arguments
        self.printer = printer
    }

    /// The signal that interrupted it, if one did.
    func run() -> Int32? {
        printer.open(.task, note: note)
        guard let ground = CanaryGround(marks: direct.targetDirectory == nil) else {
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

    private var note: String {
        let commands =
            (direct.setupCommand == nil ? [] : ["setup_command"])
            + (direct.teardownCommand == nil ? [] : ["teardown_command"])
        let run = commands.isEmpty ? "" : "; \(commands.joined(separator: " and ")) run as configured"
        let cleanup = configuration.cleanup ? "" : "; unlike configured, they are cleaned up after"
        return "a stub stands in for oz, so nothing reaches the real service\(run)\(cleanup)"
    }

    private func startPlane(_ ground: CanaryGround) -> DemoPlane? {
        let words = [
            "canary", CanaryWords.plane, "--listen", "127.0.0.1:0", "--log-level", "warning", "--api-key-file",
            ground.path("key"),
        ]
        return DemoPlane.start(words, errors: ground.planeLog)
    }

    private func tryTasks(_ ground: CanaryGround, _ waiting: CanaryWaiting, _ plane: DemoPlane) {
        let leftovers = CanaryLeftovers(waiting: waiting, nonce: ground.nonce)
        let before = direct.targetDirectory.map { CanaryLeftovers.environmentFiles(in: $0) } ?? []
        let missing = MissingDirectories(of: direct.workspaceRoot)
        let words = [
            "canary", CanaryWords.worker, "ws://\(plane.address)/api/v1/selfhosted/worker/ws", ground.path("key"),
            ground.path("oz"),
        ]
        let worker = DemoChild.start(
            words, more: arguments, output: ground.workerLog, errors: ground.workerLog)
        guard let worker else { return add(failed("worker", "the worker for the canary did not start")) }
        waiting.watched = worker
        let client = PlaneClient(address: plane.address, waiting: waiting)
        let trial = CanaryTrial(client: client, ground: ground, waiting: waiting)
        for name in CanaryTrial.names {
            if hasFailed {
                add(CheckStep(name, .skipped, "not tried"))
                continue
            }
            do throws(CanaryTrouble) {
                add(try trial.step(name))
            } catch {
                add(trouble(name, error, ground))
            }
        }
        stop(worker, waiting)
        for step in leftovers.processes(besides: plane.child.pid) { add(step) }
        if let target = direct.targetDirectory {
            add(leftovers.filesOfTarget(target, before: before, gitConfigs: trial.gitConfigs))
        } else {
            add(leftovers.workspaces(below: direct.workspaceRoot))
            missing.remove()
        }
    }

    private func stop(_ worker: DemoChild, _ waiting: CanaryWaiting) {
        waiting.watched = nil
        if worker.ended() != nil { return add(CheckStep("stop", .skipped, "the worker had ended by itself")) }
        let began = oz_clock_boottime()
        kill(worker.pid, SIGTERM)
        guard let code = waiting.end(of: worker, seconds: Self.stopTime) else {
            kill(worker.pid, SIGKILL)
            _ = waiting.end(of: worker, seconds: 5)
            return add(failed("stop", "the worker did not end within \(Self.stopTime) s of SIGTERM; killed"))
        }
        let took = CanaryTrial.words(since: began)
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
