// A recording's files: the segment that grows lies at the path itself, older ones at path.1, path.2 and so on, the
// newest first. All together stay below the limit; the oldest go first.
//
// Nothing is ever overwritten or removed that does not begin as a recording does. The growing segment is locked, so
// two workers never write to one path.

import CLinux
import Codecs
import Glibc
import Recording
import WorkerModel

struct RecordingFile {
    /// Beyond so many, older segments are removed even where there is room.
    private static let olderMax = 32

    private let path: Bytes
    private let limit: Int
    private var descriptor: Int32 = -1
    /// Whole lines, as far as the file has them.
    private var size = 0

    init(path: Bytes, limit: Int) {
        self.path = path
        self.limit = limit
    }

    /// The next segment. What lies at the path moves on, unless it is an empty file.
    mutating func begin(_ opening: SegmentOpening, _ worker: Worker) throws(RecordingFailure) {
        if descriptor < 0 { try take() }
        if size > 0 {
            try makeRoom(for: limit / 8)
            try moveOn()
        }
        var bytes = Bytes()
        do throws(StateCodingError) {
            try opening.append(worker, to: &bytes)
        } catch {
            throw .notEncoded(error.words)
        }
        guard bytes.count < limit / 2 else { throw .tooLarge }
        try write(bytes)
    }

    /// All of it or, where the disk has no room for all, nothing: a segment ends with a whole line.
    mutating func write(_ bytes: Bytes) throws(RecordingFailure) {
        var done = 0
        while done < bytes.count {
            let count = bytes.withUnsafeBytes {
                Glibc.write(descriptor, UnsafeRawBufferPointer(rebasing: $0[done...]).baseAddress, bytes.count &- done)
            }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else {
                let failure = count < 0 ? errno : ENOSPC
                _ = ftruncate(descriptor, off_t(size))
                throw .system(failure)
            }
            done &+= count
        }
        size &+= bytes.count
    }

    mutating func close() {
        if descriptor >= 0 { Glibc.close(descriptor) }
        descriptor = -1
    }

    // MARK: - Places

    private func name(_ number: Int) -> Bytes {
        number == 0 ? path : path + Bytes(text: ".") + Bytes(decimal: number)
    }

    /// Opens what lies at the path, or makes it, and makes sure that it is ours to write to.
    private mutating func take() throws(RecordingFailure) {
        let opened = try open(O_CREAT)
        do throws(RecordingFailure) {
            size = try check(opened, path)
            guard oz_lock_exclusive(opened) == 0 else { throw .inUse }
        } catch {
            Glibc.close(opened)
            throw error
        }
        descriptor = opened
    }

    private func open(_ more: Int32) throws(RecordingFailure) -> Int32 {
        // Without waiting, so that a pipe at the path can't hold us; it is refused right after.
        let flags = O_RDWR | O_APPEND | O_CLOEXEC | O_NONBLOCK | O_NOCTTY | more
        let opened = withPath(path) { Glibc.open($0, flags, 0o600) }
        guard opened >= 0 else { throw .system(errno) }
        return opened
    }

    /// The size of a plain file that is empty or begins as a recording.
    private func check(_ opened: Int32, _ path: Bytes) throws(RecordingFailure) -> Int {
        var status = stat()
        guard fstat(opened, &status) == 0 else { throw .system(errno) }
        guard status.st_mode & S_IFMT == S_IFREG else { throw .notAFile }
        guard status.st_size > 0 else { return 0 }
        let mark = Bytes(text: RecordingFormat.mark)
        var front = Bytes(repeating: 0, count: mark.count)
        let count = front.withUnsafeMutableBytes { pread(opened, $0.baseAddress, $0.count, 0) }
        guard count == mark.count, front == mark else { throw .foreign(path) }
        return Int(status.st_size)
    }

    // MARK: - Moving on

    /// The sizes of the older segments that are there, newest first, without a gap.
    private func older() throws(RecordingFailure) -> [Int] {
        var sizes: [Int] = []
        while sizes.count < 10_000 {
            let place = name(sizes.count &+ 1)
            let opened = withPath(place) { Glibc.open($0, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY) }
            guard opened >= 0 else {
                if errno == ENOENT { break }
                throw .system(errno)
            }
            defer { Glibc.close(opened) }
            sizes.append(try check(opened, place))
        }
        return sizes
    }

    /// Removes the oldest until the others, the segment at the path and the next one fit.
    private func makeRoom(for next: Int) throws(RecordingFailure) {
        let sizes = try older()
        var sum = size &+ next
        var kept = 0
        for size in sizes {
            sum &+= size
            guard sum <= limit, kept < Self.olderMax &- 1 else { break }
            kept &+= 1
        }
        for number in stride(from: sizes.count, to: kept, by: -1) {
            guard withPath(name(number), { unlink($0) }) == 0 else { throw .system(errno) }
        }
    }

    /// Every segment gets the next number, and the path is free for a new one.
    private mutating func moveOn() throws(RecordingFailure) {
        let count = try older().count
        for number in stride(from: count, through: 0, by: -1) {
            let moved = withPath(name(number)) { from in
                withPath(name(number &+ 1)) { to in oz_rename_noreplace(AT_FDCWD, from, AT_FDCWD, to) }
            }
            guard moved == 0 else { throw .system(-moved) }
        }
        let next = try open(O_CREAT | O_EXCL)
        guard oz_lock_exclusive(next) == 0 else {
            Glibc.close(next)
            throw .inUse
        }
        close()
        descriptor = next
        size = 0
    }

    private func withPath<Result>(_ path: Bytes, _ body: (UnsafePointer<CChar>) -> Result) -> Result {
        let characters = path.map { CChar(bitPattern: $0) } + [0]
        return characters.withUnsafeBufferPointer { buffer in
            var empty: CChar = 0
            return withUnsafePointer(to: &empty) { body(buffer.baseAddress ?? $0) }
        }
    }
}
