// The assignment's fields. What the worker uses is taken and checked; the strings of everything else become secrets,
// which are good for masking only.

import Codecs

func readAssignment(
    _ data: inout WireObject, _ key: ExecutionKey, _ secrets: inout SecretCollector, keepDocument: Bool
) throws(WireProblem) -> Assignment {
    guard let taskValue = data.take("task") else { throw data.problem(.missing, "task") }
    guard case .object(let taskMembers) = taskValue else { throw data.problem(.expectedObject, "task") }
    var task = WireObject(taskMembers, at: "data.task")
    let agentTaskID = trimmedBytes(try task.requiredID("id"))
    guard !agentTaskID.isEmpty else { throw task.problem(.empty, "id") }

    var assignment = Assignment(key: key, agentTaskID: agentTaskID)
    assignment.dockerImage = try data.text("docker_image")
    assignment.sidecarImage = try data.text("sidecar_image")
    assignment.additionalSidecars = try readSidecars(&data, &secrets)
    assignment.environment = try readEnvironment(&data, &secrets)
    assignment.extraArguments = try readArguments(&data, &secrets)
    assignment.shape = try readShape(&data, &secrets)
    if let hooks = data.take("oz_lifecycle_hooks") {
        assignment.hooksRequired = demandsHook(hooks)
        secrets.hide(hooks)
    }
    assignment.ownerIsTeam = try readOwner(&task, &secrets)
    assignment.agent = try readAgent(&task, &secrets)
    // An id, so public; nothing here needs it.
    _ = task.take("agent_conversation_id")
    if keepDocument { assignment.document = secrets.add(taskValue, .document) }
    for value in task.rest { secrets.hide(value) }
    for value in data.rest { secrets.hide(value) }
    return assignment
}

/// Names once each, where they stood first, with the value that they had last.
private func readEnvironment(
    _ data: inout WireObject, _ secrets: inout SecretCollector
) throws(WireProblem) -> [EnvironmentVariable] {
    let members = try data.map("env_vars")
    var variables: [EnvironmentVariable] = []
    variables.reserveCapacity(members.count)
    var places: [Bytes: Int] = [:]
    places.reserveCapacity(members.count)
    for index in members.indices {
        let name = members[index].name
        guard name.count <= WireLimits.text else { throw data.problem(.tooMany, "env_vars", element: index) }
        let value: Bytes
        switch members[index].value {
        case .string(let content): value = content
        case .null: value = []
        case .bool, .number, .array, .object, .secret, .verbatim:
            throw data.problem(.expectedText, "env_vars", element: index)
        }
        let variable = EnvironmentVariable(name: name, value: .secret(secrets.add(value)))
        if let place = places[name] {
            variables[place] = variable
        } else {
            places[name] = variables.count
            variables.append(variable)
        }
    }
    return variables
}

private func readSidecars(
    _ data: inout WireObject, _ secrets: inout SecretCollector
) throws(WireProblem) -> [Sidecar] {
    let elements = try data.list("additional_sidecars")
    var sidecars: [Sidecar] = []
    for index in elements.indices {
        guard case .object(let members) = elements[index] else {
            throw data.problem(.expectedObject, "additional_sidecars", element: index)
        }
        var sidecar = WireObject(members, at: "data.additional_sidecars", index: index)
        // An empty image or path fails the task later, in words of its own.
        let image = try sidecar.text("image") ?? []
        let mountPath = try sidecar.text("mount_path") ?? []
        let readWrite = try sidecar.flag("read_write") ?? false
        sidecars.append(Sidecar(image: image, mountPath: mountPath, readWrite: readWrite))
        for value in sidecar.rest { secrets.hide(value) }
    }
    return sidecars
}

private func readArguments(
    _ data: inout WireObject, _ secrets: inout SecretCollector
) throws(WireProblem) -> [SecretRef] {
    let elements = try data.list("additional_oz_args")
    var arguments: [SecretRef] = []
    arguments.reserveCapacity(elements.count)
    for index in elements.indices {
        guard case .string(let content) = elements[index] else {
            throw data.problem(.expectedText, "additional_oz_args", element: index)
        }
        arguments.append(secrets.add(content))
    }
    return arguments
}

private func readShape(
    _ data: inout WireObject, _ secrets: inout SecretCollector
) throws(WireProblem) -> InstanceShape {
    guard let members = try data.object("instance_shape") else { return InstanceShape(vcpus: nil, memoryGiB: nil) }
    var shape = WireObject(members, at: "data.instance_shape")
    let vcpus = try readAxis(&shape, "vcpus")
    let memory = try readAxis(&shape, "memory_gb")
    for value in shape.rest { secrets.hide(value) }
    return InstanceShape(vcpus: vcpus, memoryGiB: memory)
}

/// A number that makes no sense is no wish; what is no number at all is a mistake.
private func readAxis(_ shape: inout WireObject, _ name: StaticString) throws(WireProblem) -> Int? {
    guard let value = shape.take(name) else { return nil }
    guard case .number = value else { throw shape.problem(.expectedNumber, name) }
    guard let number = value.asInt, number > 0, number <= 1_000_000 else { return nil }
    return number
}

private func readOwner(_ task: inout WireObject, _ secrets: inout SecretCollector) throws(WireProblem) -> Bool {
    guard let members = try task.object("owner") else { return false }
    var owner = WireObject(members, at: "data.task.owner")
    let upper = try owner.trimmedText("Type")
    let lower = try owner.trimmedText("type")
    for value in owner.rest { secrets.hide(value) }
    guard let type = upper ?? lower else { return false }
    return matches(type, "TEAM") || matches(type, "team")
}

/// A `"required": true` anywhere in it, whatever its shape.
private func demandsHook(_ value: JSON) -> Bool {
    switch value {
    case .object(let members):
        members.contains { matches($0.name, "required") && $0.value == .bool(true) || demandsHook($0.value) }
    case .array(let elements): elements.contains { demandsHook($0) }
    case .null, .bool, .number, .string, .secret, .verbatim: false
    }
}
