// What a supervisor is told to start, as the bytes of SupervisorProtocol.h. Made at the last moment, since it holds
// secrets, and given up as soon as it is written.

import Codecs
import Effects
import Glibc
import SupervisorImage

/// What every process of this life gets beside its launch.
struct ProcessSurroundings {
    /// A variable of the worker's own environment.
    struct Variable {
        let name: Bytes
        /// `NAME=value`.
        let entry: Bytes
    }

    private static let apiKeyVariables = ["WARP_API_KEY", "WARP_API_KEY_FILE"].map { Bytes(text: $0) }
    private static let minimalVariables = ["HOME", "TMPDIR", "PATH"].map { Bytes(text: $0) }

    /// What every environment starts from, by the launch's choice.
    private(set) var minimal: [Variable] = []
    private(set) var worker: [Variable] = []
    /// The limit of open files for agents: the one that the worker itself was started with.
    var openFiles: (soft: UInt32, hard: UInt32)?
    /// How ready the kernel is to kill an agent where memory runs out; higher than the worker's own.
    var oomScore: Int32?

    /// `environment` is the worker's own.
    init(_ environment: [(name: Bytes, value: Bytes)] = []) {
        for (name, value) in environment {
            let variable = Variable(name: name, entry: name + [0x3d] + value)
            if Self.minimalVariables.contains(name) { minimal.append(variable) }
            if !Self.apiKeyVariables.contains(name) { worker.append(variable) }
        }
    }
}

enum StartProblem: Error {
    /// The vault does not hold a secret any more.
    case secretGone
    case failure(StartFailure)
}

enum StartRecord {
    static func make(
        _ launch: Launch, _ surroundings: ProcessSurroundings, _ lookUp: (SecretRef) -> Bytes?
    ) throws(StartProblem) -> Bytes {
        guard launch.directory.first == 0x2f else { throw .failure(.directory(errno: ENOENT)) }
        guard launch.executable.first == 0x2f else { throw .failure(.exec(errno: ENOENT)) }
        var record = Bytes()
        record.reserveCapacity(4_096)
        record.append(contentsOf: repeatElement(0, count: Int(OZ_START_HEADER)))
        if let name = launch.name { try add(SupervisorName.bytes(name), to: &record) }
        try add(launch.directory, to: &record)
        try add(launch.executable, to: &record)
        for argument in launch.arguments { try add(rendered(argument, lookUp), to: &record) }
        var variables = 0
        for variable in base(launch, surroundings) {
            // What the launch sets itself takes its place.
            if launch.environment.contains(where: { $0.name == variable.name }) { continue }
            try add(variable.entry, to: &record)
            variables &+= 1
        }
        for variable in launch.environment {
            try begin(variable.name, in: &record)
            record.append(0x3d)
            try add(rendered(variable.value, lookUp), to: &record)
            variables &+= 1
        }
        // Whoever starts a program without a name has broken the contract; the kernel would refuse it, too.
        guard !launch.arguments.isEmpty else { throw .failure(.exec(errno: EINVAL)) }
        let header = header(launch, variables, record.count, surroundings)
        record.replaceSubrange(0..<Int(OZ_START_HEADER), with: header)
        return record
    }

    private static func rendered(_ text: Text, _ lookUp: (SecretRef) -> Bytes?) throws(StartProblem) -> Bytes {
        switch text {
        case .literal(let bytes): return bytes
        case .secret, .joined:
            guard let bytes = text.rendered(lookUp) else { throw .secretGone }
            return bytes
        }
    }

    private static func add(_ string: Bytes, to record: inout Bytes) throws(StartProblem) {
        try begin(string, in: &record)
        record.append(0)
        guard record.count <= Int(OZ_START_LIMIT) else { throw .failure(.tooLarge) }
    }

    /// The first part of a string.
    private static func begin(_ part: Bytes, in record: inout Bytes) throws(StartProblem) {
        // A NUL would end it early, and shift all that follows.
        guard !part.contains(0) else { throw .failure(.exec(errno: EINVAL)) }
        record.append(contentsOf: part)
    }

    private static func base(_ launch: Launch, _ surroundings: ProcessSurroundings) -> [ProcessSurroundings.Variable] {
        switch launch.base {
        case .minimal: surroundings.minimal
        case .worker: surroundings.worker
        }
    }

    /// `length` is that of the whole record.
    private static func header(
        _ launch: Launch, _ variables: Int, _ length: Int, _ surroundings: ProcessSurroundings
    ) -> Bytes {
        var flags: UInt32 = 0
        if launch.input != nil { flags |= OZ_START_STDIN }
        if launch.name != nil { flags |= OZ_START_SURVIVE }
        if launch.handsOver { flags |= OZ_START_HANDOVER }
        if surroundings.openFiles != nil { flags |= OZ_START_NOFILE }
        if surroundings.oomScore != nil { flags |= OZ_START_OOM }
        let numbers: [UInt32] = [
            OZ_START_MAGIC, UInt32(truncatingIfNeeded: length),
            UInt32(truncatingIfNeeded: launch.arguments.count), UInt32(truncatingIfNeeded: variables), flags,
            surroundings.openFiles?.soft ?? 0, surroundings.openFiles?.hard ?? 0,
            UInt32(bitPattern: surroundings.oomScore ?? 0),
        ]
        return numbers.withUnsafeBytes { Bytes($0) }
    }
}
