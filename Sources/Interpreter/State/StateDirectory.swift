// The state directory: what one life leaves for the next. It holds the instance id, the journal, and a lock, since two
// workers that shared it would each take the other's agents for their own.
//
// The lock is the kernel's, so that it goes with the process, however that ends. What a crash can leave half made is
// mended, since nobody else could: an instance id that can't be read is laid aside, and a new one made.

import CLinux
import Check
import Codecs
import Effects
import Glibc

public final class StateDirectory: Sendable {
    /// Open as long as this worker lives.
    let descriptor: Int32
    private let lock: Int32
    public let path: Bytes
    public let instanceID: Bytes
    /// Only on a disk of this host: the loop writes there, and a server that does not answer would stop it.
    public let takesJournal: Bool
    /// What was mended, for people.
    public let mended: String?

    static let identityFile = "instance-id"
    static let lockFile = "lock"
    /// How long a directory may take to answer: it may lie on a server that does not.
    static let patience = Span.seconds(5)
    /// Two seconds.
    private static let lockTries = 200

    public enum Problem: Error {
        /// It can't be made, opened or written.
        case unusable(path: Bytes, errno: Int32)
        /// Another worker holds it; its process, where that is known.
        case taken(path: Bytes, by: Bytes?)
        /// It was waited for, and did not answer.
        case silent(path: Bytes)

        public var words: String {
            switch self {
            case .unusable(let path, let number):
                "the state directory \(path.text) can't be used: \(Wording.errno(number).text)"
            case .taken(let path, let process):
                "the state directory \(path.text) is held by another worker"
                    + (process.map { " (process \($0.text))" } ?? "")
            case .silent(let path):
                "the state directory \(path.text) does not answer"
            }
        }
    }

    /// Where it is looked for when nobody chose one, and why there.
    public static func usual(_ variable: (StaticString) -> Bytes?) -> (path: Bytes, origin: StateRecord.Origin) {
        // systemd lists several with colons between them; the first is ours.
        if let given = variable("STATE_DIRECTORY"), !given.isEmpty {
            return (Bytes(given.prefix { $0 != 0x3a }), .systemd)
        }
        if let home = variable("XDG_STATE_HOME"), !home.isEmpty {
            return (home + Bytes(text: "/oz-agent-worker"), .home)
        }
        return (Bytes(text: "/var/lib/oz-agent-worker"), .system)
    }

    /// As `init`, but within a time.
    public static func opened(_ path: Bytes, instanceID: Bytes?) throws(Problem) -> StateDirectory {
        let opening: Opening? = answered(within: patience) {
            do throws(Problem) {
                return .done(try StateDirectory(path, instanceID: instanceID))
            } catch {
                return .failed(error)
            }
        }
        switch opening {
        case .done(let directory): return directory
        case .failed(let problem): throw problem
        case nil: throw .silent(path: path)
        }
    }

    /// As Swift's own `Result`, whose type takes longer to be made than a directory to be opened.
    private enum Opening: Sendable {
        case done(StateDirectory)
        case failed(Problem)
    }

    /// Opens and locks it; makes it, and the instance id in it, where they are missing.
    init(_ path: Bytes, instanceID given: Bytes?) throws(Problem) {
        self.path = path
        descriptor = try StateDirectory.directory(path)
        lock = try StateDirectory.locked(descriptor, path)
        takesJournal = LocalPlaces.look(path).isLocal
        guard given == nil else {
            instanceID = given ?? []
            mended = nil
            return
        }
        do throws(Problem) {
            (instanceID, mended) = try StateDirectory.identity(descriptor, path)
        } catch {
            // Nothing that was not made whole is let go of by itself.
            close(lock)
            close(descriptor)
            throw error
        }
    }

    deinit {
        close(lock)
        close(descriptor)
    }

    /// An id for one life, where none can be kept.
    public static func passingID() -> Bytes {
        var bytes = Bytes(repeating: 0, count: 16)
        _ = bytes.withUnsafeMutableBytes { oz_random($0.baseAddress, $0.count) }
        return bytes.hex
    }

    // MARK: - Parts

    private static func directory(_ path: Bytes) throws(Problem) -> Int32 {
        func open() -> Int32 {
            withPath(path) { Glibc.open($0, O_RDONLY | O_DIRECTORY | O_CLOEXEC) }
        }
        var descriptor = open()
        if descriptor < 0, errno == ENOENT {
            makeParents(path)
            _ = withPath(path) { mkdir($0, 0o700) }
            descriptor = open()
        }
        guard descriptor >= 0 else { throw .unusable(path: path, errno: errno) }
        return descriptor
    }

