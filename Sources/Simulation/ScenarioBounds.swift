// What a scenario looks at and where it stops, in words: for `explore --list` and for spec/bounds.md.

import Codecs
import Effects
import WorkerModel

extension Scenario {
    /// Its columns in the page of all bounds, without its name.
    public var bounds: [String] {
        let said = nonsense.isEmpty ? "" : ", \(nonsense.count) odd messages"
        let script = "\(assignments.map { $0.key.words }.joined(separator: " "))\(said)"
        let told = cancellations.isEmpty ? "" : cancellations.map(\.bytes.text).joined(separator: " ")
        let most = faults == 0 ? "none" : "\(faults): \(faultNames)"
        return [script, told, signals == 0 ? "" : "\(signals)", most, settings.remarks + remarks]
    }

    private var faultNames: String {
        let names = Fault.allCases.filter { allowed.contains($0) }
        let all = Fault.allCases.filter { $0 != .brokenContract }
        return names == all ? "any" : names.map { "\($0)" }.joined(separator: " ")
    }

    private var remarks: String {
        var list = quickFiles ? ", files at once" : ""
        if quickNetwork { list += ", messages at once" }
        if case .docker = settings.backend, !keepsAlive { list += ", containers die with the daemon" }
        if stranger { list += ", somebody else fills the volume" }
        if litter { list += ", looked through for what nothing needs every \(settings.timing.sweepEvery.words)" }
        if sleeps > 0 { list += ", \(sleeps == 1 ? "a sleep" : "\(sleeps) sleeps") of an hour" }
        if crashes > 0 { list += ", killed \(crashes == 1 ? "once" : "\(crashes) times") in the middle of a turn" }
        return list + (foreign.isEmpty ? "" : ", \(foreign.map(\.text).joined(separator: " ")) is somebody else's")
    }
}

extension Settings {
    fileprivate var remarks: String {
        var list = backend.remarks
        if !cleanup { list.append("cleanup off") }
        if capacity > 0 { list.append("capacity \(capacity)") }
        if !journals { list.append("no journal") }
        if let taskTimeout { list.append("time limit \(taskTimeout.words)") }
        if drainTimeout > .zero { list.append("drain time-out \(drainTimeout.words)") }
        return list.isEmpty ? "bare" : list.joined(separator: ", ")
    }
}

extension BackendSettings {
    fileprivate var remarks: [String] {
        var list: [String] = []
        switch self {
        case .direct(let direct):
            if direct.setupCommand != nil { list.append("setup") }
            if direct.teardownCommand != nil { list.append("teardown") }
            if direct.targetDirectory != nil { list.append("target directory") }
        case .command(let command):
            list.append(command.cancelCommand == nil ? "dispatch" : "dispatch, cancel command")
            list.append("dispatch time-out \(command.dispatchTimeout.words)")
        case .docker(let docker): list.append(docker.followsOutput ? "docker, output followed" : "docker")
        }
        return list
    }
}

extension Scenarios {
    public static var page: String {
        var lines = [
            "# Bounds of the exploration",
            "",
            "Every scenario that the explorer searches, with what may happen in it. Within these bounds the search is",
            "complete: every order of everything that may happen. `oz-agent-worker explore --list` writes this page.",
            "",
            "A fault is what the environment does against us; \"2: any\" is two of them at most on one path, of any",
            "kind but broken hands. Each assignment and each cancellation may come at any time, once. Unless files",
            "come at once, every file call may take as long as it likes.",
            "",
            "| scenario | assigned | cancelled | signals | faults | settings |",
            "| --- | --- | --- | --- | --- | --- |",
        ]
        for scenario in all { lines.append("| \(([scenario.name] + scenario.bounds).joined(separator: " | ")) |") }
        lines += ["", "A search that reaches \(limit) states stops, says TRUNCATED, and counts as failed."]
        return lines.joined(separator: "\n") + "\n"
    }

    private static var limit: Int { all.map(\.statesMax).max() ?? 0 }
}
