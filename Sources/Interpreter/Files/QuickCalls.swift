// The calls that take no time worth speaking of where the file system answers by itself.

import CLinux
import Codecs
import Effects
import Glibc

enum QuickCalls {
    private static let agentName = Bytes(text: "oz")

    /// Makes the call, on whichever thread.
    static func answer(_ id: EffectID, _ call: FilesCall, searchPath: Bytes) -> FilesEvent {
        do throws(FilesProblem) {
            switch call {
            case .findExecutable(let path): return .found(id, path: try findExecutable(path, searchPath: searchPath))
            case .checkDirectory(let path): try checkDirectory(path)
            case .prepareRoot(let path): try prepareRoot(path)
            case .makeDirectory(let path): try makeDirectory(path)
            case .makeFile(let path): try makeFile(path)
            case .rename(let from, let to): try rename(from, to)
            case .removeFile(let path): try removeFile(path)
            case .removeEmptyDirectory(let path): try removeEmptyDirectory(path)
            // Neither is quick, and neither comes here.
            case .removeTree, .readEnvironment: return .failed(id, .system(errno: ENOSYS))
            }
            return .done(id)
        } catch {
            switch error {
            case .exists: return .exists(id)
            case .failure(let failure): return .failed(id, failure)
            }
        }
    }

    /// The path given, else `oz` on the search path; absolute, since it is run from another directory.
    static func findExecutable(_ path: Bytes?, searchPath: Bytes) throws(FilesProblem) -> Bytes {
        if let path {
            try checkExecutable(path)
            return try absolute(path)
        }
        var problem = FilesProblem.failure(.notFound)
        for directory in searchPath.split(separator: 0x3a, omittingEmptySubsequences: false) {
            // An empty part means the working directory, by old custom.
            let candidate = FileNames.join(directory.isEmpty ? [0x2e] : Bytes(directory), agentName)
            do {
                try checkExecutable(candidate)
                return try absolute(candidate)
            } catch {
                if case .failure(.notExecutable) = error { problem = error }
            }
        }
        throw problem
    }

    private static func checkExecutable(_ path: Bytes) throws(FilesProblem) {
        let status = try attempt { () throws(FileProblem) in try FileStatus(of: path) }
        guard status.isPlainFile else { throw .failure(.notExecutable) }
        let allowed = try attempt { () throws(FileProblem) in try FileNames.with(path) { may($0, X_OK) } }
        // Root may run nothing that nobody may run.
        guard allowed, status.permissions & 0o111 != 0 else { throw .failure(.notExecutable) }
    }

    /// As the process acts, not as who started it.
    private static func may(_ path: UnsafePointer<CChar>, _ what: Int32) -> Bool {
        faccessat(AT_FDCWD, path, what, AT_EACCESS) == 0
    }

    private static func absolute(_ path: Bytes) throws(FilesProblem) -> Bytes {
        if path.first == 0x2f { return path }
        var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
        guard getcwd(&buffer, buffer.count) != nil else { throw .failure(FileProblem.last.failure) }
        let directory = buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
        return FileNames.join(directory, path)
    }

    static func checkDirectory(_ path: Bytes) throws(FilesProblem) {
        let status = try attempt { () throws(FileProblem) in try FileStatus(of: path) }
        guard status.isDirectory else { throw .failure(.notADirectory) }
    }

    static func prepareRoot(_ path: Bytes) throws(FilesProblem) {
        try attempt { () throws(FileProblem) in try makeParents(path) }
        try checkDirectory(path)
        let writable = try attempt { () throws(FileProblem) in
            try FileNames.with(path) { may($0, W_OK | X_OK) ? 0 : errno }
        }
        guard writable == 0 else { throw .failure(.system(errno: writable)) }
    }

