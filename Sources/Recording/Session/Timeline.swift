// A session as the page of the timeline takes it: one JSON document. Times are microseconds since the first input.

import Codecs
import Effects
import WorkerModel

public struct Timeline {
    private let chronicle: Chronicle
    private let header: RecordingHeader
    private let base: Instant
    private let from: Instant
    private let to: Instant

    /// What lies outside of the window is left out, and spans are cut to it.
    public init?(_ chronicle: Chronicle, _ header: RecordingHeader, from: Instant? = nil, to: Instant? = nil) {
        guard let first = chronicle.first, let last = chronicle.last else { return nil }
        self.chronicle = chronicle
        self.header = header
        self.from = max(first.at, from ?? first.at)
        self.to = max(self.from, min(last.at, to ?? last.at))
        base = self.from
    }

    /// The notes are sentences for the page's head: what was verified, what is missing.
    public func document(notes: [String]) -> Bytes {
        guard let first = chronicle.first else { return [] }
        // The wall clock where the window begins, by the distance on the other one.
        let wall = Int64(clamping: base.since(first.at).nanoseconds) &+ first.wall.nanoseconds
        var lanes = [workerLane, connectionLane]
        for run in chronicle.runs where isInside(run) { lanes.append(lane(run)) }
        let document = JSON.object([
            JSONMember("worker", .string(header.settings.workerID)),
            JSONMember("backend", .string(header.settings.backendName)),
            JSONMember("build", .string(header.build.words)),
            JSONMember("system", .string(header.host.system)),
            JSONMember("life", .string(header.life)),
            JSONMember("start", .number(wall / 1_000_000)),
            JSONMember("length", .number(micros(to))),
            JSONMember("inputs", .array([.number(first.number), .number(chronicle.last?.number ?? 0)])),
            JSONMember("notes", .array(notes.map { .string($0) })),
            JSONMember("leftOut", .number(chronicle.leftOut)),
            JSONMember("lanes", .array(lanes)),
        ])
        return Timeline.embeddable(document.encoded())
    }

    /// Within a page nothing of it can be taken for markup.
    static func embeddable(_ text: Bytes) -> Bytes {
        var safe = Bytes()
        safe.reserveCapacity(text.count &+ 64)
        for byte in text {
            if byte == 0x3c { safe.append(text: "\\u003c" as StaticString) } else { safe.append(byte) }
        }
        return safe
    }

    // MARK: - Lanes

    private var workerLane: JSON {
        .object([
            JSONMember("kind", .string("worker")), JSONMember("name", .string("worker")),
            JSONMember("spans", spans(chronicle.worker) { ($0.name, $0.words) }),
            JSONMember("moments", moments(chronicle.worker.moments)),
        ])
    }

    private var connectionLane: JSON {
        var before = 0
        var steps: [JSON] = []
        for entry in chronicle.unheard {
            if entry.when.at < from { before = entry.count }
            guard entry.when.at >= from, entry.when.at <= to else { continue }
            steps.append(.array([.number(micros(entry.when.at)), .number(entry.count)]))
        }
        return .object([
            JSONMember("kind", .string("connection")), JSONMember("name", .string("connection")),
            JSONMember("spans", spans(chronicle.connection) { ($0.name, $0.words) }),
            JSONMember("moments", moments(chronicle.connection.moments)),
            JSONMember("unheard", .array([.array([.number(0), .number(before)])] + steps)),
        ])
    }

    private func lane(_ run: Run) -> JSON {
        var members = [
            JSONMember("kind", .string("task")), JSONMember("name", .string(run.key.task.bytes)),
            JSONMember("execution", run.key.execution.map { .string($0.bytes) } ?? .null),
            JSONMember("slot", .number(run.slot)),
            JSONMember("outcome", run.outcome.map { .string(Bytes(text: $0.name)) } ?? .string("")),
            JSONMember("reason", .string(run.reason)),
            JSONMember("facts", .string(run.facts)),
            JSONMember("older", .bool(run.isOlder)),
            JSONMember("heard", run.heard.map { .number(micros($0.at)) } ?? .null),
        ]
        if let code = run.exitCode { members.append(JSONMember("exitCode", .number(code))) }
        members.append(JSONMember("spans", spans(run.lane) { ($0.name, $0.words) }))
        members.append(JSONMember("moments", moments(run.lane.moments)))
        return .object(members)
    }

