// The text of the events that come often, written by hand: a tenth of what the compiler's encoding costs.
//
// It is the very text that the encoding gives, and events that are left out here go by that. So nothing can be
// forgotten, only slow; a test compares the two for every kind of event.

import Codecs
import Effects

struct EventText {
    private let coder: StateWriter

    init(_ coder: StateWriter) {
        self.coder = coder
    }

    func append(_ event: Event, to output: inout Bytes) throws(StateCodingError) {
        let start = output.count
        if appendFrequent(event, to: &output) { return }
        output.removeLast(output.count &- start)
        try coder.append(event, to: &output)
    }

    /// False for an event that is not among them; what was appended by then counts for nothing.
    func appendFrequent(_ event: Event, to output: inout Bytes) -> Bool {
        switch event {
        case .tick: output.append(text: "{\"tick\":{}}")
        case .socket(let event):
            output.append(text: "{\"socket\":{\"_0\":")
            guard append(event, &output) else { return false }
            output.append(text: "}}")
        case .process(let event):
            output.append(text: "{\"process\":{\"_0\":")
            guard append(event, &output) else { return false }
            output.append(text: "}}")
        case .files(let event):
            output.append(text: "{\"files\":{\"_0\":")
            guard append(event, &output) else { return false }
            output.append(text: "}}")
        case .docker(let event):
            output.append(text: "{\"docker\":{\"_0\":")
            guard append(event, &output) else { return false }
            output.append(text: "}}")
        case .began, .operator, .interpreter: return false
        }
        return true
    }

    private func append(_ event: SocketEvent, _ output: inout Bytes) -> Bool {
        switch event {
        case .opened(let id): append("{\"opened\":{\"_0\":", id, &output)
        case .heard(let id): append("{\"heard\":{\"_0\":", id, &output)
        case .written(let id): append("{\"written\":{\"_0\":", id, &output)
        case .notWritten(let id): append("{\"notWritten\":{\"_0\":", id, &output)
        case .ponged(let id, let number):
            append("{\"ponged\":{\"_0\":", id, &output)
            output.append(text: ",\"number\":")
            output.append(digits: number)
        case .received(let id, let message):
            append("{\"received\":{\"_0\":", id, &output)
            output.append(text: ",\"_1\":")
            guard append(message, &output) else { return false }
        case .refused, .closed: return false
        }
        output.append(text: "}}")
        return true
    }

    private func append(_ event: ProcessEvent, _ output: inout Bytes) -> Bool {
        switch event {
        case .started(let id): append("{\"started\":{\"_0\":", id, &output)
        case .exited(let id, let end): append("{\"exited\":{\"_0\":", id, end, &output)
        case .cleared(let id, let end): append("{\"cleared\":{\"_0\":", id, end, &output)
        case .finished(let id, let end): append("{\"finished\":{\"_0\":", id, end, &output)
        case .startFailed, .notFound: return false
        }
        output.append(text: "}}")
        return true
    }

    private func append(_ event: FilesEvent, _ output: inout Bytes) -> Bool {
        switch event {
        case .done(let id): append("{\"done\":{\"_0\":", id, &output)
        case .exists(let id): append("{\"exists\":{\"_0\":", id, &output)
        case .found(let id, let path):
            append("{\"found\":{\"_0\":", id, &output)
            output.append(text: ",\"path\":")
            append(path, &output)
        case .environmentRead(let id, let variables, let secrets, let malformed, let omitted):
            append("{\"environmentRead\":{\"_0\":", id, &output)
            output.append(text: ",\"_1\":")
            guard append(variables, &output) else { return false }
            output.append(text: ",\"secrets\":")
            append(secrets, &output)
            output.append(text: ",\"malformed\":")
            list(malformed, &output) { output, line in output.append(signed: Int64(line)) }
            output.append(text: ",\"omitted\":")
            output.append(signed: Int64(omitted))
        case .failed: return false
        }
        output.append(text: "}}")
        return true
    }

