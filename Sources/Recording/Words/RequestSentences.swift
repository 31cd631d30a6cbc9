// What was asked for, in words.

import Codecs
import Effects

extension Request {
    public var sentence: String { "\(id.label) \(effect.sentence)" }
}

extension Effect {
    public var sentence: String {
        switch self {
        case .socket(let call): call.sentence
        case .process(let call): call.sentence
        case .files(let call): call.sentence
        case .docker(let call): call.sentence
        case .journal(let call): "note in the journal: \(call.sentence)"
        case .log(let record): record.sentence
        case .measure(let measure): "count \(measure.sentence)"
        case .forgetSecrets(let range):
            range.count == 1
                ? "forget secret \(range.first)"
                : "forget secrets \(range.first) to \(range.first &+ range.count &- 1)"
        case .exit(let code): "exit with \(code)"
        }
    }
}

extension SocketCall {
    public var sentence: String {
        switch self {
        case .dial(let url, _): "dial \(url.text)"
        case .send(let connection, let message): "send over \(connection.label): \(message.sentence)"
        case .ping(let connection, let number): "ping \(number) over \(connection.label)"
        case .close(let connection, let code): "close \(connection.label) with code \(code)"
        case .abandon(let connection): "abandon \(connection.label)"
        }
    }
}

extension OutgoingMessage {
    public var sentence: String {
        switch self {
        case .claimed(let task, _): "claim of \(task.bytes.text)"
        case .completed(let key, let confirmed): "\(key.label) completed" + unconfirmed(confirmed)
        case .cancelled(let key, let confirmed): "\(key.label) cancelled" + unconfirmed(confirmed)
        case .failed(let key, let failure, let code, let confirmed):
            "\(key.label) failed: \(failure.words)" + (code.map { ", exit code \($0)" } ?? "")
                + unconfirmed(confirmed)
        case .rejected(let task, let rejection): "rejection of \(task.bytes.text): \(rejection.words)"
        }
    }

    private func unconfirmed(_ confirmed: Bool) -> String { confirmed ? "" : ", its death not seen" }
}

extension ProcessCall {
    public var sentence: String {
        switch self {
        case .start(let launch): "start \(launch.sentence)"
        case .signal(let process, .terminate): "ask command \(process.label) to end (SIGTERM)"
        case .kill(let process): "kill command \(process.label) and all of its descendants (SIGKILL)"
        case .release(let process): "let go of what command \(process.label) left running"
        case .abandonOutput(let process): "wait no longer for the output of command \(process.label)"
        case .adopt(let adoption):
            "adopt the \(adoption.role.words) of \(adoption.key.label), \(adoption.name.bytes.text)"
        case .dismiss(let name): "dismiss the supervisor of \(name.bytes.text)"
        }
    }
}

extension ProcessRole {
    public var words: String {
        switch self {
        case .setup: "setup command"
        case .agent: "agent"
        case .teardown: "teardown command"
        case .dispatch: "dispatch command"
        case .cancel: "cancel command"
        }
    }
}

extension Launch {
    public var sentence: String {
        let line = arguments.map { $0.sentence }.joined(separator: " ")
        return "the \(role.words) of \(key.label) in \(directory.text), with "
            + "\(counted(environment.count, "variable")): \(line)"
    }
}

extension Text {
    /// With the secrets as their numbers.
    public var sentence: String {
        switch self {
        case .literal(let bytes): bytes.text
        case .secret(let ref): "<secret \(ref.number)>"
        case .joined(let parts): parts.map { $0.sentence }.joined()
        }
    }
}

extension FilesCall {
    public var sentence: String {
        switch self {
        case .findExecutable(let path): path.map { "find the agent at \($0.text)" } ?? "find the agent on PATH"
        case .checkDirectory(let path): "check that \(path.text) is a directory"
        case .prepareRoot(let path): "prepare the workspace root \(path.text)"
        case .makeDirectory(let path): "make the directory \(path.text)"
        case .makeFile(let path): "make the file \(path.text)"
        case .readEnvironment(let path): "read the environment file \(path.text)"
        case .rename(let from, let to): "rename \(from.text) to \(to.text)"
        case .removeFile(let path): "remove the file \(path.text)"
        case .removeEmptyDirectory(let path): "remove the directory \(path.text) if nothing lies in it"
        case .removeTree(let path): "remove the directory \(path.text)"
        }
    }
}

