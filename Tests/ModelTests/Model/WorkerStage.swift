// A worker driven by hand: a script says what happens, and looks at what was asked for.

import Codecs
import Effects

@testable import WorkerModel

struct WorkerStage {
    private(set) var worker: Worker
    var now = Instant(nanoseconds: 5_000_000_000_000)
    var entropy: UInt64 = 7
    /// Of the last input.
    private(set) var asked: [Request] = []
    /// Of all inputs.
    private(set) var history: [Request] = []
    private(set) var dial = EffectID(slot: 0, sequence: 0)

    init(_ change: (inout Settings) -> Void = { _ in }) {
        let direct = DirectSettings(workspaceRoot: Bytes(text: "/w"), temporaryDirectory: Bytes(text: "/t"))
        var settings = Settings(
            workerID: Bytes(text: "w"), instanceID: Bytes(text: "i"), url: Bytes(text: "ws://x"),
            backend: .direct(direct))
        change(&settings)
        worker = Worker(settings: settings)
    }

    /// Running and dialling.
    static func started(_ change: (inout Settings) -> Void = { _ in }) -> WorkerStage {
        var stage = WorkerStage(change)
        stage.feed(.began(.nothing))
        stage.answerFile { .found($0, path: Bytes(text: "/bin/oz")) }
        stage.answerFile { .done($0) }
        return stage
    }

    /// Running and connected.
    static func connected(_ change: (inout Settings) -> Void = { _ in }) -> WorkerStage {
        var stage = started(change)
        stage.opens()
        return stage
    }

    mutating func feed(_ event: Event) {
        asked = []
        let input = Input(at: now, wall: WallTime(nanoseconds: 0), entropy: entropy, event: event)
        worker.take(input, into: &asked)
        history += asked
        for request in asked {
            if case .socket(.dial) = request.effect { dial = request.id }
        }
    }

    mutating func pass(_ span: Span) {
        now = now.after(span)
        feed(.tick)
    }

    /// Time passes to the next deadline; its length.
    @discardableResult
    mutating func passToDeadline() -> Span? {
        guard let deadline = worker.nextDeadline() else { return nil }
        let span = deadline.since(now)
        pass(span)
        return span
    }

    // MARK: - The connection

    mutating func opens() { feed(.socket(.opened(dial))) }
    mutating func breaks() { feed(.socket(.closed(dial, .lost(Detail("reset"))))) }
    mutating func receives(_ message: IncomingMessage) { feed(.socket(.received(dial, message))) }
    mutating func written(_ id: EffectID) { feed(.socket(.written(id))) }
    mutating func ponged(_ number: UInt64) { feed(.socket(.ponged(dial, number: number))) }

    /// The wait is over and the next dial succeeds.
    mutating func reconnects() {
        passToDeadline()
        opens()
    }

    /// What the last input sent.
    var sends: [(id: EffectID, message: OutgoingMessage)] {
        asked.compactMap { request in
            guard case .socket(.send(_, let message)) = request.effect else { return nil }
            return (request.id, message)
        }
    }

    var messages: [OutgoingMessage] { sends.map(\.message) }

    var ping: UInt64? {
        for request in asked {
            if case .socket(.ping(_, let number)) = request.effect { return number }
        }
        return nil
    }

    var dials: Int { asked.count { if case .socket(.dial) = $0.effect { true } else { false } } }
    var abandons: Bool { asked.contains { if case .socket(.abandon) = $0.effect { true } else { false } } }
    var exitCode: Int32? { worker.exitCode }

    /// Everything that was sent is written, then a barrier ping proves it.
    mutating func everythingHeard() {
        for _ in 0..<4 {
            pass(.milliseconds(250))
            guard let number = ping else { continue }
            ponged(number)
        }
    }

    // MARK: - Tasks

    /// An assignment, claimed and written: the work begins.
    mutating func claims(_ assignment: Assignment) {
        receives(.assignment(assignment))
        for (id, _) in sends { written(id) }
    }

    /// Up to a running agent, without a setup command.
    @discardableResult
    mutating func runs(_ assignment: Assignment) -> EffectID {
        claims(assignment)
        answerFile { .done($0) }
        answerFile { .done($0) }
        let agent = launch.id
        feed(.process(.started(agent)))
        return agent
    }

    /// The agent ends; the workspace is set aside.
    mutating func ends(_ agent: EffectID, _ end: ProcessEnd = .exit(0)) {
        feed(.process(.finished(agent, end)))
        answerFile { .done($0) }
    }

    /// Answers the file request of the last input.
    mutating func answerFile(_ answer: (EffectID) -> FilesEvent) {
        guard let id = asked.first(where: { if case .files = $0.effect { true } else { false } })?.id else { return }
        feed(.files(answer(id)))
    }

    /// The start of the last input, or nothing that could be mistaken for one.
    var launch: (id: EffectID, launch: Launch) {
        for request in asked {
            if case .process(.start(let launch)) = request.effect { return (request.id, launch) }
        }
        let nothing = Launch(
            role: .teardown, key: key("none"), executable: [], arguments: [], base: .minimal, environment: [],
            directory: [], secrets: [])
        return (EffectID(slot: .max, sequence: .max), nothing)
    }

    var fileCalls: [FilesCall] {
        asked.compactMap { if case .files(let call) = $0.effect { call } else { nil } }
    }

    var sayings: [Saying] {
        asked.compactMap { if case .log(let record) = $0.effect { record.saying } else { nil } }
    }
}

extension Request {
    /// What it notes in the journal.
    var note: JournalNote? {
        if case .journal(let call) = effect { call.note } else { nil }
    }
}

func key(_ task: String, _ execution: String? = nil) -> ExecutionKey {
    ExecutionKey(task: TaskID(Bytes(text: task)), execution: execution.map { ExecutionID(Bytes(text: $0)) })
}

func assignment(_ task: String, _ execution: String? = "1") -> Assignment {
    Assignment(key: key(task, execution), agentTaskID: Bytes(text: task))
}

func claim(_ task: String) -> OutgoingMessage {
    .claimed(TaskID(Bytes(text: task)), worker: Bytes(text: "w"))
}
