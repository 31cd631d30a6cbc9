// The one reaper of the process, and the hunt for what a lost supervisor has left: its descendants are ours by then.

import CLinux
import Codecs
import Effects
import Glibc

extension ProcessExecutor {
    /// Children have ended (SIGCHLD): takes them all.
    func childrenChanged() {
        var reaped = oz_reaped()
        for _ in 0..<Self.reapedPerTurn {
            guard oz_reap_any(&reaped) > 0 else { return huntIfNeeded() }
            take(reaped)
        }
        loop.again { [weak self] in self?.childrenChanged() }
    }

    private func take(_ reaped: oz_reaped) {
        if leaving.remove(reaped.pid) != nil { return }
        if let channel = pool.forget(reaped.pid) {
            if channel.isWatched { loop.forget(channel.control) }
            return tidySoon()
        }
        if let (name, process) = kept.first(where: { $0.value.channel.pid == reaped.pid }) {
            // It was killed before it was dismissed: what it knew is known here.
            kept[name] = nil
            if process.channel.hasControl { loop.forget(process.channel.control) }
            return process.channel.closeControl()
        }
        guard let id = byPid[reaped.pid], let process = processes[id] else { return strangerEnded(reaped) }
        process.isReaped = true
        // It may have said all before it ended.
        if process.channel.hasControl { listen(process) }
        if process.channel.hasControl { lose(process) }
        tellSoon(process)
    }

    private func huntIfNeeded() {
        if processes.values.contains(where: { $0.needsHunt }) { hunt() }
    }

    /// Kills every child of ours that nobody knows, until there is none.
    func hunt() {
        let lost = processes.values.filter { $0.needsHunt }
        guard !lost.isEmpty else { return }
        let known = Set(pool.pids)
        let orphans = Orphans.children().filter { pid in
            byPid[pid] == nil && !leaving.contains(pid) && !known.contains(pid) && !isOthersChild(pid)
        }
        for pid in orphans { Orphans.kill(pid) }
        if orphans.isEmpty {
            huntPause = Self.firstHuntPause
            for process in lost {
                process.clear()
                tellSoon(process)
            }
        } else {
            // What can't die yet is asked ever more rarely; that something died is noticed at once.
            huntTimer?.due = Clock.now().after(.milliseconds(huntPause))
            huntPause = min(huntPause * 2, Self.longestHuntPause)
        }
    }
}