    static func withPath(_ path: Bytes, _ body: (UnsafePointer<CChar>) -> Int32) -> Int32 {
        do throws(FileProblem) {
            return try FileNames.with(path, body)
        } catch {
            errno = error.errno
            return -1
        }
    }

    private static func makeParents(_ path: Bytes) {
        for (place, byte) in path.enumerated() where byte == 0x2f && place > 0 {
            _ = withPath(Bytes(path[..<place])) { mkdir($0, 0o755) }
        }
    }

    /// A worker that was killed while it made a child has left the lock with that, until the child's program begins.
    private static func lockedSoon(_ lock: Int32) -> Int32 {
        var failed = oz_lock_exclusive(lock)
        for _ in 0..<lockTries where failed == -EWOULDBLOCK {
            usleep(10_000)
            failed = oz_lock_exclusive(lock)
        }
        return failed
    }

    private static func locked(_ directory: Int32, _ path: Bytes) throws(Problem) -> Int32 {
        let lock = openat(directory, lockFile, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard lock >= 0 else {
            let number = errno
            close(directory)
            throw .unusable(path: path, errno: number)
        }
        let failed = lockedSoon(lock)
        guard failed < 0 else {
            let line = Bytes(text: "\(getpid())\n")
            _ = line.withUnsafeBytes { pwrite(lock, $0.baseAddress, $0.count, 0) }
            // Behind what was written, and mostly nothing: emptying a file takes milliseconds on some file systems.
            _ = ftruncate(lock, off_t(line.count))
            return lock
        }
        let holder = content(of: lock)
        close(lock)
        close(directory)
        guard failed == -EWOULDBLOCK else { throw .unusable(path: path, errno: 0 &- failed) }
        throw .taken(path: path, by: holder)
    }

    /// The one that is kept, else a new one.
    private static func identity(
        _ directory: Int32, _ path: Bytes
    ) throws(Problem) -> (id: Bytes, mended: String?) {
        let present = openat(directory, identityFile, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard present >= 0 else {
            guard errno == ENOENT else { throw .unusable(path: path, errno: errno) }
            return (try made(directory, path), nil)
        }
        defer { close(present) }
        if let id = content(of: present), isSound(id) { return (id, nil) }
        guard renameat(directory, identityFile, directory, identityFile + ".bad") == 0 else {
            throw .unusable(path: path, errno: errno)
        }
        let mended =
            "\(path.text)/\(identityFile) held no instance id; it was laid aside, and a new one was made: "
            + "what the old one owned is not known any more"
        return (try made(directory, path), mended)
    }

    /// Made aside and renamed into place, so that an id is whole or not there.
    private static func made(_ directory: Int32, _ path: Bytes) throws(Problem) -> Bytes {
        let id = passingID()
        let line = id + [0x0a]
        let aside = openat(
            directory, identityFile + ".new", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard aside >= 0 else { throw .unusable(path: path, errno: errno) }
        defer { close(aside) }
        let written = line.withUnsafeBytes { write(aside, $0.baseAddress, $0.count) }
        guard written == line.count else { throw .unusable(path: path, errno: written < 0 ? errno : ENOSPC) }
        guard fsync(aside) == 0, renameat(directory, identityFile + ".new", directory, identityFile) == 0 else {
            throw .unusable(path: path, errno: errno)
        }
        // Best effort: a power cut that undoes it costs an id that nothing carries yet.
        _ = fsync(directory)
        return id
    }

    /// One word that can be shown.
    static func isSound(_ id: Bytes) -> Bool {
        !id.isEmpty && id.count <= 200 && id.allSatisfy { $0 > 0x20 && $0 != 0x7f }
    }

    /// A short line of text; nil where there is none.
    static func content(of descriptor: Int32) -> Bytes? {
        var buffer = Bytes(repeating: 0, count: 256)
        let count = buffer.withUnsafeMutableBytes { pread(descriptor, $0.baseAddress, $0.count, 0) }
        guard count > 0 else { return nil }
        let text = Bytes(buffer[..<count]).trimmed()
        return text.isEmpty ? nil : text
    }
}
