// What the control plane says, as the model hears it, and what the worker answers.
//
// Every byte string has an answer; the secrets are numbered without gaps, and the model refers to no others; whatever
// is not public by the table below is masked; an assignment that is too deep is answered under the ids that it names;
// what the worker says is JSON, whatever the ids hold.

import Codecs
import Demands

@testable import Effects

@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>?, _ count: Int) -> Int32 {
    let bytes = Course(start, count).bytes
    let heard = Heard(bytes, keepDocument: false)
    skimmed(bytes, heard.message)
    if let tree = try? JSON.parse(bytes, limits: JSONLimits(depth: JSONLimits.deepest)) {
        if case .assignment(let assignment) = heard.message { check(assignment, heard.secrets, tree, bytes) }
        asState(tree)
    }
    anyID(bytes)
    return 0
}

struct Heard {
    let message: IncomingMessage
    let secrets: [Secret]

    init(_ bytes: Bytes, keepDocument: Bool) {
        var next: UInt64 = 7
        (message, secrets) = decodeMessage(bytes, nextSecret: &next, keepDocument: keepDocument)
        demand(secrets.map(\.ref.number) == Array(7..<next), "secrets are numbered without gaps")
        if case .assignment(let assignment) = message {
            let range = SecretRange(first: secrets.isEmpty ? 0 : 7, count: UInt64(secrets.count))
            demandEqual(assignment.secrets, range, "the secrets of an assignment")
        } else {
            demand(secrets.isEmpty, "only an assignment has secrets")
        }
    }

    /// As the vault prepares it.
    var masker: Masker {
        var values = MaskedValues()
        for secret in secrets {
            switch secret.kind {
            case .text: values.add(secret.bytes)
            case .json: values.addLeaves(of: secret.bytes)
            case .document: break
            }
        }
        return Masker(values)
    }
}

private func check(_ assignment: Assignment, _ secrets: [Secret], _ tree: JSON, _ bytes: Bytes) {
    demand(!assignment.key.task.bytes.isEmpty && !assignment.agentTaskID.isEmpty, "an assignment has its ids")
    var refs = assignment.extraArguments + (assignment.agent?.repositoryHeadOverrides ?? [])
    refs += [assignment.agent?.mcpServers, assignment.document].compactMap { $0 }
    for variable in assignment.environment {
        if case .secret(let ref) = variable.value { refs.append(ref) } else { demand(false, "a value is a secret") }
    }
    demand(refs.allSatisfy { (7..<7 + UInt64(secrets.count)).contains($0.number) }, "all references are its own")
    demand(Set(refs).count == refs.count, "each secret is referred to once")

    let kept = Heard(bytes, keepDocument: true)
    guard case .assignment(var same) = kept.message, let ref = same.document else {
        return demand(false, "an assignment that is kept is the same")
    }
    let document = kept.secrets.first { $0.ref == ref }.flatMap { try? JSON.parse($0.bytes, limits: deep) }
    demandEqual(document, tree["data"]?["task"], "the document is the task as it came")
    // The one secret more moves the numbers behind it; all else is the same.
    (same.document, same.secrets) = (nil, assignment.secrets)
    demandEqual(same, assignment, "with and without its document")
    for heard in [Heard(bytes, keepDocument: false), kept] {
        let masker = heard.masker
        for leaf in secretLeaves(tree["data"] ?? .null, "data") where Masker.isMasked(leaf) {
            demandEqual(masker.masked(leaf).text, "***", "a string that nobody called public: \(leaf.text)")
        }
    }
}

private let deep = JSONLimits(depth: JSONLimits.deepest)

/// All strings of an assignment but these are secret. A second list, by hand, of what the decoder calls public.
private let publicPaths: [String] = [
    "data.task_id", "data.execution_id", "data.docker_image", "data.sidecar_image",
    "data.additional_sidecars.image", "data.additional_sidecars.mount_path",
    "data.task.id", "data.task.agent_conversation_id", "data.task.owner.Type", "data.task.owner.type",
    "data.task.agent_config_snapshot.environment_id", "data.task.agent_config_snapshot.model_id",
    "data.task.agent_config_snapshot.profile_id", "data.task.agent_config_snapshot.skill_spec",
    "data.task.agent_config_snapshot.computer_use_model_id", "data.task.agent_config_snapshot.harness.type",
    "data.task.agent_config_snapshot.inference_providers.aws.role_arn",
    "data.task.agent_config_snapshot.inference_providers.aws.region",
    "data.task.agent_config_snapshot.session_sharing.public_access",
]

