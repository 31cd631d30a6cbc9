// The journal's files in the state directory, as calls and what they fail with.
//
//     journal         what is read at a start, and written while the worker lives
//     journal.new     the next one, until it is whole and takes the other's name
//     journal.bad     the last one in which something was damaged, as it was found
//     journal.newer   one of a later format, as it was found

import Codecs
import Effects
import Glibc

/// One call of the file system did not do what it should: the errno.
struct JournalProblem: Error, Equatable {
    let errno: Int32

    static var last: JournalProblem { JournalProblem(errno: Glibc.errno) }
}

struct JournalFile: Sendable {
    private static let name = "journal"
    private static let next = "journal.new"
    private static let bad = "journal.bad"
    private static let newer = "journal.newer"
    /// Far more than a journal can grow to.
    private static let readMost = 512 << 20

    /// The state directory's, which is open as long as the process lives.
    let directory: Int32

    /// All of it; nil where there is none.
    func read() throws(JournalProblem) -> Bytes? {
        let file = openat(directory, Self.name, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard file >= 0 else {
            if errno == ENOENT { return nil }
            throw .last
        }
        defer { close(file) }
        var status = stat()
        guard fstat(file, &status) == 0 else { throw .last }
        guard status.st_mode & S_IFMT == S_IFREG else { throw JournalProblem(errno: EINVAL) }
        var content = Bytes()
        content.reserveCapacity(min(max(0, Int(status.st_size)), Self.readMost))
        var piece = Bytes(repeating: 0, count: 1 << 16)
        while content.count < Self.readMost {
            let count = piece.withUnsafeMutableBytes { Glibc.read(file, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw .last }
            if count == 0 { break }
            content.append(contentsOf: piece.prefix(count))
        }
        return content
    }

    /// The next one, whole and on the disk, but not under its name yet. The caller closes it.
    func prepare(_ content: JournalWriter) throws(JournalProblem) -> Int32 {
        // A file of our own, even where somebody still has an earlier one open.
        unlinkat(directory, Self.next, 0)
        let file = openat(
            directory, Self.next, O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard file >= 0 else { throw .last }
        do throws(JournalProblem) {
            if let problem = content.withBytes({ Self.write($0, to: file) }) { throw problem }
            try Self.sync(file)
        } catch {
            close(file)
            discard()
            throw error
        }
        return file
    }

    /// What was prepared takes the journal's name.
    func replace() throws(JournalProblem) {
        guard renameat(directory, Self.next, directory, Self.name) == 0 else { throw .last }
    }

    func discard() {
        unlinkat(directory, Self.next, 0)
    }

    /// That a name was given lasts only once this was done. A file system that has no such call says so, and can't be
    /// asked for more.
    func syncDirectory() throws(JournalProblem) {
        guard fsync(directory) == 0 || errno == EINVAL else { throw .last }
    }

    /// The damaged one gets a second name, in the place of an earlier one, so that the next one can take its first. A
    /// file system without second names keeps nothing.
    func keepBad() -> Bool {
        unlinkat(directory, Self.bad, 0)
        return linkat(directory, Self.name, directory, Self.bad, 0) == 0
    }

    /// What can't be read at all is laid aside too.
    func setAsideUnreadable() -> Bool {
        renameat(directory, Self.name, directory, Self.bad) == 0
    }

    func setAsideNewer() -> Bool {
        renameat(directory, Self.name, directory, Self.newer) == 0
    }

    // MARK: - Descriptors

    /// Nothing where all of it was written, or what it failed with; then a part of it may be there.
    static func write(_ bytes: UnsafeRawBufferPointer, to file: Int32) -> JournalProblem? {
        var done = 0
        while done < bytes.count {
            let count = Glibc.write(file, bytes.baseAddress.map { $0 + done }, bytes.count - done)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return count < 0 ? .last : JournalProblem(errno: ENOSPC) }
            done += count
        }
        return nil
    }

    static func sync(_ file: Int32) throws(JournalProblem) {
        guard fdatasync(file) == 0 else { throw .last }
    }
}