    private func isInside(_ run: Run) -> Bool {
        let end =
            run.lane.phase != nil
            ? nil
            : [run.lane.spans.last?.to?.at, run.lane.moments.last?.when.at]
                .compactMap { $0 }.max()
        return run.began.at <= to && (end.map { $0 >= from } ?? true)
    }

    /// `[name, words, from, to]`; open ends are ends of the window.
    private func spans<Phase>(_ lane: Lane<Phase>, _ describe: (Phase) -> (StaticString, String)) -> JSON {
        .array(
            lane.spans.compactMap { span in
                let end = span.to?.at ?? to
                guard span.from.at <= to, end >= from else { return nil }
                let (name, words) = describe(span.phase)
                let isOpen = span.to == nil
                return .array([
                    .string(Bytes(text: name)), .string(words), .number(micros(max(span.from.at, from))),
                    .number(micros(min(end, to))), .bool(isOpen),
                ])
            })
    }

    /// `[time, kind, input, words, detail]`.
    private func moments(_ moments: [Moment]) -> JSON {
        .array(
            moments.compactMap { moment in
                guard moment.when.at >= from, moment.when.at <= to else { return nil }
                var parts: [JSON] = [
                    .number(micros(moment.when.at)), .string(Bytes(text: moment.kind.name)),
                    .number(moment.when.number), .string(moment.words),
                ]
                if !moment.detail.isEmpty { parts.append(.string(String(moment.detail.prefix(2_000)))) }
                return .array(parts)
            })
    }

    private func micros(_ moment: Instant) -> UInt64 { moment.since(base).nanoseconds / 1_000 }
}

// The names are the page's own, too: it chooses colours, patterns and letters by them.

extension Moment.Kind {
    public var name: StaticString {
        switch self {
        case .received: "received"
        case .said: "said"
        case .heard: "heard"
        case .step: "step"
        case .command: "command"
        case .verdict: "verdict"
        case .stop: "stop"
        case .connection: "connection"
        case .trouble: "trouble"
        case .note: "note"
        }
    }
}

extension RunPhase {
    public var name: StaticString {
        switch self {
        case .claiming: "claiming"
        case .queued: "queued"
        case .preparing: "preparing"
        case .settingUp: "setup"
        case .running: "running"
        case .dispatching: "dispatching"
        case .recalling: "recalling"
        case .ending: "ending"
        case .tidying: "tidying"
        case .haunting: "haunting"
        case .unheard: "unheard"
        }
    }
}

extension Outcome {
    public var name: StaticString {
        switch self {
        case .completed: "completed"
        case .failed: "failed"
        case .cancelled: "cancelled"
        case .rejected: "rejected"
        case .dispatched: "dispatched"
        case .forgotten: "forgotten"
        }
    }
}

extension LinkPhase {
    public var name: StaticString {
        switch self {
        case .dialling: "dialling"
        case .open: "open"
        case .abandoned: "abandoned"
        case .waiting: "waiting"
        case .closing: "closing"
        }
    }
}

extension LifePhase {
    public var name: StaticString {
        switch self {
        case .starting: "starting"
        case .running: "running"
        case .draining: "draining"
        case .stopping: "stopping"
        case .closing: "closing"
        }
    }
}

extension Settings {
    public var backendName: Bytes {
        switch backend {
        case .direct: Bytes(text: "direct")
        case .command: Bytes(text: "command")
        case .docker: Bytes(text: "docker")
        }
    }
}
