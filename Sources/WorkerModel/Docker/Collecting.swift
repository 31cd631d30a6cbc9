// `gc`: the daemon is swept once, as a worker does it by itself, and left. A core of its own, since there is no
// connection, and no task.
//
//   fresh    -> reaching
//   reaching -> sweeping | over      (DockerStart)
//   sweeping -> over                 (DockerSweep)
//   over

import Codecs
import Effects

public struct Collecting: Sendable {
    public enum Phase: Hashable, Codable, Sendable {
        case fresh
        case reaching(DockerStart)
        case sweeping(DockerSweep)
        case over(code: Int32)
    }

    private let fixed: Fixed<Settings>
    private let extent: DockerSweep.Extent
    private var inheritance = Inheritance.nothing
    public private(set) var phase = Phase.fresh
    private var sequence: UInt64 = 0

    public init(_ settings: Settings, onlyLooks: Bool) {
        var settings = settings
        // Whoever asks wants to know now.
        settings.timing.daemonStart = .seconds(5)
        fixed = .fixed(settings)
        extent = onlyLooks ? .look : .everything
    }

    public var deadline: Instant? {
        switch phase {
        case .reaching(let start): start.deadline
        case .sweeping(let sweep): sweep.deadline
        case .fresh, .over: nil
        }
    }

    /// How much was removed, or would be.
    public private(set) var found = 0

    public mutating func take(_ input: Input, into requests: inout [Request]) {
        var turn = Turn(input, settings: fixed, sequence: sequence, requests: requests)
        switch input.event {
        case .began(let inheritance):
            guard phase == .fresh else { return }
            self.inheritance = inheritance
            phase = .reaching(DockerStart(sweeps: false, &turn))
        case .tick: tick(&turn)
        case .docker(let event): take(event, &turn)
        case .interpreter(.contractBroken(let id)):
            take(.failed(id, .unreadable(Detail("an internal error"))), &turn)
        case .interpreter(.journalFailed), .interpreter(.journalRestored): break
        case .operator: phase = .over(code: 1)
        case .socket, .process, .files: turn.late()
        }
        sequence = turn.sequence
        requests = turn.requests
    }

    private mutating func tick(_ turn: inout Turn) {
        switch phase {
        case .reaching(var start):
            start.tick(&turn)
            reached(start, &turn)
        case .sweeping(var sweep):
            sweep.tick(&turn)
            phase = .sweeping(sweep)
        case .fresh, .over: break
        }
    }

    private mutating func take(_ event: DockerEvent, _ turn: inout Turn) {
        switch phase {
        case .reaching(var start):
            start.take(event, inheritance, &turn)
            reached(start, &turn)
        case .sweeping(var sweep):
            let idle = inheritance.volumes.filter { $0.rest(turn.timing.sidecarKept, at: turn.wall) == .zero }
            let known = DockerSweep.Known(names: inheritance.namesOnDaemon, idle: idle.map(\.name))
            sweep.take(event, known, &turn)
            found = sweep.found
            phase = sweep.isDone ? .over(code: sweep.isWhole ? 0 : 1) : .sweeping(sweep)
        case .fresh, .over: turn.late()
        }
    }

    private mutating func reached(_ start: DockerStart, _ turn: inout Turn) {
        switch start.phase {
        case .reaching, .pausing, .sweeping: phase = .reaching(start)
        case .passed: phase = .sweeping(DockerSweep(extent, &turn))
        case .failed(let problem):
            turn.log(.error, .backendUnusable(problem))
            phase = .over(code: 69)
        }
    }
}
