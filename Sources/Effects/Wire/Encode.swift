// What the worker says, as bytes: compact JSON with the fields in one fixed order, so that a message said again is
// the same bytes. Whatever the ids hold, the output is JSON.

import Codecs

public func encodeMessage(_ message: OutgoingMessage) -> Bytes {
    switch message {
    case .claimed(let task, let worker):
        var body = MessageBody("task_claimed", task)
        body.text("worker_id", worker)
        return body.finished()
    case .completed(let key, let confirmed):
        var body = MessageBody("task_completed", key)
        body.text("message", Bytes(text: "Task completed successfully" + (confirmed ? "" : "." + doubt(confirmed))))
        return body.finished()
    case .cancelled(let key, let confirmed):
        var body = MessageBody("task_completed", key)
        body.text("message", Bytes(text: "Task cancelled by user request." + doubt(confirmed)))
        body.text("task_state", Bytes(text: "CANCELLED"))
        return body.finished()
    case .failed(let key, let failure, let exitCode, let confirmed):
        var body = MessageBody("task_failed", key)
        body.text("message", Bytes(text: failure.messageForUser + doubt(confirmed)))
        body.text("failure_reason", Bytes(text: failure.reason.rawValue))
        if let exitCode { body.number("exit_code", exitCode) }
        return body.finished()
    case .rejected(let task, let rejection):
        var body = MessageBody("task_rejected", task)
        body.text("reason", Bytes(text: rejection.words))
        return body.finished()
    }
}

/// What a final word adds that could not wait for the death any longer.
private func doubt(_ confirmed: Bool) -> String {
    confirmed ? "" : " That its processes have ended could not be confirmed."
}

private struct MessageBody {
    private var output: Bytes

    init(_ type: StaticString, _ task: TaskID) {
        output = []
        output.reserveCapacity(256)
        output.append(text: "{\"type\":\"")
        output.append(text: type)
        output.append(text: "\",\"data\":{\"task_id\":")
        JSON.quote(task.bytes, into: &output)
    }

    /// With the execution's id where the assignment had one.
    init(_ type: StaticString, _ key: ExecutionKey) {
        self.init(type, key.task)
        if let execution = key.execution { text("execution_id", execution.bytes) }
    }

    consuming func finished() -> Bytes {
        output.append(0x7d)
        output.append(0x7d)
        return output
    }

    mutating func text(_ name: StaticString, _ value: Bytes) {
        field(name)
        JSON.quote(value, into: &output)
    }

    mutating func number(_ name: StaticString, _ value: Int32) {
        field(name)
        output.append(decimal: value)
    }

    private mutating func field(_ name: StaticString) {
        output.append(text: ",\"")
        output.append(text: name)
        output.append(text: "\":")
    }
}
