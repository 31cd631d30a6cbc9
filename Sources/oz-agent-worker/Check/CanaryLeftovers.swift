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

    /// This process adopts what loses its parent below it, so whatever the worker left is among its children now.
    func processes(besides plane: pid_t) -> CheckStep {
        let deadline = CanaryWaiting.deadline(seconds: 5)
        while case let left = living(besides: plane), !left.isEmpty {
            guard oz_clock_boottime() < deadline else { return processesLeft(left) }
            // The last of them may be dying: their ends come as signals.
            let soon = oz_clock_boottime() &+ CanaryWaiting.second / 20
            _ = try? waiting.wait(for: nil, until: soon)
        }
        return CheckStep(
            "processes", .fine, "none is left: no agent, no command, no supervisor",
            facts: [JSONMember("left", .array([]))])
    }

    private func living(besides plane: pid_t) -> [pid_t] {
        Orphans.children().filter { $0 != plane }.filter { pid in
            var reaped = oz_reaped()
            return oz_reap_pid(pid, &reaped) == 0
        }
    }

    private func processesLeft(_ left: [pid_t]) -> CheckStep {
        let names = left.map { pid in
            let name = (try? HostFile.read("/proc/\(pid)/comm").get())?.trimmed().text ?? "?"
            return "\(name) (\(pid))"
        }
        for pid in left { Orphans.kill(pid) }
        let words = "\(names.joined(separator: ", ")) outlived the worker; killed now"
        return CheckStep(
            "processes", .failed(.unavailable), words, advice: "see what the commands of the configuration start",
            facts: [JSONMember("left", .array(names.map(JSON.string)))])
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
            name, .failed(.unavailable), words, advice: "the log below this directory's owner may say why",
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
        guard
            let directory = (path + [0]).withUnsafeBytes({ raw in
                raw.baseAddress.flatMap { opendir($0.assumingMemoryBound(to: CChar.self)) }
            })
        else { return [] }
        defer { closedir(directory) }
        var names: [Bytes] = []
        while let entry = readdir(directory) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) { Bytes($0.prefix { $0 != 0 }) }
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
