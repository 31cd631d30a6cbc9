// `agent_config_snapshot`: how the agent is to be started.

import Codecs

func readAgent(
    _ task: inout WireObject, _ secrets: inout SecretCollector
) throws(WireProblem) -> AgentConfiguration? {
    guard let place = try task.object("agent_config_snapshot") else { return nil }
    var given = WireObject(task.document, place, at: "data.task.agent_config_snapshot")
    var agent = AgentConfiguration()
    agent.environmentID = try given.trimmedText("environment_id")
    agent.modelID = try given.trimmedText("model_id")
    agent.profileID = try given.trimmedText("profile_id")
    agent.skillSpec = try given.trimmedText("skill_spec")
    agent.mcpServers = try readServers(&given, &secrets)
    agent.computerUse = try given.flag("computer_use_enabled")
    agent.computerUseModelID = try given.trimmedText("computer_use_model_id")
    agent.repositoryHeadOverrides = try readOverrides(&given, &secrets)
    agent.idleTimeoutMinutes = try given.number("idle_timeout_minutes")
    agent.harness = try readHarness(&given, &secrets)
    try readProviders(&given, &secrets, into: &agent)
    agent.publicAccess = try readSharing(&given, &secrets)
    agent.snapshotDisabled = try given.flag("snapshot_disabled") ?? false
    agent.snapshotUploadTimeoutSeconds = try given.number("snapshot_upload_timeout_secs")
    agent.snapshotScriptTimeoutSeconds = try given.number("snapshot_script_timeout_secs")
    given.hideRest(in: &secrets)
    return agent
}

/// Sorted by name, each name once with what it said last; below that everything as received.
private func readServers(
    _ given: inout WireObject, _ secrets: inout SecretCollector
) throws(WireProblem) -> SecretRef? {
    guard let map = try given.map("mcp_servers"), !given.document.isEmpty(map) else { return nil }
    let text = given.document
    var members: [(name: Bytes, value: JSONText.Place)] = []
    for value in text.values(in: map) { members.append((text.name(of: value), value)) }
    if members.count == 1 { return secrets.add(map, of: text, .json) }
    let order = members.indices.sorted { left, right in
        let (one, other) = (members[left].name, members[right].name)
        return one == other ? left < right : one.isLess(than: other)
    }
    var kept: [Int] = []
    for index in order {
        if let last = kept.last, members[last].name == members[index].name {
            // What it said before is not passed on, but it is as secret as what it said last.
            secrets.hide(members[last].value, of: text)
            kept.removeLast()
        }
        kept.append(index)
    }
    var output = Bytes(text: "{")
    for index in kept {
        if output.count > 1 { output.append(0x2c) }
        text.encodeMember(members[index].value, into: &output)
    }
    output.append(0x7d)
    return secrets.add(output, .json)
}

private func readOverrides(
    _ given: inout WireObject, _ secrets: inout SecretCollector
) throws(WireProblem) -> [SecretRef] {
    guard let list = try given.list("repository_head_overrides") else { return [] }
    var overrides: [SecretRef] = []
    for element in given.document.values(in: list) {
        guard given.document.kind(element) == .object else {
            throw given.problem(.expectedObject, "repository_head_overrides", element: overrides.count)
        }
        overrides.append(secrets.add(element, of: given.document, .json))
    }
    return overrides
}

private func readHarness(
    _ given: inout WireObject, _ secrets: inout SecretCollector
) throws(WireProblem) -> Bytes? {
    guard let place = try given.object("harness") else { return nil }
    var harness = WireObject(given.document, place, at: "data.task.agent_config_snapshot.harness")
    let type = try harness.trimmedText("type")
    harness.hideRest(in: &secrets)
    return type
}

private func readProviders(
    _ given: inout WireObject, _ secrets: inout SecretCollector, into agent: inout AgentConfiguration
) throws(WireProblem) {
    guard let place = try given.object("inference_providers") else { return }
    var providers = WireObject(given.document, place, at: "data.task.agent_config_snapshot.inference_providers")
    if let place = try providers.object("aws") {
        var aws = WireObject(given.document, place, at: "data.task.agent_config_snapshot.inference_providers.aws")
        let disabled = try aws.flag("disabled") ?? false
        let role = try aws.trimmedText("role_arn")
        let region = try aws.trimmedText("region")
        if !disabled {
            agent.bedrockRole = role
            agent.bedrockRegion = region
        }
        aws.hideRest(in: &secrets)
    }
    providers.hideRest(in: &secrets)
}

private func readSharing(
    _ given: inout WireObject, _ secrets: inout SecretCollector
) throws(WireProblem) -> AgentConfiguration.Sharing? {
    guard let place = try given.object("session_sharing") else { return nil }
    var sharing = WireObject(given.document, place, at: "data.task.agent_config_snapshot.session_sharing")
    let access = try sharing.trimmedText("public_access")
    sharing.hideRest(in: &secrets)
    guard let access else { return nil }
    if access.equals("VIEWER") { return .viewer }
    return access.equals("EDITOR") ? .editor : nil
}
