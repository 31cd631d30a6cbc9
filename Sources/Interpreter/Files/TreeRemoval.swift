// Removes a directory and all in it, a bounded piece at a time.
//
// Follows no link: every step is relative to an open directory. Stays on the mount that it began on: what is mounted
// below is somebody else's, and is left, which fails the removal. Directories without permissions are given them, as
// far as they are ours. A tree of any depth is removed with a bounded number of descriptors: a directory that lies too
// deep is moved up to the root of the tree and removed from there.

import CLinux
import Codecs
import Effects
import Glibc

final class TreeRemoval {
    /// Open directories above each other.
    private static let deepest = 24
    /// Walks of one directory that is never empty.
    private static let passes = 1_000

    private struct Level {
        let directory: OpaquePointer
        /// Its name in the directory above; empty for the root.
        let name: Bytes
        var removed = 0
        var pass = 1
        /// Something stays in it, so it can't be removed itself.
        var isKept = false

        var descriptor: Int32 { dirfd(directory) }
    }

    private let path: Bytes
    private var levels: [Level] = []
    private var hasBegun = false
    private var mount = Mount()
    private var moved: UInt64 = 0
    private var problem: FileProblem?

    init(_ path: Bytes) {
        self.path = path
    }

    deinit {
        for level in levels { closedir(level.directory) }
    }

    /// Does some of the work. Nil while there is more to do.
    func step(entries: Int) -> Result<Void, FileProblem>? {
        if !hasBegun {
            hasBegun = true
            begin()
        }
        for _ in 0..<entries {
            guard !levels.isEmpty else { return problem.map { .failure($0) } ?? .success(()) }
            advance()
        }
        return levels.isEmpty ? problem.map { .failure($0) } ?? .success(()) : nil
    }

    private func begin() {
        do throws(FileProblem) {
            var trimmed = path
            while trimmed.count > 1, trimmed.last == 0x2f { trimmed.removeLast() }
            try enter(trimmed, of: AT_FDCWD, name: [])
        } catch {
            if error.errno == ENOENT { return }
            guard error.errno == ENOTDIR || error.errno == ELOOP else { return note(error) }
            // No directory, or a link to one: the name is all that is removed.
            let failed = (try? FileNames.with(path) { unlink($0) == 0 ? 0 : errno }) ?? EINVAL
            if failed != 0, failed != ENOENT { note(FileProblem(failed)) }
        }
    }

    /// One entry of the deepest open directory, or its end.
    private func advance() {
        let top = levels.count - 1
        guard let entry = readdir(levels[top].directory) else { return finishLevel() }
        let name = FileNames.name(of: entry)
        if name == [0x2e] || name == [0x2e, 0x2e] { return }
        let isDirectory = entry.pointee.d_type == UInt8(DT_DIR)
        do throws(FileProblem) {
            if isDirectory {
                try removeDirectory(name)
            } else {
                try removeEntry(name)
            }
        } catch {
            // Gone in the meantime is as good as removed.
            guard error.errno != ENOENT else { return }
            levels[top].isKept = true
            note(error)
        }
    }

    private func removeEntry(_ name: Bytes) throws(FileProblem) {
        let top = levels.count - 1
        let descriptor = levels[top].descriptor
        let failed = try FileNames.with(name) { unlinkat(descriptor, $0, 0) == 0 ? 0 : errno }
        if failed == 0 {
            levels[top].removed += 1
        } else if failed == EISDIR || failed == EPERM {
            // A file system that does not say in its entries what is a directory.
            do throws(FileProblem) {
                try removeDirectory(name)
            } catch {
                throw error.errno == ENOTDIR ? FileProblem(failed) : error
            }
        } else {
            throw FileProblem(failed)
        }
    }

    private func removeDirectory(_ name: Bytes) throws(FileProblem) {
        let top = levels.count - 1
        // Most are found empty when they are come to again, and some are from the start.
        if levels.count < Self.deepest { return try enter(name, of: levels[top].descriptor, name: name) }
        try moveUp(name, from: levels[top].descriptor)
        levels[top].removed += 1
    }

    /// Opens a directory and goes on in it.
    private func enter(_ path: Bytes, of parent: Int32, name: Bytes) throws(FileProblem) {
        let descriptor = try open(path, of: parent)
        do throws(FileProblem) {
            let status = try FileStatus(of: descriptor)
            let place = Mount(of: descriptor, device: status.device)
            if levels.isEmpty { mount = place }
            guard place == mount else { throw FileProblem(EBUSY) }
            if status.permissions & 0o700 != 0o700 { _ = fchmod(descriptor, status.permissions | 0o700) }
        } catch {
            close(descriptor)
            throw error
        }
        guard let directory = fdopendir(descriptor) else {
            let problem = FileProblem.last
            close(descriptor)
            throw problem
        }
        levels.append(Level(directory: directory, name: name))
    }

