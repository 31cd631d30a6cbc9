// What the Docker daemon says in a scenario: `docker#3 done`, `docker#3 missing`, `docker#3 refused 500 out of space`.

import Codecs
import Effects

@testable import WorkerModel

enum ScenarioDocker {
    /// Nil for a line that is about something else.
    static func event(_ text: String, _ names: ScenarioNames) throws -> DockerEvent? {
        guard text.hasPrefix("docker#") else { return nil }
        let words = text.split(separator: " ").map { String($0) }
        guard words.count > 1, let id = names[words[0]] else { throw ScenarioProblem("no such call: \(text)") }
        let rest = Array(words.dropFirst(2))
        switch words[1] {
        case "done": return .done(id)
        case "exists": return .exists(id)
        case "missing": return .failed(id, .refused(status: 404, Detail("no such thing")))
        case "refused":
            guard let status = rest.first.flatMap({ Int($0) }) else { throw ScenarioProblem("no status: \(text)") }
            return .failed(id, .refused(status: status, detail(rest.dropFirst())))
        case "lost": return .failed(id, .lost(Detail("reset")))
        case "away": return .failed(id, .notReached(Detail("down")))
        case "late": return .failed(id, .timedOut)
        case "abandoned": return .failed(id, .abandoned)
        case "says": return .failed(id, .pull(detail(rest[...])))
        case "image": return .image(id, image(rest.first ?? "linux/amd64"))
        case "volume": return .volume(id, isLabelled: rest.first != "unlabelled")
        case "container": return try container(id, rest, text)
        case "ended": return .ended(id, code: rest.first.flatMap { Int32($0) } ?? 0)
        case "lists": return .listed(id, rest.map { listed(names.whole($0)) })
        case "reached":
            guard rest.count == 2 else { throw ScenarioProblem("no platform and version: \(text)") }
            return .reached(id, daemon(rest[0], rest[1]))
        default: throw ScenarioProblem("the daemon does not say that: \(text)")
        }
    }

    /// `NAME`, which is this instance's and an execution's; behind `=` what is otherwise, with commas.
    private static func listed(_ word: String) -> DockerListed {
        let parts = word.split(separator: "=", maxSplits: 1).map { String($0) }
        let marks = parts.count > 1 ? parts[1].split(separator: ",").map { String($0) } : []
        let name = Bytes(text: parts[0])
        return DockerListed(
            id: name, name: name, instance: Labels.hash(Bytes(text: marks.contains("theirs") ? "other" : "i")),
            execution: marks.contains("shared") ? nil : Bytes(text: "e"), isRunning: marks.contains("running"),
            volumes: marks.compactMap { $0.behind("has:") }.map { Bytes(text: $0) })
    }

    static func image(_ platform: String) -> DockerImage {
        DockerImage(
            id: Bytes(text: "sha256:feedfacefeedface"), digests: [Bytes(text: "tool@sha256:0123456789abcdef")],
            platform: Bytes(text: platform))
    }

    static func daemon(_ platform: String, _ version: String) -> DockerDaemon {
        DockerDaemon(
            platform: Bytes(text: platform), version: Bytes(text: "20.10.24"),
            api: version == "old" ? nil : Bytes(text: version), place: Bytes(text: "unix:///d"), remarks: [])
    }

    private static func container(_ id: EffectID, _ words: [String], _ text: String) throws -> DockerEvent {
        let code = words.count > 1 ? Int32(words[1]) ?? 0 : 0
        let state: DockerContainer.State
        switch words.first {
        case "created", "ours": state = .created
        case "running": state = .running
        case "ended", "oom": state = .ended
        default: throw ScenarioProblem("no state: \(text)")
        }
        let isOurs = words.first == "ours"
        return .container(
            id,
            DockerContainer(
                id: Bytes(text: "c0ffee"), state: state, exitCode: code, outOfMemory: words.first == "oom",
                instance: isOurs ? Labels.hash(Bytes(text: "i")) : nil,
                task: isOurs ? Labels.hash(Bytes(text: "a")) : nil,
                execution: isOurs ? Labels.hash(Bytes(text: "1")) : nil))
    }

    private static func detail(_ words: ArraySlice<String>) -> Detail {
        Detail(Bytes(text: words.joined(separator: " ")))
    }
}
