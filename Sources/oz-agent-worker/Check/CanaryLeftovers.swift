// What must not be there any more once the worker has ended: processes, workspaces, files beside them.

import CLinux
import Check
import Codecs
import Configuration
import Glibc
import Interpreter

struct CanaryLeftovers {
    let waiting: CanaryWaiting
    let nonce: String

    // MARK: Processes

    private struct Living {
        let pid: pid_t
        let parent: pid_t
        let name: String
    }

    private static let supervisor = "oz-supervisor"

    /// This process adopts what loses its parent below it, so whatever the worker left is a descendant of it now.
    func processes(besides plane: pid_t) -> [CheckStep] {
        let deadline = CanaryWaiting.deadline(seconds: 5)
        // The last of them may be dying.
        while !adopted(besides: plane).isEmpty, oz_clock_boottime() < deadline { pause() }
        let left = descendants(besides: plane)
        let killed = CanaryWaiting.deadline(seconds: 5)
        // Whoever dies leaves its own children to us.
        while case let children = adopted(besides: plane), !children.isEmpty, oz_clock_boottime() < killed {
            for pid in children { Orphans.kill(pid) }
            pause()
        }
        return [
            step("processes", left.filter { $0.name != Self.supervisor }, none: "no agent and no command is left"),
            step("supervisors", left.filter { $0.name == Self.supervisor }, none: "no supervisor is left"),
        ]
    }

    /// Ends come as signals.
    private func pause() {
        _ = try? waiting.wait(for: nil, until: oz_clock_boottime() &+ CanaryWaiting.second / 20)
    }

    /// Our children that live; dead ones are reaped on the way.
    private func adopted(besides plane: pid_t) -> [pid_t] {
        Orphans.children().filter { $0 != plane }.filter { pid in
            var reaped = oz_reaped()
            return oz_reap_pid(pid, &reaped) == 0
        }
    }

    private func descendants(besides plane: pid_t) -> [Living] {
        let all = HostFile.names(in: Bytes(text: "/proc")).compactMap { Self.living($0) }
        var found: [Living] = []
        var parents: Set<pid_t> = [getpid()]
        while !parents.isEmpty {
            let next = all.filter { parents.contains($0.parent) && $0.pid != plane }
            found += next
            parents = Set(next.map(\.pid))
        }
        return found
    }

    /// Out of `PID (NAME) STATE PARENT ...`; the name may hold anything.
    private static func living(_ name: Bytes) -> Living? {
        guard let pid = pid_t(decimal: name), let stat = try? HostFile.read("/proc/\(pid)/stat").get(),
            let open = stat.firstIndex(of: 0x28), let close = stat.lastIndex(of: 0x29), open < close
        else { return nil }
        let fields = stat[(close + 1)...].split(separator: 0x20)
        guard fields.count > 1, fields[0].first != UInt8(ascii: "Z"), let parent = pid_t(decimal: fields[1]) else {
            return nil
        }
        return Living(pid: pid, parent: parent, name: stat[(open + 1)..<close].text)
    }

    private func step(_ name: String, _ left: [Living], none: String) -> CheckStep {
        let names = left.map { "\($0.name) (\($0.pid))" }
        let facts = [JSONMember("left", .array(names.map(JSON.string)))]
        if left.isEmpty { return CheckStep(name, .fine, none, facts: facts) }
        let words = "\(names.joined(separator: ", ")) outlived the worker; killed now"
        return CheckStep(
            name, .failed(.unavailable), words, advice: "see what the commands of the configuration start",
            facts: facts)
    }

    // MARK: Files

    /// Names below the root that are the canary's, by themselves or by the mark that the stub left in them.
    func workspaces(below root: Bytes) -> CheckStep {
        let left = HostFile.names(in: root).filter { name in
            if name.text.contains(nonce) { return true }
            let mark = root + [0x2F] + name + Bytes(text: "/\(CanaryGround.mark(nonce))")
            return HostFile.exists(mark)
        }
        return files("workspaces", left, none: "none is left below \(root.text)")
    }

    /// In a directory that all tasks share: the files that the worker laid into it.
    func filesOfTarget(_ target: Bytes, before: [Bytes], gitConfigs: [Bytes]) -> CheckStep {
        let here = Self.environmentFiles(in: target).filter { !before.contains($0) }
        let left = here + gitConfigs.filter { HostFile.exists($0) }
        return files("files", left, none: "no file of the worker's own is left in \(target.text), nor beside it")
    }

    static func environmentFiles(in target: Bytes) -> [Bytes] {
        HostFile.names(in: target).filter { $0.hasPrefix("oz-env-") }
    }

    private func files(_ name: String, _ left: [Bytes], none: String) -> CheckStep {
        let facts = [JSONMember("left", .array(left.map(JSON.string)))]
        if left.isEmpty { return CheckStep(name, .fine, none, facts: facts) }
        let words = "left behind: \(left.map(\.text).joined(separator: ", "))"
        return CheckStep(
            name, .failed(.unavailable), words,
            advice: "see what the commands of the configuration make, and remove it",
            facts: facts)
    }
}

/// Small looks at the host's files.
enum HostFile {
    static func read(_ path: String) -> Result<Bytes, FileProblem> { HostSystem.read(Bytes(text: path)) }

    static func exists(_ path: Bytes) -> Bool {
        with(path) { access($0, F_OK) } == 0
    }

    static func names(in path: Bytes) -> [Bytes] {
        var directory: OpaquePointer?
        _ = with(path) { name in
            directory = opendir(name)
            return 0
        }
        guard let directory else { return [] }
        defer { closedir(directory) }
        var names: [Bytes] = []
        // An entry is often shorter than its structure, so the name is read where it lies.
        let offset = MemoryLayout<dirent>.offset(of: \.d_name) ?? 0
        while let entry = readdir(directory) {
            let start = (UnsafeRawPointer(entry) + offset).assumingMemoryBound(to: CChar.self)
            let name = Bytes(UnsafeRawBufferPointer(start: start, count: strlen(start)))
            if !name.equals("."), !name.equals("..") { names.append(name) }
        }
        return names
    }

    private static func with(_ path: Bytes, _ body: (UnsafePointer<CChar>) -> Int32) -> Int32 {
        (path + [0]).withUnsafeBytes { raw in
            raw.baseAddress.map { body($0.assumingMemoryBound(to: CChar.self)) } ?? -1
        }
    }
}
