// Looks at a state directory and leaves it as it is: neither the lock is taken nor an id made, so that a worker that
// starts in this moment does not notice.

import CLinux
import Check
import Codecs
import Glibc

public func probeState(path: Bytes, origin: StateRecord.Origin, givenID: Bytes?) -> StateRecord {
    let found = answered(within: StateDirectory.patience) { StateDirectory.look(path) }
    let silent = StateDirectory.Problem.silent(path: path).words
    return StateRecord(
        path: path, origin: origin, finding: found?.finding ?? .unusable(silent), givenID: givenID, keptID: found?.id)
}

extension StateDirectory {
    fileprivate typealias Look = (finding: StateRecord.Finding, id: Bytes?)

    fileprivate static func look(_ path: Bytes) -> Look {
        let directory = withPath(path) { open($0, O_RDONLY | O_DIRECTORY | O_CLOEXEC) }
        guard directory >= 0 else { return (errno == ENOENT ? absent(path) : unusable(path, errno), nil) }
        defer { close(directory) }
        let id = line(directory, identityFile).flatMap { isSound($0) ? $0 : nil }
        let lock = openat(directory, lockFile, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)
        if lock >= 0 {
            defer { close(lock) }
            if oz_is_locked(lock) == 1 { return (.held(by: content(of: lock)), id) }
            guard faccessat(directory, lockFile, R_OK | W_OK, AT_EACCESS) == 0 else {
                return (unusable(path, errno), id)
            }
        }
        guard faccessat(directory, ".", R_OK | W_OK | X_OK, AT_EACCESS) == 0 else {
            return (unusable(path, errno), id)
        }
        return (LocalPlaces.look(path).isLocal ? .usable : .remote, id)
    }

    private static func line(_ directory: Int32, _ name: String) -> Bytes? {
        let file = openat(directory, name, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard file >= 0 else { return nil }
        defer { close(file) }
        return content(of: file)
    }

    /// Whether it could be made is a matter of the first directory above it that is there.
    private static func absent(_ path: Bytes) -> StateRecord.Finding {
        var above = path
        while let slash = above.lastIndex(of: 0x2f) {
            above = Bytes(above[..<slash])
            let place = above.isEmpty ? Bytes(text: "/") : above
            if withPath(place, { faccessat(AT_FDCWD, $0, W_OK | X_OK, AT_EACCESS) }) == 0 { return .absent }
            guard errno == ENOENT else { return unusable(path, errno) }
        }
        let here = withPath(Bytes(text: "."), { faccessat(AT_FDCWD, $0, W_OK | X_OK, AT_EACCESS) })
        return here == 0 ? .absent : unusable(path, errno)
    }

    private static func unusable(_ path: Bytes, _ number: Int32) -> StateRecord.Finding {
        .unusable(Problem.unusable(path: path, errno: number).words)
    }
}
