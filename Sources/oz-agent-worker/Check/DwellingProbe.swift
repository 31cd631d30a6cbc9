// Where a worker runs: what /proc and the files of systemd say. The worker that holds the state directory is asked
// about, and where there is none, the check itself, which may run in the place of one.

import Check
import Codecs
import Configuration
import Glibc

enum DwellingProbe {
    /// In the order in which systemd looks for a unit.
    private static let unitFolders = [
        "/etc/systemd/system.control", "/run/systemd/system.control", "/run/systemd/transient",
        "/etc/systemd/system", "/run/systemd/system", "/usr/local/lib/systemd/system", "/usr/lib/systemd/system",
        "/lib/systemd/system",
    ]
    private static let containerMarks = ["/.dockerenv", "/run/.containerenv", "/run/systemd/container"]

    static func look(worker: Bytes?, _ environment: [(name: Bytes, value: Bytes)]) -> Dwelling {
        let pid = worker.flatMap { Int(decimal: $0) }.map(String.init) ?? "self"
        let isWorkers = pid != "self"
        let isFirst = isWorkers ? pid == "1" : getpid() == 1
        if isFirst { return Dwelling(.firstProcess, isWorkers: isWorkers) }
        let groups = exists("/run/systemd/system") ? read("/proc/\(pid)/cgroup") : nil
        if let unit = groups.flatMap({ Dwelling.unit(inControlGroups: $0) }) {
            return Dwelling(.service(unit: unit, killMode: killMode(unit)), isWorkers: isWorkers)
        }
        let isInCluster = environment.contains { $0.name.equals("KUBERNETES_SERVICE_HOST") }
        let isContained = isInCluster || containerMarks.contains { exists($0) }
        return Dwelling(isContained ? .container : .plain, isWorkers: isWorkers)
    }

    private static func killMode(_ unit: String) -> String? {
        guard let whole = unitFolders.lazy.compactMap({ read("\($0)/\(unit)") }).first else { return nil }
        // A file in one folder hides its namesakes in those behind it.
        var additions: [String: Bytes] = [:]
        for folder in unitFolders.reversed() {
            for name in names("\(folder)/\(unit).d") where name.hasSuffix(".conf") {
                additions[name] = read("\(folder)/\(unit).d/\(name)")
            }
        }
        return Dwelling.killMode(in: [whole] + additions.sorted { $0.key < $1.key }.map(\.value))
    }

    private static func names(_ path: String) -> [String] {
        guard let folder = opendir(path) else { return [] }
        defer { closedir(folder) }
        var found: [String] = []
        while let entry = readdir(folder) {
            found.append(
                withUnsafeBytes(of: &entry.pointee.d_name) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) })
        }
        return found
    }

    private static func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }

    private static func read(_ path: String) -> Bytes? { try? HostSystem.read(Bytes(text: path)).get() }
}