/// No path: nothing below is public. Of a repeated name only the last member is.
private func secretLeaves(_ tree: JSON, _ path: String?) -> [Bytes] {
    switch tree {
    case .string(let content): return path.map { publicPaths.contains($0) } == true ? [] : [content]
    case .array(let elements):
        let path = path == "data.additional_sidecars" ? path : nil
        return elements.flatMap { secretLeaves($0, $0.asObject == nil ? nil : path) }
    case .object(let members):
        return members.enumerated().flatMap { index, member in
            let isLast = members.lastIndex { $0.name == member.name } == index
            return secretLeaves(member.value, isLast ? path.map { "\($0).\(member.name.text)" } : nil)
        }
    case .null, .bool, .number, .secret, .verbatim: return []
    }
}

/// The ids of what is too deep to be read are those that would have been read.
private func skimmed(_ bytes: Bytes, _ message: IncomingMessage) {
    let skimmed = skimAssignmentKey(bytes)
    switch message {
    case .assignment(let assignment): demandEqual(skimmed, assignment.key, "the ids, skimmed")
    case .unreadableAssignment(let key, let problem) where problem.kind != .tooMany:
        // An execution's id that is no text is none to the decoder, and to the skimmer.
        demandEqual(skimmed, key, "the ids of what can't be read, skimmed")
    case .cancellation, .heartbeat, .unknown: demand(skimmed == nil, "ids of what is no assignment")
    case .unreadableAssignment, .unreadable: break
    }
    guard case .assignment(let assignment) = message, let open = bytes.firstIndex(of: 0x7b) else { return }
    let nest = Bytes(repeating: 0x5b, count: 1_001) + Bytes(repeating: 0x5d, count: 1_001)
    let deep = bytes[...open] + Bytes(text: "\"deep\":") + nest + [0x2c] + bytes[(open + 1)...]
    guard case .unreadableAssignment(let key, let problem) = Heard(Bytes(deep), keepDocument: true).message else {
        return demand(false, "an assignment that is too deep names its task")
    }
    demand(key == assignment.key && problem.kind == .tooMany, "an assignment that is too deep")
}

/// Messages in the form that a recording has them in.
private func asState(_ tree: JSON) {
    if let message = try? decodeState(IncomingMessage.self, from: tree) {
        let again = (try? encodeState(message)).flatMap { try? decodeState(IncomingMessage.self, from: $0) }
        demandEqual(again, message, "a message in a recording")
    }
    guard let message = try? decodeState(OutgoingMessage.self, from: tree) else { return }
    let again = (try? encodeState(message)).flatMap { try? decodeState(OutgoingMessage.self, from: $0) }
    demandEqual(again, message, "an answer in a recording")
    said(message)
}

private func anyID(_ bytes: Bytes) {
    let task = TaskID(bytes)
    let key = ExecutionKey(task: task, execution: ExecutionID(bytes))
    for message: OutgoingMessage in [
        .claimed(task, worker: bytes), .completed(key), .cancelled(key, confirmed: false),
        .failed(key, .taskTimeout(.seconds(90)), exitCode: -1), .rejected(task, .atCapacity),
    ] {
        said(message)
    }
}

private func said(_ message: OutgoingMessage) {
    let bytes = encodeMessage(message)
    guard let tree = try? JSON.parse(bytes) else { return demand(false, "what the worker says is JSON") }
    demandEqual(tree.encoded(), bytes, "what the worker says is compact JSON")
    let (task, type): (TaskID, String) =
        switch message {
        case .claimed(let task, _): (task, "task_claimed")
        case .completed(let key, _), .cancelled(let key, _): (key.task, "task_completed")
        case .failed(let key, _, _, _): (key.task, "task_failed")
        case .rejected(let task, _): (task, "task_rejected")
        }
    demandEqual(tree["type"]?.asString?.text, type, "the type")
    let id = tree["data"]?["task_id"]?.asString
    demand(task.bytes.isUTF8 ? id == task.bytes : id?.isUTF8 == true, "the task's id")
}
