// Reads the text of the events that come often; the other half of EventText. Whatever looks otherwise in the least is
// left to the compiler's decoding, so it can be slow, but not wrong.

import Codecs
import Effects

struct EventScanner: LineReader {
    var scanner: LineScanner
    /// No member of the object under way was read yet.
    private var isFirst = true

    private init(_ scanner: LineScanner) {
        self.scanner = scanner
    }

    /// Nil for a text that is not among them.
    static func read(_ bytes: UnsafeRawBufferPointer, _ range: Range<Int>) -> Event? {
        var reader = EventScanner(LineScanner(bytes, range))
        guard let event = reader.event(), reader.scanner.isAtEnd else { return nil }
        return event
    }

    private mutating func event() -> Event? {
        if take("{\"socket\":{\"_0\":{\"") { return socketEvent().flatMap { take("}}}}") ? .socket($0) : nil } }
        if take("{\"process\":{\"_0\":{\"") { return processEvent().flatMap { take("}}}}") ? .process($0) : nil } }
        if take("{\"files\":{\"_0\":{\"") { return filesEvent().flatMap { take("}}}}") ? .files($0) : nil } }
        if take("{\"docker\":{\"_0\":{\"") { return dockerEvent().flatMap { take("}}}}") ? .docker($0) : nil } }
        return take("{\"tick\":{}}") ? .tick : nil
    }

    private mutating func socketEvent() -> SocketEvent? {
        if take("written\":{\"_0\":") { return id().map { .written($0) } }
        if take("received\":{\"_0\":") {
            guard let id = id(), take(",\"_1\":{\""), let message = message() else { return nil }
            return .received(id, message)
        }
        if take("ponged\":{\"_0\":") {
            guard let id = id(), take(",\"number\":"), let number = scanner.number() else { return nil }
            return .ponged(id, number: number)
        }
        if take("opened\":{\"_0\":") { return id().map { .opened($0) } }
        if take("heard\":{\"_0\":") { return id().map { .heard($0) } }
        return take("notWritten\":{\"_0\":") ? id().map { .notWritten($0) } : nil
    }

    private mutating func processEvent() -> ProcessEvent? {
        if take("started\":{\"_0\":") { return id().map { .started($0) } }
        if take("exited\":{\"_0\":") { return ended().map { .exited($0, $1) } }
        if take("cleared\":{\"_0\":") { return ended().map { .cleared($0, $1) } }
        return take("finished\":{\"_0\":") ? ended().map { .finished($0, $1) } : nil
    }

    private mutating func filesEvent() -> FilesEvent? {
        if take("done\":{\"_0\":") { return id().map { .done($0) } }
        if take("exists\":{\"_0\":") { return id().map { .exists($0) } }
        if take("found\":{\"_0\":") {
            guard let id = id(), take(",\"path\":"), let path = scanner.plainText() else { return nil }
            return .found(id, path: path)
        }
        guard take("environmentRead\":{\"_0\":"), let id = id(), take(",\"_1\":"), let read = variables(),
            take(",\"secrets\":"), let secrets = range(), take(",\"malformed\":"),
            let malformed = list({ $0.scanner.signed().map { Int($0) } }), take(",\"omitted\":"),
            let omitted = scanner.signed().map({ Int($0) })
        else { return nil }
        return .environmentRead(id, read, secrets: secrets, malformed: malformed, omitted: omitted)
    }

    private mutating func dockerEvent() -> DockerEvent? {
        if take("done\":{\"_0\":") { return id().map { .done($0) } }
        if take("exists\":{\"_0\":") { return id().map { .exists($0) } }
        if take("volume\":{\"_0\":") {
            guard let id = id(), take(",\"isLabelled\":"), let isLabelled = scanner.flag() else { return nil }
            return .volume(id, isLabelled: isLabelled)
        }
        guard take("ended\":{\"_0\":"), let id = id(), take(",\"code\":"),
            let code = scanner.signed().flatMap({ Int32(exactly: $0) })
        else { return nil }
        return .ended(id, code: code)
    }

    // MARK: - Messages

    private mutating func message() -> IncomingMessage? {
        if take("assignment\":{\"_0\":") { return assignment().flatMap { take("}}") ? .assignment($0) : nil } }
        if take("cancellation\":{\"_0\":{\"bytes\":") {
            guard let task = scanner.plainText(), take("}}}") else { return nil }
            return .cancellation(TaskID(task))
        }
        return take("heartbeat\":{}}") ? .heartbeat : nil
    }

    private mutating func assignment() -> Assignment? {
        guard take("{\"key\":{\"task\":{\"bytes\":"), let task = scanner.plainText(), take("}") else { return nil }
        var execution: ExecutionID?
        if take(",\"execution\":{\"bytes\":") {
            guard let bytes = scanner.plainText(), take("}") else { return nil }
            execution = ExecutionID(bytes)
        }
        guard take("},\"secrets\":"), let secrets = range(), take(",\"agentTaskID\":"),
            let agentTaskID = scanner.plainText(), take(",\"ownerIsTeam\":"), let ownerIsTeam = scanner.flag()
        else { return nil }
        let key = ExecutionKey(task: TaskID(task), execution: execution)
        var assignment = Assignment(key: key, agentTaskID: agentTaskID)
        assignment.secrets = secrets
        assignment.ownerIsTeam = ownerIsTeam
        isFirst = false
        guard text("\"dockerImage\":", &assignment.dockerImage), text("\"sidecarImage\":", &assignment.sidecarImage),
            take(",\"additionalSidecars\":[],\"environment\":"), let environment = variables(),
            take(",\"extraArguments\":"), let arguments = refs(), take(",\"shape\":{"), let shape = shape(),
            take("},\"hooksRequired\":"), let hooksRequired = scanner.flag()
        else { return nil }
        assignment.environment = environment
        assignment.extraArguments = arguments
        assignment.shape = shape
        assignment.hooksRequired = hooksRequired
        if take(",\"agent\":{") {
            guard let agent = agent() else { return nil }
            assignment.agent = agent
        }
        isFirst = false
        return ref("\"document\":", &assignment.document) && take("}") ? assignment : nil
    }

