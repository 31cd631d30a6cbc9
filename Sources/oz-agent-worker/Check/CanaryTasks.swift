// What the canary tasks of all backends have in common: how they are submitted, claimed, cancelled and judged.

import CLinux
import Check
import Codecs

/// The steps of a trial, in their order. Each is tried where nothing failed before it.
protocol CanaryTrial: AnyObject {
    var names: [String] { get }
    func step(_ name: String) throws(CanaryTrouble) -> CheckStep
    /// This step gives something back, so it is tried whatever failed before it.
    func isOwed(_ name: String) -> Bool
}

struct CanaryTasks {
    private static let claimTime: Int64 = 30

    let client: PlaneClient
    let ground: CanaryGround
    let waiting: CanaryWaiting

    func id(_ number: Int) -> String { "\(CanaryGround.taskPrefix)\(ground.nonce)-\(number)" }

    /// `word` is the value of OZ_CHECK in the environment of its agent.
    func submit(_ number: Int, _ word: String) throws(CanaryTrouble) {
        let body = JSON.object([
            JSONMember("task_id", .string(id(number))), JSONMember("title", .string("A canary of check")),
            JSONMember("prompt", .string("Nothing is to be done: this is a canary.")),
            JSONMember("env_vars", .object([JSONMember("OZ_CHECK", .string(word))])),
        ])
        let answer = try client.ask("POST", "/tasks", body, until: CanaryWaiting.deadline(seconds: 10))
        guard answer.status == 201 else { throw .plane("it answered \(answer.status) to a task") }
    }

    /// The step `worker`, with the first task.
    func claim(_ word: String) throws(CanaryTrouble) -> CheckStep {
        let began = oz_clock_boottime()
        try submit(1, word)
        let task = try client.task(id(1), untilIt: "claimed", seconds: Self.claimTime)
        guard task.state != "rejected" else { return failed("worker", "rejected the task", task) }
        let words = "connected as configured and claimed a task, \(Self.words(since: began)) after its start"
        return CheckStep("worker", .fine, words)
    }

    func cancel(_ number: Int) throws(CanaryTrouble) {
        let until = CanaryWaiting.deadline(seconds: 10)
        let answer = try client.ask("POST", "/tasks/\(id(number))/cancel", until: until)
        guard answer.status == 200 else { throw .plane("it answered \(answer.status) to a cancellation") }
    }

    /// The task, where it is final.
    func ended(_ number: Int) throws(CanaryTrouble) -> PlaneTask? {
        let answer = try client.ask("GET", "/tasks/\(id(number))", until: CanaryWaiting.deadline(seconds: 10))
        return answer.body["final"]?.asBool == true ? PlaneTask(answer.body) : nil
    }

    /// The step `protocol`.
    func violations() throws(CanaryTrouble) -> CheckStep {
        let answer = try client.ask("GET", "/violations", until: CanaryWaiting.deadline(seconds: 10))
        let count = answer.body["count"]?.asInt ?? 0
        if count == 0 { return CheckStep("protocol", .fine, "nothing that the worker said was against the protocol") }
        let words = answer.body["violations"]?.asArray?.compactMap { $0["words"]?.asString?.text } ?? []
        return CheckStep("protocol", .failed(.unavailable), "\(count) violations", details: words)
    }

    func failed(_ name: String, _ words: String, _ task: PlaneTask) -> CheckStep {
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
