// What a supervisor is told to start, as the bytes of SupervisorProtocol.h. Made at the last moment, since it holds
// secrets, and given up as soon as it is written.

import Codecs
import Effects
import Glibc
import SupervisorImage

/// What every process of this life gets beside its launch.
struct ProcessSurroundings {
    /// The worker's own environment, entries as `NAME=value`.
    var environment: [Bytes] = []
    /// The limit of open files for agents: the one that the worker itself was started with.
    var openFiles: (soft: UInt32, hard: UInt32)?
    /// How ready the kernel is to kill an agent where memory runs out; higher than the worker's own.
    var oomScore: Int32?

    /// The environment of this process.
    static func ownEnvironment() -> [Bytes] {
        var entries: [Bytes] = []
        var next = environ
        while let entry = next.pointee {
            entries.append(
                Bytes(UnsafeBufferPointer(start: entry, count: strlen(entry)).map { UInt8(bitPattern: $0) }))
            next += 1
        }
        return entries
    }
}

enum StartProblem: Error {
    /// The vault does not hold a secret any more.
    case secretGone
    case failure(StartFailure)
}

enum StartRecord {
    private static let apiKeyVariables = ["WARP_API_KEY", "WARP_API_KEY_FILE"].map { Bytes(text: $0) }
    private static let minimalVariables = ["HOME", "TMPDIR", "PATH"].map { Bytes(text: $0) }

    static func make(
        _ launch: Launch, _ surroundings: ProcessSurroundings, _ lookUp: (SecretRef) -> Bytes?
    ) throws(StartProblem) -> Bytes {
        guard launch.directory.first == 0x2f else { throw .failure(.directory(errno: ENOENT)) }
        guard launch.executable.first == 0x2f else { throw .failure(.exec(errno: ENOENT)) }
        var strings = Bytes()
        strings.reserveCapacity(4_096)
        try add(launch.directory, to: &strings)
        try add(launch.executable, to: &strings)
        for argument in launch.arguments { try add(rendered(argument, lookUp), to: &strings) }
        var variables = 0
        for entry in base(launch, surroundings.environment) {
            try add(entry, to: &strings)
            variables &+= 1
        }
        for variable in launch.environment {
            try add(variable.name + [0x3d] + rendered(variable.value, lookUp), to: &strings)
            variables &+= 1
        }
        // Whoever starts a program without a name has broken the contract; the kernel would refuse it, too.
        guard !launch.arguments.isEmpty else { throw .failure(.exec(errno: EINVAL)) }
        return header(launch.arguments.count, variables, strings.count, surroundings) + strings
    }

    private static func rendered(_ text: Text, _ lookUp: (SecretRef) -> Bytes?) throws(StartProblem) -> Bytes {
        guard let bytes = text.rendered(lookUp) else { throw .secretGone }
        return bytes
    }

    private static func add(_ string: Bytes, to strings: inout Bytes) throws(StartProblem) {
        // A NUL would end it early, and shift all that follows.
        guard !string.contains(0) else { throw .failure(.exec(errno: EINVAL)) }
        guard strings.count &+ string.count &+ 1 &+ Int(OZ_START_HEADER) <= Int(OZ_START_LIMIT) else {
            throw .failure(.tooLarge)
        }
        strings.append(contentsOf: string)
        strings.append(0)
    }

    /// What the launch starts from, without what it sets itself.
    private static func base(_ launch: Launch, _ environment: [Bytes]) -> [Bytes] {
        let overridden = Set(launch.environment.map(\.name))
        return environment.filter { entry in
            let name = Bytes(entry.prefix { $0 != 0x3d })
            guard !overridden.contains(name) else { return false }
            switch launch.base {
            case .minimal: return minimalVariables.contains(name)
            case .worker: return !apiKeyVariables.contains(name)
            }
        }
    }

    private static func header(
        _ arguments: Int, _ variables: Int, _ length: Int, _ surroundings: ProcessSurroundings
    ) -> Bytes {
        var flags: UInt32 = 0
        if surroundings.openFiles != nil { flags |= OZ_START_NOFILE }
        if surroundings.oomScore != nil { flags |= OZ_START_OOM }
        let numbers: [UInt32] = [
            OZ_START_MAGIC, OZ_START_HEADER &+ UInt32(truncatingIfNeeded: length),
            UInt32(truncatingIfNeeded: arguments), UInt32(truncatingIfNeeded: variables), flags,
            surroundings.openFiles?.soft ?? 0, surroundings.openFiles?.hard ?? 0,
            UInt32(bitPattern: surroundings.oomScore ?? 0),
        ]
        return numbers.withUnsafeBytes { Bytes($0) }
    }
}
