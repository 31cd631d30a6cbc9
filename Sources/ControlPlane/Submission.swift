// A task as it comes in by the API, in its complete form or in the short one, made into the message that a
// worker gets. What is missing is filled in; what is there stays as it is, also where it makes no sense.

import Codecs

struct Submission: Sendable, Equatable {
    var task: Bytes
    var execution: Bytes?
    var title: Bytes?
    var worker: Bytes?
    /// The whole `task_assignment` message.
    var message: Bytes
}

/// Names for what comes without.
struct FreshNames: Sendable {
    var task: Bytes
    var execution: Bytes
}

enum SubmissionFault: Error, Sendable, Equatable {
    case notJSON(String)
    case notAnObject
    case otherType
    case wrongType(String)
    case unknownField(Bytes)
    case noPrompt
    case ledgerFull
    case nobodyConnected

    var status: Int {
        switch self {
        case .ledgerFull, .nobodyConnected: 503
        case .notJSON, .notAnObject, .otherType, .wrongType, .unknownField, .noPrompt: 400
        }
    }

    var words: String {
        switch self {
        case .notJSON(let words): "the body cannot be read: \(words)"
        case .notAnObject: "the body must be a JSON object"
        case .otherType: "the body is a message of another type than task_assignment"
        case .wrongType(let field): "\(field) has the wrong type"
        case .unknownField(let name): "the short form has no field \(shown(name)); the complete form has a task object"
        case .noPrompt: "either a prompt (the short form) or a task object (the complete form) is needed"
        case .ledgerFull: "the ledger is full of tasks that have not ended"
        case .nobodyConnected: "no worker is connected, and queueing is switched off"
        }
    }
}

extension Submission {
    static let bodyLimits = JSONLimits(size: 24 * 1_048_576)

    static func read(_ body: Bytes, fresh: FreshNames, now: UnixTime) throws(SubmissionFault) -> Submission {
        var document: JSON
        do {
            document = try JSON.parse(body, limits: bodyLimits)
        } catch {
            throw .notJSON(error.words)
        }
        guard document.asObject != nil else { throw .notAnObject }
        if document["data"] != nil, let type = document["type"]?.asString {
            guard type.equals("task_assignment") else { throw .otherType }
            document = document["data"] ?? .null
        }
        guard var members = document.asObject else { throw .notAnObject }
        let worker = try take("worker_id", from: &members)
        let task = try fill("task_id", of: &members, with: fresh.task)
        let execution = try execution(of: &members, fresh: fresh.execution)
        let title: Bytes?
        if let place = members.lastIndex(where: { $0.name.equals("task") }) {
            title = members[place].value["title"]?.asString
            members[place].value = members[place].value.filling("id", .string(task))
        } else {
            title = try shortForm(&members, task: task, now: now)
        }
        let message = JSON.object([
            JSONMember("type", .string("task_assignment")), JSONMember("data", .object(members)),
        ])
        return Submission(task: task, execution: execution, title: title, worker: worker, message: message.encoded())
    }

    /// A raw message that names a task is an assignment all the same, whatever else is wrong with it.
    static func recognise(_ message: Bytes) -> Submission? {
        guard let document = try? JSON.parse(message, limits: bodyLimits),
            document["type"]?.asString?.equals("task_assignment") == true,
            let task = document["data"]?["task_id"]?.asString, !task.isEmpty
        else { return nil }
        let execution = document["data"]?["execution_id"]?.asString
        return Submission(
            task: task, execution: execution?.isEmpty == true ? nil : execution,
            title: document["data"]?["task"]?["title"]?.asString, worker: nil, message: message)
    }

    /// The task that a raw message cancels.
    static func recogniseCancellation(_ message: Bytes) -> Bytes? {
        guard let document = try? JSON.parse(message, limits: bodyLimits),
            document["type"]?.asString?.equals("task_cancellation") == true
        else { return nil }
        return document["data"]?["task_id"]?.asString
    }

    private static let passedOn: [StaticString] = [
        "task_id", "execution_id", "docker_image", "sidecar_image", "env_vars", "additional_sidecars",
        "additional_oz_args", "instance_shape", "telemetry_collection", "oz_lifecycle_hooks",
    ]

    private static let taskFields: [StaticString] = ["agent_config_snapshot", "agent_conversation_id", "owner"]

    private static func shortForm(
        _ members: inout [JSONMember], task: Bytes, now: UnixTime
    ) throws(SubmissionFault) -> Bytes? {
        guard let prompt = try take("prompt", from: &members) else { throw .noPrompt }
        let title = try take("title", from: &members)
        let time = JSON.string(RFC3339.writeSeconds(now))
        var fields = [
            JSONMember("id", .string(task)), JSONMember("title", .string(title ?? Bytes(prompt.text.prefix(60).utf8))),
            JSONMember("task_definition", .object([JSONMember("prompt", .string(prompt))])),
            JSONMember("created_at", time), JSONMember("updated_at", time),
        ]
        for name in taskFields {
            guard let place = members.lastIndex(where: { $0.name.equals(name) }) else { continue }
            fields.append(members.remove(at: place))
        }
        for member in members where !passedOn.contains(where: { member.name.equals($0) }) {
            throw .unknownField(member.name)
        }
        members.append(JSONMember("task", .object(fields)))
        return title
    }

    /// A string, taken out; null and absent are the same.
    private static func take(_ name: StaticString, from members: inout [JSONMember]) throws(SubmissionFault) -> Bytes?
    {
        guard let place = members.lastIndex(where: { $0.name.equals(name) }) else { return nil }
        let value = members.remove(at: place).value
        if value.isNull { return nil }
        guard let text = value.asString else { throw .wrongType("\(name)") }
        return text.isEmpty ? nil : text
    }

    private static func fill(
        _ name: StaticString, of members: inout [JSONMember], with fresh: Bytes
    ) throws(SubmissionFault) -> Bytes {
        guard let place = members.lastIndex(where: { $0.name.equals(name) }) else {
            members.insert(JSONMember(name, .string(fresh)), at: 0)
            return fresh
        }
        if members[place].value.isNull || members[place].value.asString == [] {
            members[place].value = .string(fresh)
            return fresh
        }
        guard let text = members[place].value.asString else { throw .wrongType("\(name)") }
        return text
    }

    /// Absent means a fresh one. Null or an empty string is how a caller says: without one.
    private static func execution(
        of members: inout [JSONMember], fresh: Bytes
    ) throws(SubmissionFault) -> Bytes? {
        guard let place = members.lastIndex(where: { $0.name.equals("execution_id") }) else {
            members.insert(JSONMember("execution_id", .string(fresh)), at: min(1, members.count))
            return fresh
        }
        if members[place].value.isNull { return nil }
        guard let text = members[place].value.asString else { throw .wrongType("execution_id") }
        return text.isEmpty ? nil : text
    }
}

extension JSON {
    /// The object with this member, unless it has one of that name already. Other values stay as they are.
    fileprivate func filling(_ name: StaticString, _ value: JSON) -> JSON {
        guard case .object(let members) = self, self[name] == nil else { return self }
        return .object([JSONMember(name, value)] + members)
    }
}
