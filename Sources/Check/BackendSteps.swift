// The backend's own checks: what was asked of the host at a start, and what it answered.

import Codecs
import Effects

/// One call of the start, with its answer; none where the start went no further.
public struct BackendCall: Equatable, Sendable {
    public var call: FilesCall
    public var answer: FilesEvent?

    public init(_ call: FilesCall, _ answer: FilesEvent? = nil) {
        self.call = call
        self.answer = answer
    }
}

/// What a start came to, up to the moment in which it would dial.
public struct BackendRecord: Equatable, Sendable {
    public var calls: [BackendCall] = []
    /// What the worker would say and exit with.
    public var problem: BackendProblem?
    /// It would dial now.
    public var hasPassed = false
    /// The Docker daemon, where tasks run on one and it answered.
    public var daemon: DockerDaemon?

    public init() {}
}

extension CheckSection {
    public static func backend(_ record: BackendRecord) -> CheckSection {
        var steps: [CheckStep] = []
        for call in record.calls {
            guard let step = call.step(record.problem) else { continue }
            steps.append(step)
        }
        if let daemon = record.daemon, record.hasPassed { steps += CheckSection.steps(daemon) }
        if record.hasPassed, steps.isEmpty {
            steps.append(CheckStep("backend", .fine, "has nothing to check before a task comes"))
        }
        if !record.hasPassed, !steps.contains(where: { $0.verdict.isFailed }) {
            let words = record.problem?.words ?? "the backend's checks did not come to an end"
            steps.append(CheckStep("backend", .failed(.unavailable), words, advice: record.problem?.advice))
        }
        return CheckSection(.backend, steps: steps)
    }

    private static func steps(_ daemon: DockerDaemon) -> [CheckStep] {
        let words = "Docker \(daemon.version.text) on \(daemon.platform.text) at \(daemon.place.text)"
        let facts = [
            JSONMember("version", .string(daemon.version)), JSONMember("api", .string(daemon.api ?? [])),
            JSONMember("platform", .string(daemon.platform)), JSONMember("address", .string(daemon.place)),
        ]
        return [CheckStep("docker", .fine, words, facts: facts)]
            + daemon.remarks.map { CheckStep("docker", .doubtful, $0.words) }
    }

    /// A backend that this build does not have.
    public static func backend(notBuilt words: String, advice: String? = nil) -> CheckSection {
        CheckSection(.backend, steps: [CheckStep("backend", .failed(.unavailable), words, advice: advice)])
    }
}

extension BackendCall {
    fileprivate func step(_ problem: BackendProblem?) -> CheckStep? {
        guard let answer else { return nil }
        switch (call, answer) {
        case (.findExecutable, .found(_, let path)):
            return fine("agent", "\(path.text) is an executable file", path)
        case (.checkDirectory(let path), .done):
            return fine("target_dir", "\(path.text) is a directory", path)
        case (.prepareRoot(let path), .done):
            return fine("workspace_root", "\(path.text) can be written to", path)
        case (.findExecutable, _): return failed("agent", problem)
        case (.checkDirectory, _): return failed("target_dir", problem)
        case (.prepareRoot, _): return failed("workspace_root", problem)
        case (.makeDirectory, _), (.makeFile, _), (.readEnvironment, _), (.rename, _), (.removeFile, _),
            (.removeEmptyDirectory, _), (.removeTree, _):
            return nil
        }
    }

    private func fine(_ name: String, _ words: String, _ path: Bytes) -> CheckStep {
        CheckStep(name, .fine, words, facts: [JSONMember("path", .string(path))])
    }

    private func failed(_ name: String, _ problem: BackendProblem?) -> CheckStep {
        CheckStep(name, .failed(.unavailable), problem?.words ?? "could not be looked at", advice: problem?.advice)
    }
}

extension BackendProblem {
    /// What the words themselves do not say.
    fileprivate var advice: String? {
        switch self {
        case .agentMissing: "install the oz CLI for the user that the worker runs as, and see that it may be executed"
        case .targetDirectory: "make the directory, or leave --target-dir out"
        case .dockerUnreachable:
            "see that docker info works for the user that the worker runs as; DOCKER_HOST names another daemon"
        case .dockerTooOld: "upgrade Docker to 20.10 or later"
        case .dockerPlatform: "use a Docker daemon that runs Linux containers on amd64 or arm64"
        case .workspaceRoot: "make it for the user that the worker runs as, or name another one in workspace_root"
        }
    }
}