    private func append(_ event: DockerEvent, _ output: inout Bytes) -> Bool {
        switch event {
        case .done(let id): append("{\"done\":{\"_0\":", id, &output)
        case .exists(let id): append("{\"exists\":{\"_0\":", id, &output)
        case .volume(let id, let isLabelled):
            append("{\"volume\":{\"_0\":", id, &output)
            append(",\"isLabelled\":", isLabelled, &output)
        case .ended(let id, let code):
            append("{\"ended\":{\"_0\":", id, &output)
            output.append(text: ",\"code\":")
            output.append(signed: Int64(code))
        case .failed, .reached, .image, .container, .listed: return false
        }
        output.append(text: "}}")
        return true
    }

    // MARK: - Messages

    private func append(_ message: IncomingMessage, _ output: inout Bytes) -> Bool {
        switch message {
        case .assignment(let assignment):
            output.append(text: "{\"assignment\":{\"_0\":")
            guard append(assignment, &output) else { return false }
        case .cancellation(let task):
            output.append(text: "{\"cancellation\":{\"_0\":{\"bytes\":")
            append(task.bytes, &output)
            output.append(0x7d)
        case .heartbeat: output.append(text: "{\"heartbeat\":{")
        case .unreadableAssignment, .unknown, .unreadable: return false
        }
        output.append(text: "}}")
        return true
    }

    private func append(_ assignment: Assignment, _ output: inout Bytes) -> Bool {
        // Seldom there, and long: not worth a text of their own.
        guard assignment.additionalSidecars.isEmpty else { return false }
        output.append(text: "{\"key\":{\"task\":{\"bytes\":")
        append(assignment.key.task.bytes, &output)
        output.append(0x7d)
        if let execution = assignment.key.execution {
            output.append(text: ",\"execution\":{\"bytes\":")
            append(execution.bytes, &output)
            output.append(0x7d)
        }
        output.append(text: "},\"secrets\":")
        append(assignment.secrets, &output)
        output.append(text: ",\"agentTaskID\":")
        append(assignment.agentTaskID, &output)
        append(",\"ownerIsTeam\":", assignment.ownerIsTeam, &output)
        append(",\"dockerImage\":", assignment.dockerImage, &output)
        append(",\"sidecarImage\":", assignment.sidecarImage, &output)
        output.append(text: ",\"additionalSidecars\":[],\"environment\":")
        guard append(assignment.environment, &output) else { return false }
        output.append(text: ",\"extraArguments\":")
        append(assignment.extraArguments, &output)
        output.append(text: ",\"shape\":{")
        if let vcpus = assignment.shape.vcpus {
            output.append(text: "\"vcpus\":")
            output.append(signed: Int64(vcpus))
        }
        if let memory = assignment.shape.memoryGiB {
            output.append(text: assignment.shape.vcpus == nil ? "\"memoryGiB\":" : ",\"memoryGiB\":" as StaticString)
            output.append(signed: Int64(memory))
        }
        append("},\"hooksRequired\":", assignment.hooksRequired, &output)
        if let agent = assignment.agent { append(agent, &output) }
        append(",\"document\":", assignment.document, &output)
        output.append(0x7d)
        return true
    }

    private func append(_ agent: AgentConfiguration, _ output: inout Bytes) {
        output.append(text: ",\"agent\":{")
        let start = output.count
        append(",\"environmentID\":", agent.environmentID, &output)
        append(",\"modelID\":", agent.modelID, &output)
        append(",\"profileID\":", agent.profileID, &output)
        append(",\"skillSpec\":", agent.skillSpec, &output)
        append(",\"mcpServers\":", agent.mcpServers, &output)
        if let flag = agent.computerUse { append(",\"computerUse\":", flag, &output) }
        append(",\"computerUseModelID\":", agent.computerUseModelID, &output)
        output.append(text: ",\"repositoryHeadOverrides\":")
        append(agent.repositoryHeadOverrides, &output)
        append(",\"idleTimeoutMinutes\":", agent.idleTimeoutMinutes, &output)
        append(",\"harness\":", agent.harness, &output)
        append(",\"bedrockRole\":", agent.bedrockRole, &output)
        append(",\"bedrockRegion\":", agent.bedrockRegion, &output)
        append(",\"publicAccess\":", agent.publicAccess.map { Int($0.rawValue) }, &output)
        append(",\"snapshotDisabled\":", agent.snapshotDisabled, &output)
        append(",\"snapshotUploadTimeoutSeconds\":", agent.snapshotUploadTimeoutSeconds, &output)
        append(",\"snapshotScriptTimeoutSeconds\":", agent.snapshotScriptTimeoutSeconds, &output)
        // The first member has no comma before it.
        output.remove(at: start)
        output.append(0x7d)
    }