extension FilesCall {
    /// In a story: what the worker sets about.
    var isBegun: String {
        switch self {
        case .findExecutable: "looks for the agent"
        case .checkDirectory(let path): "checks the directory \(path.text)"
        case .prepareRoot(let path): "prepares the workspace root \(path.text)"
        case .makeDirectory(let path): "makes the directory \(path.text)"
        case .makeFile(let path): "makes the file \(path.text)"
        case .readEnvironment(let path): "reads the environment file \(path.text)"
        case .rename(_, let to): "sets the workspace aside as \(to.text)"
        case .removeFile(let path): "removes the file \(path.text)"
        case .removeEmptyDirectory(let path): "removes the directory \(path.text) if nothing lies in it"
        case .removeTree(let path): "removes the directory \(path.text)"
        }
    }

    /// And that it is done.
    var isDone: String {
        switch self {
        case .findExecutable: "the agent is found"
        case .checkDirectory: "the directory can be used"
        case .prepareRoot: "the workspace root is ready"
        case .makeDirectory: "the directory is made"
        case .makeFile: "the file is made"
        case .readEnvironment: "the environment file is read"
        case .rename: "the workspace is set aside"
        case .removeFile: "the file is removed"
        case .removeEmptyDirectory, .removeTree: "the directory is removed"
        }
    }
}

extension JournalCall {
    public var sentence: String { "run \(run) \(note.sentence)" }
}

extension JournalNote {
    public var sentence: String {
        switch self {
        case .claimed(let key, _): "is \(key.label), about to be claimed"
        case .recalled(let key): "takes \(key.label) back"
        case .claimHeard: "was heard to be claimed"
        case .started: "begins"
        case .ending(let verdict): "is being ended, as \(verdict.words)"
        case .intended(let thing): "is about to own \(thing.sentence)"
        case .acquired(let thing): "owns \(thing.sentence)"
        case .ended(let name, let role, let end):
            "saw the end of its \(role.words) \(name.bytes.text): it \(end.words)"
        case .released(let thing): "has given up \(thing.sentence)"
        case .recallBegan: "must be taken back"
        case .recallEnded(let succeeded): succeeded ? "was taken back" : "could not be taken back"
        case .verdictDecided(let word): "is decided: \(word.sentence)"
        case .handedOver: "runs elsewhere now"
        case .verdictHeard: "was heard to be over"
        case .verdictWithdrawn: "is not spoken of again, since a newer execution took its place"
        case .forgotten: "needs nothing more to be said"
        case .volumeUsed(let name, _): "uses the volume \(name.text)"
        }
    }
}

extension Verdict {
    var words: String {
        switch self {
        case .completed: "completed"
        case .cancelled: "cancelled"
        case .failed(let failure): "failed: \(failure.words)"
        case .dispatched: "handed over"
        }
    }
}

extension Possession {
    public var sentence: String {
        switch self {
        case .workspace(let path): "the workspace \(path.text)"
        case .directory(let path): "the directory \(path.text)"
        case .file(let path): "the file \(path.text)"
        case .process(let name, let role): "the \(role.words) \(name.bytes.text)"
        case .container(let name): "the container \(name.text)"
        case .volume(let name): "the volume \(name.text)"
        }
    }
}

extension LogRecord {
    public var sentence: String {
        let about = key.map { " (\($0.label))" } ?? ""
        return "log \(level.name) \(saying.name): \(saying.words(.unnamed))\(about)"
    }
}

extension LogContext {
    /// A recording's header names the worker once, so its lines need not.
    static let unnamed = LogContext(worker: Bytes(text: "(this one)"), backend: Bytes(text: "configured"))
}

extension Measure {
    public var sentence: String {
        switch self {
        case .taskClaimed: "a claimed task"
        case .taskRejected: "a rejected task"
        case .taskEnded(let label, _, let after): "a task that \(label.words) after \(after.words)"
        case .cleanupFailed(let reason): "a cleanup that failed (\(reason.rawValue))"
        case .reconnect(let dialFailed): dialFailed ? "a dial that failed" : "a connection that was lost"
        case .connected(let connected): connected ? "the worker as connected" : "the worker as not connected"
        case .lateCompletion: "an answer that came too late"
        case .contractBroken: "a broken contract"
        }
    }
}

extension ResultLabel {
    var words: String {
        switch self {
        case .succeeded: "succeeded"
        case .failed: "failed"
        case .cancelled: "was cancelled"
        case .dispatched: "was handed over"
        }
    }
}
