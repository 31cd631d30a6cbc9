// What lives below the check. It adopts what loses its parent there, so whatever the worker left descends from it.

import CLinux
import Codecs
import Glibc
import Interpreter

struct CanaryProcesses {
    static let supervisor = "oz-supervisor"

    let waiting: CanaryWaiting
    /// The control plane of the check, which is meant to live.
    let plane: pid_t

    struct Living {
        let pid: pid_t
        let parent: pid_t
        let name: String

        var words: String { "\(name) (\(pid))" }
        var isSupervisor: Bool { name == CanaryProcesses.supervisor }
    }

    /// The last of them may be dying.
    func waitUntilGone(seconds: Int64) {
        let deadline = CanaryWaiting.deadline(seconds: seconds)
        while !adopted().isEmpty, oz_clock_boottime() < deadline { pause() }
    }

    /// Whoever dies leaves its own children to us. `spared` and what is below them is left alone.
    func kill(sparing spared: [pid_t] = []) {
        let deadline = CanaryWaiting.deadline(seconds: 5)
        while case let children = adopted().filter({ !spared.contains($0) }), !children.isEmpty,
            oz_clock_boottime() < deadline
        {
            for pid in children { Orphans.kill(pid) }
            pause()
        }
    }

    func descendants() -> [Living] {
        let all = HostFile.names(in: Bytes(text: "/proc")).compactMap { Self.living($0) }
        return below([getpid()], all).filter { $0.pid != plane }
    }

    /// The process and all that descends from it.
    func tree(_ root: Living, in all: [Living]) -> [Living] { [root] + below([root.pid], all) }

    private func below(_ roots: Set<pid_t>, _ all: [Living]) -> [Living] {
        var found: [Living] = []
        var parents = roots
        while !parents.isEmpty {
            let next = all.filter { parents.contains($0.parent) && $0.pid != plane }
            found += next
            parents = Set(next.map(\.pid))
        }
        return found
    }

    /// Ends come as signals.
    private func pause() {
        _ = try? waiting.wait(for: nil, until: oz_clock_boottime() &+ CanaryWaiting.second / 20)
    }

    /// Our children that live; dead ones are reaped on the way. Who has died between the list and the reaping has left
    /// its own children to us only then, so the list counts once nobody had to be reaped.
    private func adopted() -> [pid_t] {
        var living: [pid_t] = []
        for _ in 0..<Self.mostPasses {
            let children = Orphans.children().filter { $0 != plane }
            living = children.filter { pid in
                var reaped = oz_reaped()
                return oz_reap_pid(pid, &reaped) == 0
            }
            if living.count == children.count { break }
        }
        return living
    }

    /// Something that forks and dies on and on is looked at again soon enough.
    private static let mostPasses = 100

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
}
