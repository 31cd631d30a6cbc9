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

    public init() {}
}

extension CheckSection {
    public static func backend(_ record: BackendRecord) -> CheckSection {
        var steps: [CheckStep] = []
        for call in record.calls {
            guard let step = call.step(record.problem) else { continue }
            steps.append(step)
        }
        if record.hasPassed, steps.isEmpty {
            steps.append(CheckStep("backend", .fine, "has nothing to check before a task comes"))
        }
        if !record.hasPassed, !steps.contains(where: { $0.verdict.isFailed }) {
            let words = record.problem?.words ?? "the backend's checks did not come to an end"
            steps.append(CheckStep("backend", .failed(.unavailable), words))
        }
        return CheckSection(.backend, steps: steps)
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
        case .workspaceRoot: "make it for the user that the worker runs as, or name another one in workspace_root"
        }
    }
}
