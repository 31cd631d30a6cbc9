// The daemon's answers as events.

import Codecs
import Effects

struct DockerAnswers {
    static let oldest = [1, 41]
    static let newest = [1, 47]

    let wording: Wording

    func event(_ id: EffectID, _ call: DockerCall, status: Int, body: Bytes) -> DockerEvent {
        switch (call, status) {
        case (.startContainer, 304), (.stopContainer, 304): return .done(id)
        // It is not there, or does not run: that is what was wanted.
        case (.removeContainer, 404), (.removeVolume, 404), (.killContainer, 409), (.killContainer, 404),
            (.stopContainer, 404):
            return .done(id)
        case (.createContainer, 409): return .exists(id)
        case (_, 200..<300): break
        case (_, _): return .failed(id, .refused(status: status, message(body)))
        }
        return read(id, call, body) ?? .failed(id, .unreadable(wording.detail("", body)))
    }

    /// The daemon's words for what went wrong.
    func message(_ body: Bytes) -> Detail {
        let words = (try? JSON.parse(body))?["message"]?.asString
        return wording.detail("", words ?? body)
    }

    private func read(_ id: EffectID, _ call: DockerCall, _ body: Bytes) -> DockerEvent? {
        switch call {
        case .createVolume, .removeVolume, .createContainer, .startContainer, .stopContainer, .killContainer,
            .removeContainer, .pull, .copy, .tellOutput, .followOutput:
            return .done(id)
        case .inspectImage: return document(body).flatMap(image).map { .image(id, $0) }
        case .inspectVolume:
            return document(body).map { .volume(id, isLabelled: $0["Labels"]?["oz-sidecar"] != nil) }
        case .inspectContainer: return document(body).flatMap(container).map { .container(id, $0) }
        case .awaitEnd:
            guard let code = document(body)?["StatusCode"]?.asInt else { return nil }
            return .ended(id, code: Int32(truncatingIfNeeded: code))
        case .listContainers:
            return document(body)?.asArray.map { .listed(id, $0.compactMap(listedContainer)) }
        case .listVolumes:
            guard let answer = document(body), answer.asObject != nil else { return nil }
            return .listed(id, (answer["Volumes"]?.asArray ?? []).compactMap(listedVolume))
        case .reach, .abandon: return nil
        }
    }

    /// Its own: by links to others it may have more, which are paths.
    private static func name(_ container: JSON) -> Bytes? {
        let names = (container["Names"]?.asArray ?? []).compactMap(\.asString).map { $0.dropFirst() }
        return names.first { !$0.contains(UInt8(ascii: "/")) }.map { Bytes($0) } ?? container["Id"]?.asString
    }

    private func document(_ body: Bytes) -> JSON? {
        try? JSON.parse(body)
    }

    private func image(_ document: JSON) -> DockerImage? {
        guard let id = document["Id"]?.asString else { return nil }
        let digests = (document["RepoDigests"]?.asArray ?? []).compactMap(\.asString)
        let system = document["Os"]?.asString ?? Bytes(text: "linux")
        let platform = system + [0x2f] + architecture(document["Architecture"]?.asString)
        return DockerImage(id: id, digests: digests, platform: platform)
    }

    private func container(_ document: JSON) -> DockerContainer? {
        guard let id = document["Id"]?.asString, let state = document["State"],
            let status = state["Status"]?.asString
        else { return nil }
        let known: DockerContainer.State
        switch status.text {
        case "created": known = .created
        case "running", "paused", "restarting": known = .running
        default: known = .ended
        }
        let labels = document["Config"]?["Labels"]
        return DockerContainer(
            id: id, state: known, exitCode: Int32(truncatingIfNeeded: state["ExitCode"]?.asInt ?? 0),
            outOfMemory: state["OOMKilled"]?.asBool ?? false, instance: labels?["oz-instance-hash"]?.asString,
            task: labels?["oz-task-hash"]?.asString, execution: labels?["oz-execution-hash"]?.asString)
    }

    private func listedContainer(_ entry: JSON) -> DockerListed? {
        guard let id = entry["Id"]?.asString else { return nil }
        let name = entry["Names"]?.asArray?.first?.asString ?? id
        let mounts = entry["Mounts"]?.asArray ?? []
        return DockerListed(
            id: id, name: name.first == 0x2f ? Bytes(name.dropFirst()) : name,
            instance: entry["Labels"]?["oz-instance-hash"]?.asString,
            execution: entry["Labels"]?["oz-execution-hash"]?.asString,
            isRunning: ["running", "paused", "restarting"].contains(entry["State"]?.asString?.text ?? ""),
            volumes: mounts.filter { $0["Type"]?.asString?.equals("volume") ?? false }.compactMap {
                $0["Name"]?.asString
            })
    }

    private func listedVolume(_ entry: JSON) -> DockerListed? {
        guard let name = entry["Name"]?.asString else { return nil }
        return DockerListed(
            id: name, name: name, instance: entry["Labels"]?["oz-instance-hash"]?.asString,
            execution: entry["Labels"]?["oz-execution-hash"]?.asString)
    }

    private func architecture(_ name: Bytes?) -> Bytes {
        switch name?.text {
        case "x86_64": Bytes(text: "amd64")
        case "aarch64": Bytes(text: "arm64")
        default: name ?? []
        }
    }

    // MARK: The version

    func daemon(_ body: Bytes, _ address: DockerAddress, wanted: Bytes?, remarks: [DockerRemark]) -> DockerDaemon? {
        guard let document = document(body), let own = document["ApiVersion"]?.asString,
            let system = document["Os"]?.asString
        else { return nil }
        return DockerDaemon(
            platform: system + [0x2f] + architecture(document["Arch"]?.asString),
            version: document["Version"]?.asString ?? [], api: Self.agreed(own, wanted: wanted), place: address.place,
            remarks: address.remarks + remarks)
    }

    /// The daemon's own version, but none that is newer than what this worker knows; or the one that is wanted.
    static func agreed(_ own: Bytes, wanted: Bytes?) -> Bytes? {
        let chosen = wanted ?? own
        guard let numbers = numbers(chosen) else { return nil }
        if numbers.lexicographicallyPrecedes(oldest) { return nil }
        if wanted == nil, newest.lexicographicallyPrecedes(numbers) { return Bytes(text: "1.47") }
        return chosen
    }

    private static func numbers(_ version: Bytes) -> [Int]? {
        let parts = version.parts(separatedBy: 0x2e).map { Int(decimal: $0) }
        let known = parts.compactMap { $0 }
        return known.count == parts.count && known.count == 2 ? known : nil
    }
}
