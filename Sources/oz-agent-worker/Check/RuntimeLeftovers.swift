// What is left after tasks were handed over. Their runs may live on: what a dispatch command that ended with 0 left
// running belongs to the runtime, may serve others too, and is not touched. Anything else is a leak.

import Check
import Codecs
import Glibc

struct RuntimeLeftovers {
    let processes: CanaryProcesses
    /// Tasks that the runtime got, and those of them that it gave back.
    let handedOver: [String]
    let recalled: [String]

    private var isAllRecalled: Bool { handedOver.allSatisfy(recalled.contains) }

    func steps() -> [CheckStep] {
        // A run that was told to end may need a moment for that.
        processes.waitUntilGone(seconds: isAllRecalled ? 15 : 5)
        let all = processes.descendants()
        let trees = all.filter { $0.parent == getpid() }.map { processes.tree($0, in: all) }
        let kept = trees.filter(isHandedOver)
        let leaked = trees.filter { !isHandedOver($0) }.flatMap { $0 }
        processes.kill(sparing: kept.compactMap { $0.first?.pid })
        let running = kept.flatMap { $0 }.filter { !$0.isSupervisor }
        return [
            step(ofProcesses: leaked.filter { !$0.isSupervisor }, running),
            step(ofSupervisors: leaked.filter(\.isSupervisor), kept.count), step(ofPayloads: running),
        ]
    }

    /// A supervisor with what it let go of. What cleared its environment can't be told from a run, and counts as one.
    private func isHandedOver(_ tree: [CanaryProcesses.Living]) -> Bool {
        guard let root = tree.first, root.isSupervisor, tree.count > 1, !handedOver.isEmpty else { return false }
        let runs = tree.dropFirst().compactMap { Self.run(of: $0.pid) }
        return runs.isEmpty || runs.contains { handedOver.contains($0) }
    }

    /// The run that a process was started for, as its environment tells.
    private static func run(of pid: pid_t) -> String? {
        let name = Bytes(text: "OZ_RUN_ID=")
        guard let environment = try? HostFile.read("/proc/\(pid)/environ").get() else { return nil }
        let entry = environment.split(separator: 0).first { $0.starts(with: name) }
        return entry.map { Bytes($0.dropFirst(name.count)).text }
    }

    // MARK: Steps

    private func step(
        ofProcesses leaked: [CanaryProcesses.Living], _ running: [CanaryProcesses.Living]
    ) -> CheckStep {
        let runs = running.map(\.words).joined(separator: ", ")
        let facts = [
            JSONMember("left", .array(leaked.map { .string($0.words) })),
            JSONMember("runs_on", .array(running.map { .string($0.words) })),
        ]
        if !leaked.isEmpty {
            let words = "\(leaked.map(\.words).joined(separator: ", ")) outlived the worker; killed now"
            return CheckStep(
                "processes", .failed(.unavailable), words, advice: "see what the commands of the configuration start",
                facts: facts)
        }
        if running.isEmpty {
            return CheckStep("processes", .fine, "no command and nothing that one had started is left", facts: facts)
        }
        if !isAllRecalled {
            return CheckStep("processes", .fine, "only the run itself goes on: \(runs)", facts: facts)
        }
        return CheckStep(
            "processes", .doubtful, "\(runs) runs on, though its task was cancelled; it is left alone",
            advice: "if that is the run, cancel_command must end it; if it serves the runtime, all is well",
            facts: facts)
    }

    private func step(ofSupervisors leaked: [CanaryProcesses.Living], _ kept: Int) -> CheckStep {
        let facts = [JSONMember("left", .array(leaked.map { .string($0.words) }))]
        if !leaked.isEmpty {
            let words = "\(leaked.map(\.words).joined(separator: ", ")) outlived the worker; killed now"
            return CheckStep("supervisors", .failed(.unavailable), words, facts: facts)
        }
        let words = kept == 0 ? "no supervisor is left" : "\(kept) with what was handed over, and as long as that"
        return CheckStep("supervisors", .fine, words, facts: facts)
    }

    private func step(ofPayloads running: [CanaryProcesses.Living]) -> CheckStep {
        let holders = running.filter { Self.holdsPayload($0.pid) }.map(\.words)
        let facts = [JSONMember("left", .array(holders.map { .string($0) }))]
        if holders.isEmpty {
            return CheckStep("payloads", .fine, "no process holds a payload any more", facts: facts)
        }
        return CheckStep(
            "payloads", .doubtful,
            "\(holders.joined(separator: ", ")) has the payload open, and with it the task's secrets in memory",
            advice: "redirect the standard input of what the dispatch command leaves running: </dev/null", facts: facts
        )
    }

    /// A payload is a file in memory that a command inherits.
    private static func holdsPayload(_ pid: pid_t) -> Bool {
        let directory = "/proc/\(pid)/fd"
        return HostFile.names(in: Bytes(text: directory)).contains { name in
            HostFile.target("\(directory)/\(name.text)").hasPrefix(Bytes(text: "/memfd:oz-input"))
        }
    }
}
