// What happened, as a sentence: for the stories that a recording tells, and for differences.

import Codecs
import Effects

extension Input {
    public var sentence: String { event.sentence }
}

extension Event {
    public var sentence: String {
        switch self {
        case .began(let inheritance): inheritance.sentence
        case .tick: "a deadline was due"
        case .socket(let event): event.sentence
        case .process(let event): event.sentence
        case .files(let event): event.sentence
        case .docker(let event): event.sentence
        case .operator(.stopRequested(let signal)): "signal \(signal) asked the worker to stop"
        case .interpreter(.contractBroken(let id)): "the hands broke their contract for \(id.label)"
        case .interpreter(.journalFailed(let errno)): "the journal can't be written: \(errnoWords(errno))"
        case .interpreter(.journalRestored): "the journal is whole again"
        }
    }
}

extension Inheritance {
    var sentence: String {
        runs.isEmpty
            ? "the worker began" : "the worker began, after a life that left \(counted(runs.count, "execution"))"
    }
}

extension EffectID {
    /// The number is never used twice in one life, so it says enough.
    public var label: String { "#\(sequence)" }
}

extension ExecutionKey {
    public var label: String {
        execution.map { "\(task.bytes.text)/\($0.bytes.text)" } ?? task.bytes.text
    }
}

extension SocketEvent {
    public var sentence: String {
        switch self {
        case .opened(let id): "connection \(id.label) is open"
        case .refused(let id, let failure): "dial \(id.label) came to nothing: \(failure.words)"
        case .received(let id, let message): "received over \(id.label): \(message.sentence)"
        case .ponged(let id, let number): "pong \(number) over \(id.label)"
        case .heard(let id): "a sign of life over \(id.label)"
        case .closed(let id, let end): "connection \(id.label) ended: \(end.words)"
        case .written(let id): "message \(id.label) was handed over"
        case .notWritten(let id): "message \(id.label) was not handed over"
        }
    }
}

extension IncomingMessage {
    public var sentence: String {
        switch self {
        case .assignment(let assignment): assignment.sentence
        case .unreadableAssignment(let key, let problem):
            "an assignment of \(key.label) that can't be used: \(problem.words)"
        case .cancellation(let task): "a cancellation of \(task.bytes.text)"
        case .heartbeat: "a heartbeat"
        case .unknown(let type): "a message of the unknown type \(type.text)"
        case .unreadable(let problem): "a message that can't be read: \(problem.words)"
        }
    }
}

extension Assignment {
    public var sentence: String {
        let facts = self.facts
        return "an assignment of \(key.label)" + (facts.isEmpty ? "" : " (\(facts))")
    }

    /// What is public and out of the ordinary.
    public var facts: String {
        var facts: [String] = []
        if let harness = agent?.harness { facts.append("harness \(harness.text)") }
        if let model = agent?.modelID { facts.append("model \(model.text)") }
        if let image = dockerImage { facts.append("image \(image.text)") }
        if !environment.isEmpty { facts.append(counted(environment.count, "variable")) }
        if !extraArguments.isEmpty { facts.append(counted(extraArguments.count, "extra argument")) }
        if !additionalSidecars.isEmpty { facts.append(counted(additionalSidecars.count, "sidecar")) }
        if hooksRequired { facts.append("lifecycle hooks required") }
        return facts.joined(separator: ", ")
    }
}

extension ProcessEvent {
    public var sentence: String {
        switch self {
        case .started(let id): "command \(id.label) runs"
        case .startFailed(let id, let failure): "command \(id.label) did not start: \(failure.words)"
        case .notFound(let id): "nobody answers for command \(id.label), which an earlier life was to start"
        case .exited(let id, let end): "command \(id.label) \(end.words)"
        case .cleared(let id, _): "nothing of command \(id.label) lives any more"
        case .finished(let id, let end): "command \(id.label) is over: it \(end.words)"
        }
    }
}

extension FilesEvent {
    public var sentence: String {
        switch self {
        case .done(let id): "file request \(id.label) is done"
        case .exists(let id): "file request \(id.label): something of that name is there already"
        case .failed(let id, let failure): "file request \(id.label) failed: \(failure.words)"
        case .found(let id, let path): "file request \(id.label) found \(path.text)"
        case .environmentRead(let id, let variables, _, let malformed, let omitted):
            "file request \(id.label) read \(counted(variables.count, "variable"))"
                + (malformed.isEmpty ? "" : ", and could not read \(counted(malformed.count, "line"))")
                + (omitted == 0 ? "" : ", and left out \(counted(omitted, "line"))")
        }
    }
}

func counted(_ count: Int, _ what: String) -> String { count == 1 ? "1 \(what)" : "\(count) \(what)s" }
