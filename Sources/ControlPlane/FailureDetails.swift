// Is `failure_details` within what the protocol promises? Sizes, the closed sets, and no field beside them.

import Codecs

enum FailureDetails {
    private static let sizeMax = 32 * 1_024
    private static let stringMax = 256
    private static let eventsMax = 20

    static func faults(_ details: JSON) -> [String] {
        guard details.asObject != nil else { return ["failure_details is not an object"] }
        var faults: [String] = []
        if details.encoded().count >= sizeMax { faults.append("failure_details is not under 32 KiB") }
        if hasLongString(details) { faults.append("failure_details has a string of more than 256 bytes") }
        faults += unknown(details, ["kubernetes"], "failure_details")
        guard let kubernetes = details["kubernetes"], !kubernetes.isNull else { return faults }
        guard kubernetes.asObject != nil else { return faults + ["failure_details.kubernetes is not an object"] }
        return faults + kubernetesFaults(kubernetes)
    }

    private static func kubernetesFaults(_ details: JSON) -> [String] {
        var faults = unknown(
            details,
            [
                "schema_version", "observation_source", "observed_at", "job", "pod", "container", "events",
                "truncated",
            ], "kubernetes")
        if details["schema_version"]?.asInt != 1 { faults.append("schema_version is not 1") }
        faults += oneOf(details["observation_source"], ["JobWatch", "PodWatch", "SafetyPoll"], "observation_source")
        if let job = details["job"] {
            faults += unknown(job, ["name", "uid", "conditions"], "job")
            for condition in job["conditions"]?.asArray ?? [] {
                faults += oneOf(condition["type"], ["Complete", "Failed", "FailureTarget"], "job condition type")
                faults += unknown(condition, ["type", "status", "reason", "last_transition_time"], "job condition")
            }
        }
        if let pod = details["pod"] {
            faults += unknown(pod, ["name", "uid", "phase", "reason", "deletion_timestamp", "conditions"], "pod")
        }
        if let container = details["container"] {
            faults += unknown(
                container,
                [
                    "kind", "name", "state", "waiting_reason", "termination_reason", "raw_exit_code",
                    "normalized_exit_code", "signal", "started_at", "finished_at",
                ], "container")
            faults += oneOf(container["kind"], ["regular", "init", "sidecar"], "container kind")
            faults += oneOf(container["state"], ["waiting", "terminated"], "container state")
        }
        let events = details["events"]?.asArray ?? []
        if events.count > eventsMax { faults.append("there are \(events.count) events, more than 20") }
        for event in events.prefix(eventsMax) {
            let names: [StaticString] = ["type", "reason", "count", "first_observed_at", "last_observed_at"]
            faults += unknown(event, names, "event")
        }
        if let truncated = details["truncated"], truncated.asBool == nil { faults.append("truncated is not a bool") }
        return faults
    }

    private static func unknown(_ value: JSON, _ names: [StaticString], _ place: String) -> [String] {
        guard let members = value.asObject else { return value.isNull ? [] : ["\(place) is not an object"] }
        return members.filter { member in !names.contains { member.name.equals($0) } }
            .map { "\(place) has an unknown field \(shown($0.name))" }
    }

    /// Absent and null are fine.
    private static func oneOf(_ value: JSON?, _ names: [StaticString], _ place: String) -> [String] {
        guard let value, !value.isNull else { return [] }
        guard let text = value.asString, names.contains(where: { text.equals($0) }) else {
            return ["\(place) is none of its known values"]
        }
        return []
    }

    private static func hasLongString(_ value: JSON) -> Bool {
        switch value {
        case .string(let text): text.count > stringMax
        case .array(let elements): elements.contains(where: hasLongString)
        case .object(let members): members.contains { hasLongString($0.value) }
        case .null, .bool, .number, .secret, .verbatim: false
        }
    }
}
