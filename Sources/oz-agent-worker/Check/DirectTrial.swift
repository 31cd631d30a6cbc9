// The two canary tasks of the direct backend, whose agent is a stub that tells us when it runs.

import CLinux
import Check
import Codecs
import Glibc

final class DirectTrial: CanaryTrial {
    let names = ["worker", "task", "cancel", "protocol"]

    /// The setup command is part of it, and may take its time.
    private static let taskTime: Int64 = 300
    /// The ladder takes 10 s, and a death that can't be seen 60 s more.
    private static let cancelTime: Int64 = 90

    private let tasks: CanaryTasks
    private var heard = Bytes()
    /// Where the stub was told to find its git configuration.
    private(set) var gitConfigs: [Bytes] = []

    init(_ tasks: CanaryTasks) {
        self.tasks = tasks
    }

    func isOwed(_ name: String) -> Bool { false }

    func step(_ name: String) throws(CanaryTrouble) -> CheckStep {
        switch name {
        case "worker": try tasks.claim("complete")
        case "task": try complete()
        case "cancel": try cancel()
        default: try tasks.violations()
        }
    }

    // MARK: The first task

    private func complete() throws(CanaryTrouble) -> CheckStep {
        let began = oz_clock_boottime()
        let task = try tasks.client.task(tasks.id(1), untilIt: "final", seconds: Self.taskTime)
        guard task.state == "completed" else { return tasks.failed("task", task.state, task) }
        try listen(for: "complete", within: 5)
        return CheckStep("task", .fine, "ran and completed, after \(CanaryTasks.words(since: began))")
    }

    // MARK: The second

    private func cancel() throws(CanaryTrouble) -> CheckStep {
        try tasks.submit(2, "stay")
        let running = try runningOrFinal()
        if let running { return tasks.failed("cancel", "\(running.state) before it could be cancelled", running) }
        let began = oz_clock_boottime()
        try tasks.cancel(2)
        let task = try tasks.client.task(tasks.id(2), untilIt: "final", seconds: Self.cancelTime)
        guard task.state == "cancelled" else { return tasks.failed("cancel", task.state, task) }
        let words =
            "another one was cancelled while its agent ran, and reported CANCELLED after "
            + CanaryTasks.words(since: began)
        return CheckStep("cancel", .fine, words)
    }

    /// Nil once its agent runs; the task where it ended before.
    private func runningOrFinal() throws(CanaryTrouble) -> PlaneTask? {
        let deadline = CanaryWaiting.deadline(seconds: Self.taskTime)
        while oz_clock_boottime() < deadline {
            let soon = min(deadline, CanaryWaiting.deadline(seconds: 1))
            do throws(CanaryTrouble) {
                try listen(for: "stay", until: soon)
                return nil
            } catch {
                // Nothing was heard so far; whatever else it is ends the trial.
                guard case .tooLate = error else { throw error }
            }
            if let task = try tasks.ended(2) { return task }
        }
        throw .tooLate("the agent of the second task was not started within \(Self.taskTime) s")
    }

    // MARK: What the stub says

    private func listen(for word: String, within seconds: Int64) throws(CanaryTrouble) {
        try listen(for: word, until: CanaryWaiting.deadline(seconds: seconds))
    }

    private func listen(for word: String, until deadline: Int64) throws(CanaryTrouble) {
        while true {
            while let end = heard.firstIndex(of: 0x0A) {
                let words = Bytes(heard[..<end]).parts(separatedBy: 0x20)
                heard.removeFirst(end + 1)
                if words.count > 2 { gitConfigs.append(Bytes(words[2...].joined(separator: [0x20]))) }
                if words.first == Bytes(text: word) { return }
            }
            guard try tasks.waiting.wait(for: tasks.ground.told, until: deadline) else { continue }
            var piece = Bytes(repeating: 0, count: 4_096)
            let count = piece.withUnsafeMutableBytes { read(tasks.ground.told, $0.baseAddress, $0.count) }
            if count > 0 { heard += piece.prefix(count) }
        }
    }
}