    /// The directory and those above it, as far as they are missing.
    private static func makeParents(_ path: Bytes) throws(FileProblem) {
        // Mostly all are there, or only the last is not.
        let made = try FileNames.with(path) { mkdir($0, 0o700) == 0 ? 0 : errno }
        if made == 0 || made == EEXIST { return }
        var prefix = Bytes()
        for part in path.split(separator: 0x2f, omittingEmptySubsequences: false) {
            prefix =
                prefix.isEmpty && part.isEmpty
                ? [0x2f] : prefix.isEmpty ? Bytes(part) : FileNames.join(prefix, Bytes(part))
            guard !part.isEmpty else { continue }
            let made = try FileNames.with(prefix) { mkdir($0, 0o700) == 0 ? 0 : errno }
            // What can't be made but is there will do: a root that is read-only, a directory that others own.
            if made != 0, made != EEXIST, (try? FileStatus(of: prefix))?.isDirectory != true {
                throw FileProblem(made)
            }
        }
    }

    static func makeDirectory(_ path: Bytes) throws(FilesProblem) {
        let made = try attempt { () throws(FileProblem) in
            try FileNames.with(path) { mkdir($0, 0o700) == 0 ? 0 : errno }
        }
        try exclusive(made)
    }

    static func makeFile(_ path: Bytes) throws(FilesProblem) {
        let flags = O_WRONLY | O_CREAT | O_EXCL
        let made = try attempt { () throws(FileProblem) in
            try FileNames.with(path) { oz_open_nofollow(AT_FDCWD, $0, flags, 0o600) }
        }
        if made >= 0 { close(made) }
        try exclusive(made >= 0 ? 0 : 0 &- made)
    }

    static func rename(_ from: Bytes, _ to: Bytes) throws(FilesProblem) {
        let failed = try attempt { () throws(FileProblem) -> Int32 in
            // One call inside the other can't throw through C, so the second path is made ready first.
            let target = to + [0]
            guard !to.isEmpty, !to.contains(0) else { throw FileProblem(EINVAL) }
            return try FileNames.with(from) { source in
                target.withUnsafeBytes { bytes in
                    guard let place = bytes.baseAddress?.assumingMemoryBound(to: CChar.self) else { return EINVAL }
                    return move(source, place)
                }
            }
        }
        try exclusive(failed)
    }

    /// Zero or an errno. Some file systems can't promise to replace nothing; there it is looked before it is done.
    private static func move(_ from: UnsafePointer<CChar>, _ to: UnsafePointer<CChar>) -> Int32 {
        let failed = 0 &- oz_rename_noreplace(AT_FDCWD, from, AT_FDCWD, to)
        guard failed == EINVAL || failed == ENOSYS || failed == EOPNOTSUPP else { return failed }
        var status = stat()
        if lstat(to, &status) == 0 { return EEXIST }
        return Glibc.rename(from, to) == 0 ? 0 : errno
    }

    static func removeFile(_ path: Bytes) throws(FilesProblem) {
        let failed = try attempt { () throws(FileProblem) in
            try FileNames.with(path) { unlink($0) == 0 ? 0 : errno }
        }
        guard failed == 0 || failed == ENOENT else { throw .failure(.system(errno: failed)) }
    }

    static func removeEmptyDirectory(_ path: Bytes) throws(FilesProblem) {
        let failed = try attempt { () throws(FileProblem) in
            try FileNames.with(path) { rmdir($0) == 0 ? 0 : errno }
        }
        // Some file systems say of one that holds something that it exists.
        if failed == ENOTEMPTY || failed == EEXIST { throw .exists }
        guard failed == 0 || failed == ENOENT else { throw .failure(.system(errno: failed)) }
    }

    private static func exclusive(_ failed: Int32) throws(FilesProblem) {
        if failed == EEXIST { throw .exists }
        if failed != 0 { throw .failure(FileProblem(failed).failure) }
    }

    private static func attempt<Result>(_ body: () throws(FileProblem) -> Result) throws(FilesProblem) -> Result {
        do {
            return try body()
        } catch {
            throw .failure(error.failure)
        }
    }
}

extension FilesCall {
    /// The path by which the call is made here or beside the loop.
    var place: Bytes {
        switch self {
        case .findExecutable(let path): path ?? []
        case .checkDirectory(let path), .prepareRoot(let path), .makeDirectory(let path), .makeFile(let path),
            .readEnvironment(let path), .removeFile(let path), .removeEmptyDirectory(let path), .removeTree(let path):
            path
        case .rename(let from, _): from
        }
    }
}

enum FilesProblem: Error, Equatable {
    case exists
    case failure(FileFailure)
}
