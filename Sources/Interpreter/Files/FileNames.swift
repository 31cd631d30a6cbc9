// Paths between bytes and C, and errno between C and the vocabulary.

import Codecs
import Effects
import Glibc

enum FileNames {
    /// Calls with the path as C has it; EINVAL where it holds a NUL, which would cut it short.
    static func with<Result>(_ path: Bytes, _ body: (UnsafePointer<CChar>) -> Result) throws(FileProblem) -> Result {
        guard !path.isEmpty, !path.contains(0) else { throw FileProblem(path.isEmpty ? ENOENT : EINVAL) }
        let result = (path + [0]).withUnsafeBytes { bytes in
            bytes.baseAddress.map { body($0.assumingMemoryBound(to: CChar.self)) }
        }
        guard let result else { throw FileProblem(EINVAL) }
        return result
    }

    /// The name in a directory's entry, which is often shorter than the structure's declaration.
    static func name(of entry: UnsafeMutablePointer<dirent>) -> Bytes {
        let offset = MemoryLayout<dirent>.offset(of: \.d_name) ?? 0
        let start = UnsafeRawPointer(entry) + offset
        return Bytes(UnsafeRawBufferPointer(start: start, count: strlen(start.assumingMemoryBound(to: CChar.self))))
    }

    static func join(_ directory: Bytes, _ name: Bytes) -> Bytes {
        directory.last == 0x2f ? directory + name : directory + [0x2f] + name
    }
}

/// The errno of a call that failed.
struct FileProblem: Error, Equatable {
    let errno: Int32

    init(_ errno: Int32) {
        self.errno = errno
    }

    /// That of the call just made.
    static var last: FileProblem { FileProblem(Glibc.errno) }

    var failure: FileFailure {
        switch errno {
        case ENOENT: .notFound
        case ENOTDIR: .notADirectory
        default: .system(errno: errno)
        }
    }
}

/// The kind and the permissions of a file.
struct FileStatus {
    let kind: mode_t
    let permissions: mode_t
    let device: dev_t
    let size: Int

    private init(_ status: stat) {
        kind = status.st_mode & S_IFMT
        permissions = status.st_mode & 0o7777
        device = status.st_dev
        size = Int(status.st_size)
    }

    /// Follows links.
    init(of path: Bytes) throws(FileProblem) {
        var status = stat()
        guard try FileNames.with(path, { stat($0, &status) }) == 0 else { throw .last }
        self.init(status)
    }

    init(of descriptor: Int32) throws(FileProblem) {
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw .last }
        self.init(status)
    }

    var isDirectory: Bool { kind == S_IFDIR }
    var isPlainFile: Bool { kind == S_IFREG }
}
