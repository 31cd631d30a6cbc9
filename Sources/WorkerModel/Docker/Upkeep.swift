// What is done on the Docker daemon beside the tasks: soon after the start and every hour, what nobody needs is
// removed. And it is remembered when each shared volume was last used, so that one that nobody has used for a week
// can go.
//
//   off      -> resting
//   resting  -> sweeping | off
//   sweeping -> resting | leaving | off
//   leaving  -> off                (the worker stops, and an answer is due)

import Codecs
import Effects

/// A shared volume that this worker made, and from when on it counts as not used for long.
public struct VolumeUse: Hashable, Codable, Sendable {
    public let name: Bytes
    public fileprivate(set) var idleFrom: Instant
}

public struct Upkeep: Hashable, Codable, Sendable {
    public enum Phase: Hashable, Codable, Sendable {
        case off
        case resting(until: Instant)
        case sweeping(DockerSweep)
        case leaving(EffectID)
    }

    public private(set) var phase = Phase.off
    public private(set) var uses: [VolumeUse] = []

    /// Once the backend has passed its start.
    mutating func begin(_ inheritance: Inheritance, _ turn: inout Turn) {
        guard phase == .off, turn.settings.cleanup, turn.timing.sweepEvery > .zero else { return }
        uses = inheritance.volumes.suffix(turn.limits.volumesKnown).map { volume in
            VolumeUse(name: volume.name, idleFrom: turn.at.after(volume.rest(turn.timing.sidecarKept, at: turn.wall)))
        }
        phase = .resting(until: turn.at.after(turn.timing.sweepFirst))
    }

    /// The worker stops.
    mutating func leave(_ turn: inout Turn) {
        switch phase {
        case .off, .leaving: break
        case .resting: phase = .off
        case .sweeping(let sweep):
            sweep.abandon(&turn)
            phase = sweep.awaits.map { .leaving($0) } ?? .off
        }
    }

    public var awaits: EffectID? {
        switch phase {
        case .sweeping(let sweep): sweep.awaits
        case .leaving(let id): id
        case .off, .resting: nil
        }
    }

    public var deadline: Instant? {
        switch phase {
        case .resting(let until): until
        case .sweeping(let sweep): sweep.deadline
        case .off, .leaving: nil
        }
    }

    mutating func tick(_ turn: inout Turn) {
        guard let deadline, deadline <= turn.at else { return }
        switch phase {
        case .resting: phase = .sweeping(DockerSweep(.everything, &turn))
        case .sweeping(var sweep):
            sweep.tick(&turn)
            phase = .sweeping(sweep)
        case .off, .leaving: break
        }
    }

    /// `names` are those that executions own or use at this moment.
    mutating func take(_ event: DockerEvent, names: Set<Bytes>, _ turn: inout Turn) {
        guard awaits == event.id else { return turn.late() }
        guard case .sweeping(var sweep) = phase else {
            phase = .off
            return
        }
        if case .listed(_, let entries) = event, sweep.looksAtVolumes { compare(entries, names, &turn) }
        let idle = uses.filter { $0.idleFrom <= turn.at }.map(\.name)
        sweep.take(event, DockerSweep.Known(names: names, idle: idle), &turn)
        phase = sweep.isDone ? .resting(until: turn.at.after(turn.timing.sweepEvery)) : .sweeping(sweep)
    }

    // MARK: - Uses

    /// Noted once an hour at most.
    mutating func use(_ volume: Bytes, _ turn: inout Turn) {
        guard phase != .off else { return }
        let idleFrom = turn.at.after(turn.timing.sidecarKept)
        if let index = uses.firstIndex(where: { $0.name == volume }) {
            if idleFrom < uses[index].idleFrom.after(turn.timing.sweepEvery) { return }
            uses[index].idleFrom = idleFrom
        } else {
            if uses.count >= turn.limits.volumesKnown { uses.removeFirst() }
            uses.append(VolumeUse(name: volume, idleFrom: idleFrom))
        }
        turn.note(.volumeUsed(volume, turn.wall))
    }

    /// What is gone is forgotten; one that nothing is known of counts as used now.
    private mutating func compare(_ entries: [DockerListed], _ names: Set<Bytes>, _ turn: inout Turn) {
        uses.removeAll { use in !entries.contains { $0.name == use.name } && !names.contains(use.name) }
        let instance = Labels.hash(turn.settings.instanceID)
        for entry in entries where entry.instance == instance && entry.execution == nil {
            if DockerNames.marked(by: entry.name) != nil { continue }
            if names.contains(entry.name) || !uses.contains(where: { $0.name == entry.name }) {
                use(entry.name, &turn)
            }
        }
    }
}

extension UsedVolume {
    /// What is left of that span. A clock that was set back makes it used now.
    func rest(_ span: Span, at wall: WallTime) -> Span {
        let (age, overflow) = wall.nanoseconds.subtractingReportingOverflow(at.nanoseconds)
        let passed = overflow || age < 0 ? 0 : UInt64(age)
        return Span(nanoseconds: span.nanoseconds > passed ? span.nanoseconds &- passed : 0)
    }
}

extension Task {
    /// Names on the daemon that must not be touched on its account.
    var namesOnDaemon: [Bytes] {
        switch phase {
        case .running(.docker(let step), _): step.names
        case .reported(.docker(let tidying)): tidying.names
        case .running(.direct, _), .running(.command, _), .reported(.direct), .reported(.command), .claimed, .gone: []
        }
    }
}

extension DockerStep {
    fileprivate var names: [Bytes] {
        var list = holdings.names + sidecars.map(\.name)
        if case .preparing(let sidecar, _) = phase, !sidecar.name.isEmpty { list.append(sidecar.name) }
        return list
    }
}

extension DockerTidying {
    fileprivate var names: [Bytes] { holdings.names }
}

extension [DockerHolding] {
    fileprivate var names: [Bytes] { filter { !$0.isGone }.map(\.name) }
}

extension Upkeep: Visited {
    public func visit(_ visitor: inout Visitor) {
        visitor.number(uses.count)
        for use in uses {
            visitor.bytes(use.name)
            visitor.instant(use.idleFrom)
        }
        switch phase {
        case .off: visitor.tag(0)
        case .resting(let until):
            visitor.tag(1)
            visitor.instant(until)
        case .sweeping(let sweep):
            visitor.tag(2)
            sweep.visit(&visitor)
        case .leaving(let id):
            visitor.tag(3)
            visitor.id(id)
        }
    }
}