    private mutating func shape() -> InstanceShape? {
        var vcpus: Int?
        var memory: Int?
        isFirst = true
        guard number("\"vcpus\":", &vcpus), number("\"memoryGiB\":", &memory) else { return nil }
        return InstanceShape(vcpus: vcpus, memoryGiB: memory)
    }

    private mutating func agent() -> AgentConfiguration? {
        var agent = AgentConfiguration()
        var sharing: Int?
        isFirst = true
        guard text("\"environmentID\":", &agent.environmentID), text("\"modelID\":", &agent.modelID),
            text("\"profileID\":", &agent.profileID), text("\"skillSpec\":", &agent.skillSpec),
            ref("\"mcpServers\":", &agent.mcpServers), flag("\"computerUse\":", &agent.computerUse),
            text("\"computerUseModelID\":", &agent.computerUseModelID), member("\"repositoryHeadOverrides\":"),
            let overrides = refs(), number("\"idleTimeoutMinutes\":", &agent.idleTimeoutMinutes),
            text("\"harness\":", &agent.harness), text("\"bedrockRole\":", &agent.bedrockRole),
            text("\"bedrockRegion\":", &agent.bedrockRegion), number("\"publicAccess\":", &sharing),
            member("\"snapshotDisabled\":"), let disabled = scanner.flag(),
            number("\"snapshotUploadTimeoutSeconds\":", &agent.snapshotUploadTimeoutSeconds),
            number("\"snapshotScriptTimeoutSeconds\":", &agent.snapshotScriptTimeoutSeconds), take("}")
        else { return nil }
        agent.repositoryHeadOverrides = overrides
        agent.snapshotDisabled = disabled
        if let sharing {
            guard let value = UInt8(exactly: sharing).flatMap(AgentConfiguration.Sharing.init(rawValue:)) else {
                return nil
            }
            agent.publicAccess = value
        }
        return agent
    }

    // MARK: - Pieces

    private mutating func id() -> EffectID? {
        guard take("{\"slot\":"), let slot = scanner.number().flatMap(UInt32.init(exactly:)), take(",\"sequence\":"),
            let sequence = scanner.number(), take("}")
        else { return nil }
        return EffectID(slot: slot, sequence: sequence)
    }

    private mutating func ended() -> (EffectID, ProcessEnd)? {
        guard let id = id(), take(",\"_1\":"), let end = scanner.processEnd() else { return nil }
        return (id, end)
    }

    private mutating func range() -> SecretRange? {
        guard take("{\"first\":"), let first = scanner.number(), take(",\"count\":"), let count = scanner.number(),
            take("}")
        else { return nil }
        return SecretRange(first: first, count: count)
    }

    private mutating func ref() -> SecretRef? {
        guard take("{\"number\":"), let number = scanner.number(), take("}") else { return nil }
        return SecretRef(number: number)
    }

    private mutating func refs() -> [SecretRef]? { list { $0.ref() } }

    private mutating func variables() -> [EnvironmentVariable]? {
        list { reader in
            guard reader.take("{\"name\":"), let name = reader.scanner.plainText(), reader.take(",\"value\":{\"")
            else { return nil }
            if reader.take("secret\":{\"_0\":") {
                guard let ref = reader.ref(), reader.take("}}}") else { return nil }
                return EnvironmentVariable(name: name, value: .secret(ref))
            }
            guard reader.take("literal\":{\"_0\":"), let bytes = reader.scanner.plainText(), reader.take("}}}") else {
                return nil
            }
            return EnvironmentVariable(name: name, value: .literal(bytes))
        }
    }

    // Members that may be absent. False where one is there and can't be read.

    /// Whether the member of that name comes next. A comma stands before all but the first.
    private mutating func member(_ name: StaticString) -> Bool {
        let before = scanner.position
        if isFirst || take(","), take(name) {
            isFirst = false
            return true
        }
        scanner.position = before
        return false
    }

    private mutating func text(_ name: StaticString, _ value: inout Bytes?) -> Bool {
        guard member(name) else { return true }
        value = scanner.plainText()
        return value != nil
    }

    private mutating func number(_ name: StaticString, _ value: inout Int?) -> Bool {
        guard member(name) else { return true }
        value = scanner.signed().flatMap { Int(exactly: $0) }
        return value != nil
    }

    private mutating func flag(_ name: StaticString, _ value: inout Bool?) -> Bool {
        guard member(name) else { return true }
        value = scanner.flag()
        return value != nil
    }

    private mutating func ref(_ name: StaticString, _ value: inout SecretRef?) -> Bool {
        guard member(name) else { return true }
        value = ref()
        return value != nil
    }
}