    private func open(_ path: Bytes, of parent: Int32) throws(FileProblem) -> Int32 {
        let flags = O_RDONLY | O_DIRECTORY | O_NONBLOCK
        let descriptor = try FileNames.with(path) { oz_open_nofollow(parent, $0, flags, 0) }
        if descriptor >= 0 { return descriptor }
        guard descriptor == -EACCES else { throw FileProblem(0 &- descriptor) }
        // Not readable: opened without reading, given permissions by that very descriptor, and tried once more.
        let pathOnly: Int32 = 0o10000000
        let handle = try FileNames.with(path) { oz_open_nofollow(parent, $0, pathOnly | O_DIRECTORY, 0) }
        guard handle >= 0 else { throw FileProblem(0 &- handle) }
        defer { close(handle) }
        guard chmod("/proc/self/fd/\(handle)", 0o700) == 0 else { throw FileProblem(EACCES) }
        let again = try FileNames.with(path) { oz_open_nofollow(parent, $0, flags, 0) }
        guard again >= 0 else { throw FileProblem(0 &- again) }
        return again
    }

    /// To the root of the tree, under a name of our own, to be found there when the root is walked again.
    private func moveUp(_ name: Bytes, from parent: Int32) throws(FileProblem) {
        let root = levels[0].descriptor
        let source = name + [0]
        guard !name.contains(0) else { throw FileProblem(EINVAL) }
        // Another tree's entries may have such names; a few tries find a free one.
        for _ in 0..<1_000 {
            moved &+= 1
            let target = Bytes(text: ".oz-removing-\(moved)")
            let failed = try FileNames.with(target) { to in
                source.withUnsafeBytes { bytes in
                    bytes.baseAddress.map {
                        0 &- oz_rename_noreplace(parent, $0.assumingMemoryBound(to: CChar.self), root, to)
                    } ?? EINVAL
                }
            }
            if failed == 0 {
                levels[0].removed += 1
                return
            }
            // What may not be read may not be moved either.
            if failed == EACCES { close(try open(name, of: parent)) }
            guard failed == EEXIST || failed == EACCES else { throw FileProblem(failed) }
        }
        throw FileProblem(EEXIST)
    }

    /// The deepest open directory was walked to its end: it is removed, or walked again where it is not empty yet.
    private func finishLevel() {
        let top = levels.count - 1
        let level = levels[top]
        let (parent, name) = top > 0 ? (levels[top - 1].descriptor, level.name) : (AT_FDCWD, path)
        let failed = level.isKept ? ENOTEMPTY : remove(name, of: parent)
        // Entries that are removed while it is walked can hide others; what was moved up is new in the root.
        if failed != 0, level.removed > 0, level.pass < Self.passes {
            levels[top].removed = 0
            levels[top].pass += 1
            levels[top].isKept = false
            return rewinddir(level.directory)
        }
        levels.removeLast()
        closedir(level.directory)
        if failed != 0, !level.isKept { note(FileProblem(failed)) }
        guard top > 0 else { return }
        if failed == 0 { levels[top - 1].removed += 1 } else { levels[top - 1].isKept = true }
    }

    /// An empty directory; zero or an errno.
    private func remove(_ name: Bytes, of parent: Int32) -> Int32 {
        let failed = (try? FileNames.with(name) { unlinkat(parent, $0, AT_REMOVEDIR) == 0 ? 0 : errno }) ?? EINVAL
        return failed == ENOENT ? 0 : failed
    }

    /// The first problem is the one that is told.
    private func note(_ problem: FileProblem) {
        if self.problem == nil { self.problem = problem }
    }
}

/// Which mount a directory lies on. Bind mounts share the device of what they show, so the kernel's own number of the
/// mount is asked for, where it is told.
private struct Mount: Equatable {
    private let device: dev_t
    private let number: Bytes

    init() {
        device = 0
        number = []
    }

    init(of descriptor: Int32, device: dev_t) {
        self.device = device
        number = Self.number(of: descriptor)
    }

    private static func number(of descriptor: Int32) -> Bytes {
        var number: UInt64 = 0
        if oz_mount_number(descriptor, &number) == 0 { return withUnsafeBytes(of: number) { Bytes($0) } }
        // Kernels before 5.8 tell it only here.
        let file = open("/proc/self/fdinfo/\(descriptor)", O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return [] }
        defer { close(file) }
        var text = Bytes(repeating: 0, count: 512)
        let count = text.withUnsafeMutableBytes { read(file, $0.baseAddress, $0.count) }
        for line in text.prefix(max(0, count)).split(separator: 0x0a) where line.hasPrefix("mnt_id:") {
            return Bytes(line)
        }
        return []
    }
}
