// From the bytes of one message to what the model hears and the secrets that it does not hear. Total: every byte
// string has an answer, and what is wrong with it is named by field and never quoted.

import Codecs

/// Secrets get consecutive numbers from `nextSecret` on, which moves behind them; 0 is never given, it is the API
/// key's. `keepDocument`: the whole `task` is kept as well, for a backend that passes it on.
public func decodeMessage(
    _ bytes: Bytes, nextSecret: inout UInt64, keepDocument: Bool
) -> (IncomingMessage, [Secret]) {
    let text: JSONText
    do {
        text = try JSONText(bytes, limits: WireLimits.json)
    } catch {
        return (unparsed(bytes, error), [])
    }
    guard text.kind(text.root) == .object else {
        return (.unreadable(WireProblem(kind: .expectedObject, path: [])), [])
    }
    do {
        return try decode(text, nextSecret: &nextSecret, keepDocument: keepDocument)
    } catch {
        return (.unreadable(error), [])
    }
}

/// What is JSON but more than we read may still name its task, so that the server can be told.
private func unparsed(_ bytes: Bytes, _ error: JSONError) -> IncomingMessage {
    switch error.problem {
    case .endsTooSoon, .unexpectedByte, .contentAfterTheEnd, .badNumber, .badEscape, .controlCharacter, .notUTF8:
        return .unreadable(WireProblem(kind: .notJSON, path: [], offset: error.offset))
    case .tooDeep, .tooLong, .tooManyValues:
        let problem = WireProblem(kind: .tooMany, path: [], offset: error.offset)
        guard let key = skimAssignmentKey(bytes) else { return .unreadable(problem) }
        return .unreadableAssignment(key, problem)
    }
}

private func decode(
    _ text: JSONText, nextSecret: inout UInt64, keepDocument: Bool
) throws(WireProblem) -> (IncomingMessage, [Secret]) {
    var envelope = WireObject(text, text.root, at: "")
    let type = try envelope.requiredID("type", limit: .max)
    if type.equals("task_assignment") {
        let data = try requiredData(&envelope)
        return try decodeAssignment(data, nextSecret: &nextSecret, keepDocument: keepDocument)
    }
    if type.equals("task_cancellation") {
        var data = try requiredData(&envelope)
        return (.cancellation(TaskID(try data.requiredID("task_id"))), [])
    }
    if type.equals("heartbeat") { return (.heartbeat, []) }
    return (.unknown(type: Bytes(type.prefix(WireLimits.type))), [])
}

private func requiredData(_ envelope: inout WireObject) throws(WireProblem) -> WireObject {
    guard let data = envelope.take("data") else { throw envelope.problem(.missing, "data") }
    guard envelope.document.kind(data) == .object else { throw envelope.problem(.expectedObject, "data") }
    return WireObject(envelope.document, data, at: "data")
}

/// Throws only where not even the task is named.
private func decodeAssignment(
    _ given: WireObject, nextSecret: inout UInt64, keepDocument: Bool
) throws(WireProblem) -> (IncomingMessage, [Secret]) {
    var data = given
    let task = TaskID(try data.requiredID("task_id"))
    var key = ExecutionKey(task: task, execution: nil)
    do {
        let execution = try data.text("execution_id", limit: WireLimits.id)
        key = ExecutionKey(task: task, execution: execution.map { ExecutionID($0) })
        var secrets = SecretCollector(first: max(1, nextSecret))
        var assignment = try readAssignment(&data, key, &secrets, keepDocument: keepDocument)
        assignment.secrets = secrets.range
        nextSecret = secrets.first &+ UInt64(secrets.secrets.count)
        return (.assignment(assignment), secrets.secrets)
    } catch {
        return (.unreadableAssignment(key, error), [])
    }
}
