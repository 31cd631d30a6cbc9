// The children of this process, as the kernel lists them: after a supervisor was lost, its descendants are among them,
// since the worker is a subreaper.

import Codecs
import Glibc

public enum Orphans {
    /// Direct children of this process.
    public static func children() -> [pid_t] {
        let list = "/proc/self/task/\(getpid())/children"
        guard let text = read(list) else { return search() }
        return text.split(separator: 0x20).compactMap { pid_t(decimal: $0) }
    }

    /// Kills one, and its group before it: a group can't fork its way out of a signal that goes to all of it at once.
    public static func kill(_ pid: pid_t) {
        let group = getpgid(pid)
        if group > 1, group != getpgrp() { _ = Glibc.kill(-group, SIGKILL) }
        _ = Glibc.kill(pid, SIGKILL)
    }

    /// For kernels without the list: every process is asked for its parent.
    private static func search() -> [pid_t] {
        guard let directory = opendir("/proc") else { return [] }
        defer { closedir(directory) }
        let own = getpid()
        var found: [pid_t] = []
        while let entry = readdir(directory) {
            guard let pid = pid_t(decimal: FileNames.name(of: entry)), parent(of: pid) == own else { continue }
            found.append(pid)
        }
        return found
    }

    /// The fourth field of stat; the second is a name in parentheses that may hold anything.
    private static func parent(of pid: pid_t) -> pid_t? {
        guard let text = read("/proc/\(pid)/stat"), let close = text.lastIndex(of: 0x29) else { return nil }
        let fields = text[(close &+ 1)...].split(separator: 0x20)
        return fields.count > 1 ? pid_t(decimal: fields[1]) : nil
    }

    private static func read(_ path: String) -> Bytes? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var text = Bytes()
        var piece = Bytes(repeating: 0, count: 4_096)
        while text.count < 1 << 20 {
            let count = piece.withUnsafeMutableBytes { Glibc.read(descriptor, $0.baseAddress, $0.count) }
            guard count > 0 else { break }
            text.append(contentsOf: piece.prefix(count))
        }
        return text
    }
}
