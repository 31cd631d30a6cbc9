// What must not be there any more once the worker has ended: processes, workspaces, files beside them.

import CLinux
import Check
import Codecs
import Configuration
import Glibc
import Interpreter

struct CanaryLeftovers {
    let nonce: String

    // MARK: Processes

    func steps(_ processes: CanaryProcesses) -> [CheckStep] {
        processes.waitUntilGone(seconds: 5)
        let left = processes.descendants()
        processes.kill()
        return [
            step("processes", left.filter { !$0.isSupervisor }, none: "no agent and no command is left"),
            step("supervisors", left.filter(\.isSupervisor), none: "no supervisor is left"),
        ]
    }

    private func step(_ name: String, _ left: [CanaryProcesses.Living], none: String) -> CheckStep {
        let names = left.map(\.words)
        let facts = [JSONMember("left", .array(names.map(JSON.string)))]
        if left.isEmpty { return CheckStep(name, .fine, none, facts: facts) }
        let words = "\(names.joined(separator: ", ")) outlived the worker; killed now"
        return CheckStep(
            name, .failed(.unavailable), words, advice: "see what the commands of the configuration start",
            facts: facts)
    }

    // MARK: Files

    func files(_ direct: DirectSettings, _ before: CanaryBefore, gitConfigs: [Bytes]) -> [CheckStep] {
        if let target = direct.targetDirectory {
            return [filesOfTarget(target, before: before.environmentFiles, gitConfigs: gitConfigs)]
        }
        defer { before.missing?.remove() }
        return [workspaces(below: direct.workspaceRoot)]
    }

    /// Names below the root that are the canary's, by themselves or by the mark that the stub left in them.
    private func workspaces(below root: Bytes) -> CheckStep {
        let left = HostFile.names(in: root).filter { name in
            if name.text.contains(nonce) { return true }
            let mark = root + [0x2F] + name + Bytes(text: "/\(CanaryGround.mark(nonce))")
            return HostFile.exists(mark)
        }
        return files("workspaces", left, none: "none is left below \(root.text)")
    }

    /// In a directory that all tasks share: the files that the worker laid into it.
    private func filesOfTarget(_ target: Bytes, before: [Bytes], gitConfigs: [Bytes]) -> CheckStep {
        let here = Self.environmentFiles(in: target).filter { !before.contains($0) }
        let left = here + gitConfigs.filter { HostFile.exists($0) }
        return files("files", left, none: "no file of the worker's own is left in \(target.text), nor beside it")
    }

    fileprivate static func environmentFiles(in target: Bytes) -> [Bytes] {
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

/// What was there before the canary, and what was not.
struct CanaryBefore {
    fileprivate let environmentFiles: [Bytes]
    fileprivate let missing: MissingDirectories?

    init(_ backend: CanaryRun.Backend) {
        switch backend {
        case .direct(let direct):
            environmentFiles = direct.targetDirectory.map { CanaryLeftovers.environmentFiles(in: $0) } ?? []
            missing = MissingDirectories(of: direct.workspaceRoot)
        case .command:
            environmentFiles = []
            missing = nil
        }
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

    /// Where a link leads; empty where that can't be read.
    static func target(_ path: String) -> Bytes {
        var target = Bytes(repeating: 0, count: 4_096)
        let count = target.withUnsafeMutableBytes { raw -> Int32 in
            guard let into = raw.baseAddress?.assumingMemoryBound(to: CChar.self) else { return 0 }
            let room = raw.count
            return with(Bytes(text: path)) { Int32(truncatingIfNeeded: readlink($0, into, room)) }
        }
        return Bytes(target.prefix(max(0, Int(count))))
    }

    private static func with(_ path: Bytes, _ body: (UnsafePointer<CChar>) -> Int32) -> Int32 {
        (path + [0]).withUnsafeBytes { raw in
            raw.baseAddress.map { body($0.assumingMemoryBound(to: CChar.self)) } ?? -1
        }
    }
}