    // MARK: - Pieces

    private func append(_ mark: StaticString, _ id: EffectID, _ output: inout Bytes) {
        output.append(text: mark)
        output.append(text: "{\"slot\":")
        output.append(digits: UInt64(id.slot))
        output.append(text: ",\"sequence\":")
        output.append(digits: id.sequence)
        output.append(0x7d)
    }

    private func append(_ mark: StaticString, _ id: EffectID, _ end: ProcessEnd, _ output: inout Bytes) {
        append(mark, id, &output)
        switch end {
        case .exit(let status):
            output.append(text: ",\"_1\":{\"exit\":{\"_0\":")
            output.append(signed: Int64(status))
        case .signal(let number):
            output.append(text: ",\"_1\":{\"signal\":{\"_0\":")
            output.append(signed: Int64(number))
        case .unseen: output.append(text: ",\"_1\":{\"unseen\":{")
        }
        output.append(text: "}}")
    }

    private func append(_ range: SecretRange, _ output: inout Bytes) {
        output.append(text: "{\"first\":")
        output.append(digits: range.first)
        output.append(text: ",\"count\":")
        output.append(digits: range.count)
        output.append(0x7d)
    }

    private func append(_ mark: StaticString, _ flag: Bool, _ output: inout Bytes) {
        output.append(text: mark)
        output.append(text: flag ? "true" : "false" as StaticString)
    }

    private func append(_ mark: StaticString, _ bytes: Bytes?, _ output: inout Bytes) {
        guard let bytes else { return }
        output.append(text: mark)
        append(bytes, &output)
    }

    private func append(_ mark: StaticString, _ number: Int?, _ output: inout Bytes) {
        guard let number else { return }
        output.append(text: mark)
        output.append(signed: Int64(number))
    }

    private func append(_ mark: StaticString, _ ref: SecretRef?, _ output: inout Bytes) {
        guard let ref else { return }
        output.append(text: mark)
        output.append(text: "{\"number\":")
        output.append(digits: ref.number)
        output.append(0x7d)
    }

    private func append(_ refs: [SecretRef], _ output: inout Bytes) {
        list(refs, &output) { output, ref in
            output.append(text: "{\"number\":")
            output.append(digits: ref.number)
            output.append(0x7d)
        }
    }

    /// False where a value is more than a literal or one secret.
    private func append(_ variables: [EnvironmentVariable], _ output: inout Bytes) -> Bool {
        var isKnown = true
        list(variables, &output) { output, variable in
            append("{\"name\":", variable.name, &output)
            switch variable.value {
            case .literal(let bytes): append(",\"value\":{\"literal\":{\"_0\":", bytes, &output)
            case .secret(let ref): append(",\"value\":{\"secret\":{\"_0\":", ref, &output)
            case .joined: isKnown = false
            }
            output.append(text: "}}}")
        }
        return isKnown
    }

    private func list<Element>(
        _ elements: [Element], _ output: inout Bytes, _ body: (inout Bytes, Element) -> Void
    ) {
        output.append(0x5b)
        for index in elements.indices {
            if index > 0 { output.append(0x2c) }
            body(&output, elements[index])
        }
        output.append(0x5d)
    }

    private func append(_ bytes: Bytes, _ output: inout Bytes) {
        guard PlainText.isPlain(bytes) else {
            // Byte strings can always be encoded.
            try? coder.append(bytes, to: &output)
            return
        }
        output.append(0x22)
        output.append(contentsOf: bytes)
        output.append(0x22)
    }
}
