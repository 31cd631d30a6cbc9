// The worker's messages, read from the server's side: what was said, and what is wrong with how it was said.
// A reading of its own, made from the protocol's page and not from the worker's code.

import Codecs

struct FinalWord: Sendable, Equatable {
    var task: Bytes
    var execution: Bytes?
    var succeeded: Bool
    var isCancelled: Bool
    var message: Bytes
    var reason: Bytes?
    var exitCode: Int?
    var details: JSON?
    /// Of the whole message: what is sent again must be the same bytes.
    var digest: Bytes
}

enum WorkerMessage: Sendable, Equatable {
    case claim(task: Bytes, worker: Bytes)
    case rejection(task: Bytes, reason: Bytes)
    case final(FinalWord)

    var task: Bytes {
        switch self {
        case .claim(let task, _), .rejection(let task, _): task
        case .final(let word): word.task
        }
    }
}

/// The message, where it names a task, and every complaint about it.
struct Reading: Sendable, Equatable {
    var message: WorkerMessage?
    var complaints: [Complaint] = []
}

enum FailureReasons {
    /// The closed set of those that may appear on the wire.
    static let onTheWire: [StaticString] = [
        "unknown", "task_timeout", "graceful_shutdown",
        "image_pull", "sidecar_prep", "container_create", "container_start", "container_wait", "container_exit",
        "container_oom",
        "workspace_setup", "setup_command", "agent_invocation",
        "dispatch_command", "dispatch_timeout",
        "job_create", "job_watch", "pod_watch", "job_failed", "evicted", "unschedulable", "volume_mount",
        "init_container", "invalid_image", "active_deadline",
    ]

    static func isKnown(_ reason: Bytes) -> Bool {
        onTheWire.contains { reason.equals($0) }
    }
}

struct WorkerMessageReader {
    private var complaints: [Complaint] = []
    private let members: [JSONMember]
    private let type: String

    static func read(_ text: Bytes) -> Reading {
        let document: JSON
        do {
            document = try JSON.parse(text)
        } catch {
            return Reading(complaints: [Complaint(.notJSON, error.words)])
        }
        guard let type = document["type"]?.asString else {
            return Reading(complaints: [Complaint(.noEnvelope, "a message without a type")])
        }
        guard let members = document["data"]?.asObject else {
            return Reading(complaints: [Complaint(.noEnvelope, "\(shown(type)): a message without an object in data")])
        }
        var reader = WorkerMessageReader(members: members, type: shown(type))
        for member in document.asObject ?? [] where !member.name.equals("type") && !member.name.equals("data") {
            reader.complain(.unexpectedField, "the envelope has a field \(shown(member.name))")
        }
        let message = reader.message(type, digest: SHA256.digest(text))
        return Reading(message: message, complaints: reader.complaints)
    }

    private init(members: [JSONMember], type: String) {
        self.members = members
        self.type = type
    }

    private mutating func message(_ type: Bytes, digest: Bytes) -> WorkerMessage? {
        if type.equals("task_claimed") {
            allow(["task_id", "worker_id"])
            let worker = required("worker_id") ?? []
            return required("task_id").map { .claim(task: $0, worker: worker) }
        }
        if type.equals("task_rejected") {
            allow(["task_id", "reason"])
            let reason = required("reason") ?? []
            return required("task_id").map { .rejection(task: $0, reason: reason) }
        }
        if type.equals("task_completed") { return completed(digest) }
        if type.equals("task_failed") { return failed(digest) }
        complain(.unknownType, "nobody knows a message of this type")
        return nil
    }

    private mutating func completed(_ digest: Bytes) -> WorkerMessage? {
        allow(["task_id", "execution_id", "message", "task_state"])
        let message = required("message")
        let isCancelled = readTaskState()
        if let message {
            let wanted: StaticString = isCancelled ? "Task cancelled by user request." : "Task completed successfully"
            // Allowed where a process could not be seen dead in time.
            let end = isCancelled ? "" : "."
            let doubtful = Bytes(text: "\(wanted)\(end) That its processes have ended could not be confirmed.")
            if !message.equals(wanted), message != doubtful {
                complain(.unexpectedMessage, "message is \"\(shown(message))\", not \"\(wanted)\"")
            }
        }
        let execution = optional("execution_id")
        guard let task = required("task_id") else { return nil }
        return .final(
            FinalWord(
                task: task, execution: execution, succeeded: true, isCancelled: isCancelled, message: message ?? [],
                digest: digest))
    }

    private mutating func failed(_ digest: Bytes) -> WorkerMessage? {
        allow([
            "task_id", "execution_id", "message", "task_state", "failure_reason", "exit_code", "failure_details",
        ])
        let message = required("message") ?? []
        if readTaskState() { complain(.badTaskState, "a failure cannot have the state CANCELLED") }
        let reason = optional("failure_reason")
        if let reason, !FailureReasons.isKnown(reason) {
            complain(.unknownFailureReason, "failure_reason \(shown(reason)) is not in the closed set")
        }
        let exitCode = readExitCode()
        let details = value("failure_details")
        for fault in details.map(FailureDetails.faults) ?? [] { complain(.badFailureDetails, fault) }
        let execution = optional("execution_id")
        guard let task = required("task_id") else { return nil }
        return .final(
            FinalWord(
                task: task, execution: execution, succeeded: false, isCancelled: false, message: message,
                reason: reason, exitCode: exitCode, details: details, digest: digest))
    }

    /// True for CANCELLED, the only state the protocol has.
    private mutating func readTaskState() -> Bool {
        guard let state = optional("task_state") else { return false }
        if state.equals("CANCELLED") { return true }
        complain(.badTaskState, "task_state \(shown(state)) is unknown")
        return false
    }

    private mutating func readExitCode() -> Int? {
        guard let value = value("exit_code") else { return nil }
        guard let code = value.asInt else {
            complain(.badExitCode, "exit_code is not a whole number")
            return nil
        }
        if !(0...255).contains(code) { complain(.badExitCode, "exit_code \(code) is no exit status") }
        return code
    }

    // MARK: Fields

    /// Absent and null are the same.
    private func value(_ name: StaticString) -> JSON? {
        guard let value = members.last(where: { $0.name.equals(name) })?.value, !value.isNull else { return nil }
        return value
    }

    /// Absent, null and empty are the same.
    private mutating func optional(_ name: StaticString) -> Bytes? {
        guard let value = value(name) else { return nil }
        guard let text = value.asString else {
            complain(.wrongFieldType, "\(name) is not a string")
            return nil
        }
        return text.isEmpty ? nil : text
    }

    private mutating func required(_ name: StaticString) -> Bytes? {
        let before = complaints.count
        let text = optional(name)
        if text == nil, complaints.count == before { complain(.missingField, "\(name) is missing or empty") }
        return text
    }

    private mutating func allow(_ names: [StaticString]) {
        for index in members.indices {
            let name = members[index].name
            if !names.contains(where: { name.equals($0) }) {
                complain(.unexpectedField, "a field \(shown(name)) that the protocol does not have")
            } else if members[..<index].contains(where: { $0.name == name }) {
                complain(.unexpectedField, "the field \(shown(name)) stands there twice")
            }
        }
    }

    /// A message can have a million fields; its first complaints are enough.
    private mutating func complain(_ violation: Violation, _ words: String) {
        if complaints.count < 20 { complaints.append(Complaint(violation, "\(type): \(words)")) }
    }
}
