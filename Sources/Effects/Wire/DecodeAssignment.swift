// The assignment's fields. What the worker uses is taken and checked; the strings of everything else become secrets,
// which are good for masking only.

import Codecs

func readAssignment(
    _ data: inout WireObject, _ key: ExecutionKey, _ secrets: inout SecretCollector, keepDocument: Bool
) throws(WireProblem) -> Assignment {
    guard let taskValue = data.take("task") else { throw data.problem(.missing, "task") }
    guard data.document.kind(taskValue) == .object else { throw data.problem(.expectedObject, "task") }
    var task = WireObject(data.document, taskValue, at: "data.task")
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
        // Whatever its shape.
        assignment.hooksRequired = data.document.holdsTrue(named: "required", in: hooks)
        secrets.hide(hooks, of: data.document)
    }
    assignment.ownerIsTeam = try readOwner(&task, &secrets)
    assignment.agent = try readAgent(&task, &secrets)
    // An id, so public; nothing here needs it.
    _ = task.take("agent_conversation_id")
    if keepDocument { assignment.document = secrets.add(taskValue, of: data.document, .document) }
    task.hideRest(in: &secrets)
    data.hideRest(in: &secrets)
    return assignment
}

/// Names once each, where they stood first, with the value that they had last.
private func readEnvironment(
    _ data: inout WireObject, _ secrets: inout SecretCollector
) throws(WireProblem) -> [EnvironmentVariable] {
    guard let map = try data.map("env_vars") else { return [] }
    var layer = EnvironmentLayer(expecting: 8)
    var index = 0
    for place in data.document.values(in: map) {
        let name = data.document.name(of: place)
        guard name.count <= WireLimits.text else { throw data.problem(.tooMany, "env_vars", element: index) }
        let value = data.document.kind(place) == .null ? [] : data.document.string(place)
        guard let value else { throw data.problem(.expectedText, "env_vars", element: index) }
        layer.set(EnvironmentVariable(name: name, value: .secret(secrets.add(value))))
        index &+= 1
    }
    return layer.variables
}

private func readSidecars(
    _ data: inout WireObject, _ secrets: inout SecretCollector
) throws(WireProblem) -> [Sidecar] {
    guard let list = try data.list("additional_sidecars") else { return [] }
    var sidecars: [Sidecar] = []
    for element in data.document.values(in: list) {
        let index = sidecars.count
        guard data.document.kind(element) == .object else {
            throw data.problem(.expectedObject, "additional_sidecars", element: index)
        }
        var sidecar = WireObject(data.document, element, at: "data.additional_sidecars", index: index)
        // An empty image or path fails the task later, in words of its own.
        let image = try sidecar.text("image") ?? []
        let mountPath = try sidecar.text("mount_path") ?? []
        let readWrite = try sidecar.flag("read_write") ?? false
        sidecars.append(Sidecar(image: image, mountPath: mountPath, readWrite: readWrite))
        sidecar.hideRest(in: &secrets)
    }
    return sidecars
}

private func readArguments(
    _ data: inout WireObject, _ secrets: inout SecretCollector
) throws(WireProblem) -> [SecretRef] {
    guard let list = try data.list("additional_oz_args") else { return [] }
    var arguments: [SecretRef] = []
    for element in data.document.values(in: list) {
        guard let content = data.document.string(element) else {
            throw data.problem(.expectedText, "additional_oz_args", element: arguments.count)
        }
        arguments.append(secrets.add(content))
    }
    return arguments
}

private func readShape(
    _ data: inout WireObject, _ secrets: inout SecretCollector
) throws(WireProblem) -> InstanceShape {
    guard let place = try data.object("instance_shape") else { return InstanceShape(vcpus: nil, memoryGiB: nil) }
    var shape = WireObject(data.document, place, at: "data.instance_shape")
    let vcpus = try readAxis(&shape, "vcpus")
    let memory = try readAxis(&shape, "memory_gb")
    shape.hideRest(in: &secrets)
    return InstanceShape(vcpus: vcpus, memoryGiB: memory)
}

/// A number that makes no sense is no wish; what is no number at all is a mistake.
private func readAxis(_ shape: inout WireObject, _ name: StaticString) throws(WireProblem) -> Int? {
    guard let value = shape.take(name) else { return nil }
    guard shape.document.kind(value) == .number else { throw shape.problem(.expectedNumber, name) }
    guard let number = shape.document.int(value), number > 0, number <= 1_000_000 else { return nil }
    return number
}

private func readOwner(_ task: inout WireObject, _ secrets: inout SecretCollector) throws(WireProblem) -> Bool {
    guard let place = try task.object("owner") else { return false }
    var owner = WireObject(task.document, place, at: "data.task.owner")
    let upper = try owner.trimmedText("Type")
    let lower = try owner.trimmedText("type")
    owner.hideRest(in: &secrets)
    guard let type = upper ?? lower else { return false }
    return type.equals("TEAM") || type.equals("team")
}
