// The two canary tasks and what is asked of them.

import CLinux
import Check
import Codecs
import Glibc

final class CanaryTrial {
    static let names = ["worker", "task", "cancel", "protocol"]

    private static let claimTime: Int64 = 30
    /// The setup command is part of it, and may take its time.
    private static let taskTime: Int64 = 300
    /// The ladder takes 10 s, and a death that can't be seen 60 s more.
    private static let cancelTime: Int64 = 90

    private let client: PlaneClient
    private let ground: CanaryGround
    private let waiting: CanaryWaiting
    private var heard = Bytes()
    /// Where the stub was told to find its git configuration.
    private(set) var gitConfigs: [Bytes] = []

    init(client: PlaneClient, ground: CanaryGround, waiting: CanaryWaiting) {
        self.client = client
        self.ground = ground
        self.waiting = waiting
    }

    func step(_ name: String) throws(CanaryTrouble) -> CheckStep {
        switch name {
        case "worker": try claim()
        case "task": try complete()
        case "cancel": try cancel()
        default: try violations()
        }
    }

    private func id(_ number: Int) -> String { "oz-check-\(ground.nonce)-\(number)" }

    private func submit(_ number: Int, _ behaviour: String) throws(CanaryTrouble) {
        let body = JSON.object([
            JSONMember("task_id", .string(id(number))), JSONMember("title", .string("A canary of check")),
            JSONMember("prompt", .string("Nothing is to be done: this is a canary.")),
            JSONMember("env_vars", .object([JSONMember("OZ_CHECK", .string(behaviour))])),
        ])
        let answer = try client.ask("POST", "/tasks", body, until: CanaryWaiting.deadline(seconds: 10))
        guard answer.status == 201 else { throw .plane("it answered \(answer.status) to a task") }
    }

    // MARK: The first task

    private func claim() throws(CanaryTrouble) -> CheckStep {
        let began = oz_clock_boottime()
        try submit(1, "complete")
        let task = try client.task(id(1), untilIt: "claimed", seconds: Self.claimTime)
        guard task.state != "rejected" else { return failed("worker", "rejected the task", task) }
        let words = "connected as configured and claimed a task, \(Self.words(since: began)) after its start"
        return CheckStep("worker", .fine, words)
    }

    private func complete() throws(CanaryTrouble) -> CheckStep {
        let began = oz_clock_boottime()
        let task = try client.task(id(1), untilIt: "final", seconds: Self.taskTime)
        guard task.state == "completed" else { return failed("task", task.state, task) }
        try listen(for: "complete", within: 5)
        return CheckStep("task", .fine, "ran and completed, after \(Self.words(since: began))")
    }

    // MARK: The second

    private func cancel() throws(CanaryTrouble) -> CheckStep {
        try submit(2, "stay")
        let running = try runningOrFinal()
        if let running { return failed("cancel", "\(running.state) before it could be cancelled", running) }
        let began = oz_clock_boottime()
        let until = CanaryWaiting.deadline(seconds: 10)
        let answer = try client.ask("POST", "/tasks/\(id(2))/cancel", until: until)
        guard answer.status == 200 else { throw .plane("it answered \(answer.status) to a cancellation") }
        let task = try client.task(id(2), untilIt: "final", seconds: Self.cancelTime)
        guard task.state == "cancelled" else { return failed("cancel", task.state, task) }
        let words =
            "another one was cancelled while its agent ran, and reported CANCELLED after \(Self.words(since: began))"
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
            let answer = try client.ask("GET", "/tasks/\(id(2))", until: deadline)
            let task = PlaneTask(answer.body)
            if answer.body["final"]?.asBool == true { return task }
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
            guard try waiting.wait(for: ground.told, until: deadline) else { continue }
            var piece = Bytes(repeating: 0, count: 4_096)
            let count = piece.withUnsafeMutableBytes { read(ground.told, $0.baseAddress, $0.count) }
            if count > 0 { heard += piece.prefix(count) }
        }
    }

    // MARK: The ledger

    private func violations() throws(CanaryTrouble) -> CheckStep {
        let until = CanaryWaiting.deadline(seconds: 10)
        let answer = try client.ask("GET", "/violations", until: until)
        let count = answer.body["count"]?.asInt ?? 0
        if count == 0 { return CheckStep("protocol", .fine, "nothing that the worker said was against the protocol") }
        let words = answer.body["violations"]?.asArray?.compactMap { $0["words"]?.asString?.text } ?? []
        return CheckStep("protocol", .failed(.unavailable), "\(count) violations", details: words)
    }

    private func failed(_ name: String, _ words: String, _ task: PlaneTask) -> CheckStep {
        let reason = task.reason.map { " (\($0))" } ?? ""
        let message = task.message.map { ": \($0)" } ?? ""
        let exit = task.exitCode.map { [JSONMember("exit_code", .number($0))] } ?? []
        return CheckStep(
            name, .failed(.unavailable), "\(words)\(reason)\(message)", advice: "below is what the worker said last",
            details: ground.lastOfLog(12),
            facts: [
                JSONMember("state", .string(task.state)),
                JSONMember("reason", task.reason.map { .string($0) } ?? .null),
            ] + exit)
    }

    static func words(since began: Int64) -> String {
        let tenths = max(0, oz_clock_boottime() &- began) / 100_000_000
        return "\(tenths / 10).\(tenths % 10) s"
    }
}
