// `agent_config_snapshot`: how the agent is to be started.

import Codecs

func readAgent(
    _ task: inout WireObject, _ secrets: inout SecretCollector
) throws(WireProblem) -> AgentConfiguration? {
    guard let members = try task.object("agent_config_snapshot") else { return nil }
    var given = WireObject(members, at: "data.task.agent_config_snapshot")
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
    for value in given.rest { secrets.hide(value) }
    return agent
}

/// Sorted by name, each name once with what it said last; below that everything as received.
private func readServers(
    _ given: inout WireObject, _ secrets: inout SecretCollector
) throws(WireProblem) -> SecretRef? {
    let members = try given.map("mcp_servers")
    guard !members.isEmpty else { return nil }
    let order = members.indices.sorted { left, right in
        let (one, other) = (members[left].name, members[right].name)
        return one == other ? left < right : one.isLess(than: other)
    }
    var kept: [JSONMember] = []
    for index in order {
        if kept.last?.name == members[index].name {
            // What it said before is not passed on, but it is as secret as what it said last.
            if let earlier = kept.popLast() { secrets.hide(earlier.value) }
        }
        kept.append(members[index])
    }
    return secrets.add(JSON.object(kept), .json)
}

private func readOverrides(
    _ given: inout WireObject, _ secrets: inout SecretCollector
) throws(WireProblem) -> [SecretRef] {
    let elements = try given.list("repository_head_overrides")
    var overrides: [SecretRef] = []
    for index in elements.indices {
        guard case .object = elements[index] else {
            throw given.problem(.expectedObject, "repository_head_overrides", element: index)
        }
        overrides.append(secrets.add(elements[index], .json))
    }
    return overrides
}

private func readHarness(
    _ given: inout WireObject, _ secrets: inout SecretCollector
) throws(WireProblem) -> Bytes? {
    guard let members = try given.object("harness") else { return nil }
    var harness = WireObject(members, at: "data.task.agent_config_snapshot.harness")
    let type = try harness.trimmedText("type")
    for value in harness.rest { secrets.hide(value) }
    return type
}

private func readProviders(
    _ given: inout WireObject, _ secrets: inout SecretCollector, into agent: inout AgentConfiguration
) throws(WireProblem) {
    guard let members = try given.object("inference_providers") else { return }
    var providers = WireObject(members, at: "data.task.agent_config_snapshot.inference_providers")
    if let members = try providers.object("aws") {
        var aws = WireObject(members, at: "data.task.agent_config_snapshot.inference_providers.aws")
        let disabled = try aws.flag("disabled") ?? false
        let role = try aws.trimmedText("role_arn")
        let region = try aws.trimmedText("region")
        if !disabled {
            agent.bedrockRole = role
            agent.bedrockRegion = region
        }
        for value in aws.rest { secrets.hide(value) }
    }
    for value in providers.rest { secrets.hide(value) }
}

private func readSharing(
    _ given: inout WireObject, _ secrets: inout SecretCollector
) throws(WireProblem) -> AgentConfiguration.Sharing? {
    guard let members = try given.object("session_sharing") else { return nil }
    var sharing = WireObject(members, at: "data.task.agent_config_snapshot.session_sharing")
    let access = try sharing.trimmedText("public_access")
    for value in sharing.rest { secrets.hide(value) }
    guard let access else { return nil }
    if matches(access, "VIEWER") { return .viewer }
    return matches(access, "EDITOR") ? .editor : nil
}
