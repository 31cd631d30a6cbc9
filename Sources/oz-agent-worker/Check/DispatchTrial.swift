// The canary tasks of the command backend. The operator's own dispatch command gets them, so nothing stands in for
// anything: one is handed over, another is handed over and cancelled, and then the first is taken back as well.
//
// The worker reports nothing of a task that it handed over, so its log tells what became of them.

import CLinux
import Check
import Codecs
import Configuration

final class DispatchTrial: CanaryTrial {
    let names = ["worker", "task", "cancel", "recall", "protocol"]

    /// The value of OZ_CHECK, by which a runtime may know them.
    private static let word = "canary"
    /// Beyond the dispatch time-out: a kill, a death that can't be seen, three tries of the cancel command.
    private static let slack: Int64 = 120
    /// Three tries of ten seconds, and a death that can't be seen.
    private static let recallTime: Int64 = 120
    private static let pause = CanaryWaiting.second / 20

    private let tasks: CanaryTasks
    private let command: CommandSettings
    private let log: CanaryLog
    /// By number: sent to the worker, taken by the runtime, taken back; and those with which nothing is left to do.
    private var submitted: [Int] = []
    private var taken: [Int] = []
    private var takenBack: [Int] = []
    private var settled: [Int] = []

    init(_ tasks: CanaryTasks, _ command: CommandSettings, _ log: CanaryLog) {
        self.tasks = tasks
        self.command = command
        self.log = log
    }

    var handedOver: [String] { taken.map(tasks.id) }
    var recalled: [String] { takenBack.map(tasks.id) }

    func isOwed(_ name: String) -> Bool { name == "recall" }

    func step(_ name: String) throws(CanaryTrouble) -> CheckStep {
        switch name {
        case "worker":
            submitted.append(1)
            return try tasks.claim(Self.word)
        case "task": return try handOver()
        case "cancel": return try cancel()
        case "recall": return try recall()
        default: return try silence()
        }
    }

    // MARK: The first task

    private func handOver() throws(CanaryTrouble) -> CheckStep {
        let began = oz_clock_boottime()
        if let failed = try notHandedOver(1, in: "task") { return failed }
        let words =
            "dispatch_command ended with 0 after \(CanaryTasks.words(since: began)): \(tasks.id(1)) is handed over"
        return CheckStep("task", .fine, words)
    }

    /// Waits for the dispatch command; a step where it did not take the task.
    private func notHandedOver(_ number: Int, in step: String) throws(CanaryTrouble) -> CheckStep? {
        let limit = command.dispatchTimeout / CanaryWaiting.second &+ Self.slack
        let end = try first(
            of: [.dispatched, .failed], number, seconds: limit, "dispatch_command has not come to an end")
        if end == .dispatched {
            taken.append(number)
            return nil
        }
        settled.append(number)
        let task = try tasks.client.task(tasks.id(number), untilIt: "final", seconds: 30)
        return tasks.failed(step, "\(tasks.id(number)) was not handed over", task)
    }

    // MARK: The second

    private func cancel() throws(CanaryTrouble) -> CheckStep {
        guard command.cancelCommand != nil else {
            return CheckStep(
                "cancel", .doubtful,
                "not tried: without a cancel_command nobody can end what was handed over, and cancelled tasks run on",
                advice: "configure a cancel_command")
        }
        submitted.append(2)
        try tasks.submit(2, Self.word)
        if let failed = try notHandedOver(2, in: "cancel") { return failed }
        let began = oz_clock_boottime()
        guard try takeBack(2) else { return notTakenBack("cancel", 2) }
        let words =
            "another one was handed over and cancelled: cancel_command ended with 0 after "
            + CanaryTasks.words(since: began)
        return CheckStep("cancel", .fine, words)
    }

    /// The worker tries three times.
    private func takeBack(_ number: Int) throws(CanaryTrouble) -> Bool {
        try tasks.cancel(number)
        let end = try first(
            of: [.cancelDone, .cancelGivenUp, .cancelMissing, .cancelled, .failed], number, seconds: Self.recallTime,
            "the cancel_command has not come to an end", mayNeverBegin: true)
        settled.append(number)
        switch end {
        case .cancelDone, .cancelled:
            takenBack.append(number)
            return true
        case .dispatched, .cancelGivenUp, .cancelMissing, .failed: return false
        }
    }

    private func notTakenBack(_ name: String, _ number: Int) -> CheckStep {
        CheckStep(
            name, .failed(.unavailable), "cancel_command failed for \(tasks.id(number)), which may run on",
            advice: "below is what the worker said last; end the run where it was handed to",
            details: tasks.ground.lastOfLog(12))
    }

    // MARK: What the runtime still has

    private func recall() throws(CanaryTrouble) -> CheckStep {
        let open = submitted.filter { !settled.contains($0) }
        if open.isEmpty { return CheckStep("recall", .skipped, "nothing is left with the runtime") }
        let names = open.map(tasks.id).joined(separator: ", ")
        guard tasks.waiting.watched != nil else {
            return CheckStep("recall", .skipped, "not tried, since the worker has ended; \(names) may run on")
        }
        if command.cancelCommand == nil, open.allSatisfy(taken.contains) {
            return CheckStep("recall", .skipped, "there is no cancel_command: \(names) stays where it was handed to")
        }
        for number in open {
            guard try takeBack(number) else { return notTakenBack("recall", number) }
        }
        return CheckStep("recall", .fine, "\(names) was taken back as well")
    }

    // MARK: The contract

    /// Nothing is said of a task that was handed over: whoever runs it reports its end.
    private func silence() throws(CanaryTrouble) -> CheckStep {
        for number in taken {
            guard let task = try tasks.ended(number) else { continue }
            return tasks.failed("protocol", "the worker reported a task that it had handed over", task)
        }
        return try tasks.violations()
    }

    private func first(
        of events: [CanaryLog.Event], _ number: Int, seconds: Int64, _ words: String, mayNeverBegin: Bool = false
    ) throws(CanaryTrouble) -> CanaryLog.Event {
        let deadline = CanaryWaiting.deadline(seconds: seconds)
        while true {
            // What the worker never had is cancelled where it waits, and the log has nothing of it.
            if mayNeverBegin, !taken.contains(number), try tasks.ended(number) != nil { return .cancelled }
            if let event = log.events(of: tasks.id(number)).first(where: events.contains) { return event }
            guard oz_clock_boottime() < deadline else { throw .tooLate("\(words) after \(seconds) s") }
            _ = try tasks.waiting.wait(for: nil, until: oz_clock_boottime() &+ Self.pause)
        }
    }
}
