// What this instance has on the daemon and nobody needs, found and removed.
//
//   listing  -> removing | listing | parting | done   (containers, then volumes)
//   removing -> removing | listing | parting | done
//   parting  -> listing                               (volumes that nothing has used for long)
//   done
//
// Whose a thing is goes by the label of the instance, never by its name or by the worker's id. What an execution owns
// has a name that no other ever gets, so what is listed and not known now will not be known later. A container is
// removed by its id, since the containers that a volume is filled through do have names that come again.
//
// A shared volume goes in two steps. First its marker, so that nobody begins to use it unfilled; then, when whoever
// had looked before that must have mounted it, the volume itself, which the daemon keeps while a container has it.

import Codecs
import Effects

public struct DockerSweep: Hashable, Codable, Sendable {
    public enum Round: UInt8, Hashable, Codable, Sendable {
        case containers, volumes
        /// All containers of the daemon, and the volumes that they have.
        case users
        /// Once more, after the parting.
        case idleVolumes
    }

    public enum Phase: Hashable, Codable, Sendable {
        case listing(EffectID, Round)
        case removing(EffectID, DockerLitter, rest: [DockerLitter], Round)
        case parting(until: Instant)
        case done
    }

    public enum Extent: UInt8, Hashable, Codable, Sendable {
        /// What executions left.
        case leftovers
        /// And shared volumes that nothing has used for long.
        case everything
        /// Nothing is touched; it is only said what would be.
        case look
    }

    /// What the worker knows at that moment.
    struct Known {
        /// Names of containers and volumes that executions own or use.
        var names: Set<Bytes> = []
        /// Of shared volumes: nothing of this worker has used them for long.
        var idle: [Bytes] = []
    }

    public private(set) var phase: Phase
    /// How much was removed, or would be.
    public private(set) var found = 0
    /// Everything was looked at, and nothing stays that was to go.
    public private(set) var isWhole = true
    private let extent: Extent
    private var idle: [Bytes] = []

    init(_ extent: Extent, _ turn: inout Turn) {
        self.extent = extent
        phase = .listing(DockerSweep.list(.containers, &turn), .containers)
    }

    public var isDone: Bool { phase == .done }

    /// What it waits for tells of all volumes of sidecars.
    var looksAtVolumes: Bool {
        if case .listing(_, .volumes) = phase { true } else { false }
    }

    public var awaits: EffectID? {
        switch phase {
        case .listing(let id, _), .removing(let id, _, _, _): id
        case .parting, .done: nil
        }
    }

    public var deadline: Instant? {
        switch phase {
        case .parting(let until): until
        case .listing, .removing, .done: nil
        }
    }

    // MARK: - Events

    mutating func take(_ event: DockerEvent, _ known: Known, _ turn: inout Turn) {
        guard awaits == event.id else { return turn.late() }
        switch phase {
        case .listing(_, let round):
            guard case .listed(_, let entries) = event else { return unlisted(event, &turn) }
            listed(entries, round, known, &turn)
        case .removing(_, let litter, let rest, let round):
            removed(litter, event, &turn)
            remove(rest, round, &turn)
        case .parting, .done: break
        }
    }

    mutating func tick(_ turn: inout Turn) {
        guard case .parting(let until) = phase, until <= turn.at else { return }
        phase = .listing(DockerSweep.list(.idleVolumes, &turn), .idleVolumes)
    }

    /// Nobody waits for it any more. What it is removing now may go or stay.
    func abandon(_ turn: inout Turn) {
        if let awaits { turn.ask(.docker(.abandon(awaits))) }
    }

    private static func list(_ round: Round, _ turn: inout Turn) -> EffectID {
        switch round {
        case .containers:
            let own = Bytes(text: "oz-instance-hash=") + Labels.hash(turn.settings.instanceID)
            return turn.ask(.docker(.listContainers(labels: [own, Bytes(text: "oz-execution-hash")])))
        case .users: return turn.ask(.docker(.listContainers(labels: [])))
        // Others' too, since a volume of ours may be filled, and marked, by others.
        case .volumes, .idleVolumes: return turn.ask(.docker(.listVolumes(labels: [DockerBodies.sidecarLabel])))
        }
    }

    // MARK: - What is found

    private mutating func unlisted(_ event: DockerEvent, _ turn: inout Turn) {
        var failure = DockerFailure.unreadable(Detail("an answer to something else"))
        if case .failed(_, let known) = event { failure = known }
        turn.log(.warn, .docker(.sweepBrokenOff(failure)))
        isWhole = false
        phase = .done
    }

    private mutating func listed(_ entries: [DockerListed], _ round: Round, _ known: Known, _ turn: inout Turn) {
        let instance = Labels.hash(turn.settings.instanceID)
        let own = entries.filter { $0.instance == instance }
        let forgotten = own.filter { $0.execution != nil && !known.names.contains($0.name) }
        switch round {
        case .containers:
            let litter = forgotten.map { entry in
                DockerLitter(entry.isRunning ? .runningContainer : .container, entry.name, id: entry.id)
            }
            remove(litter, round, &turn)
        case .volumes:
            let shared = own.filter { $0.execution == nil && !known.names.contains($0.name) }
            idle = shared.map(\.name).filter { known.idle.contains($0) }
            let lost = shared.filter { entry in
                DockerNames.marked(by: entry.name).map { volume in !entries.contains { $0.name == volume } } ?? false
            }
            remove(forgotten.map { DockerLitter(.volume, $0) } + lost.map { DockerLitter(.marker, $0) }, round, &turn)
        case .users:
            idle.removeAll { name in entries.contains { $0.volumes.contains(name) } }
            if extent == .look { return remove(idle.map { DockerLitter(.idleVolume, $0) }, .idleVolumes, &turn) }
            remove(idle.map { DockerLitter(.idleMarker, DockerNames.marker(of: $0)) }, round, &turn)
        case .idleVolumes:
            // One that was filled again meanwhile is used by somebody.
            let gone = own.filter { entry in
                idle.contains(entry.name) && known.idle.contains(entry.name) && !known.names.contains(entry.name)
                    && !entries.contains { $0.name == DockerNames.marker(of: entry.name) }
            }
            remove(gone.map { DockerLitter(.idleVolume, $0) }, round, &turn)
        }
    }

    // MARK: - What becomes of it

    private mutating func remove(_ litter: [DockerLitter], _ round: Round, _ turn: inout Turn) {
        guard let next = litter.first else { return goOn(after: round, &turn) }
        if extent == .look {
            for next in litter { turn.log(.info, .docker(.leftoverSeen(next))) }
            found &+= litter.count
            return goOn(after: round, &turn)
        }
        let id: EffectID
        switch next.kind {
        case .container, .runningContainer: id = turn.ask(.docker(.removeContainer(next.id)))
        case .volume, .marker, .idleMarker, .idleVolume: id = turn.ask(.docker(.removeVolume(next.name)))
        }
        phase = .removing(id, next, rest: Array(litter.dropFirst()), round)
    }

    private mutating func removed(_ litter: DockerLitter, _ event: DockerEvent, _ turn: inout Turn) {
        guard case .failed(_, let failure) = event else {
            found &+= 1
            return turn.log(.info, .docker(.leftoverRemoved(litter)))
        }
        // Somebody was faster.
        if failure.isNotFound { return }
        turn.log(.warn, .docker(.leftoverStays(litter, failure)))
        isWhole = false
    }

    private mutating func goOn(after round: Round, _ turn: inout Turn) {
        switch round {
        case .containers: phase = .listing(DockerSweep.list(.volumes, &turn), .volumes)
        case .volumes:
            guard extent != .leftovers, !idle.isEmpty else {
                phase = .done
                return
            }
            phase = .listing(DockerSweep.list(.users, &turn), .users)
        case .users: phase = idle.isEmpty ? .done : .parting(until: turn.at.after(turn.timing.parting))
        case .idleVolumes: phase = .done
        }
    }
}

extension DockerLitter {
    fileprivate init(_ kind: Kind, _ entry: DockerListed) {
        self.init(kind, entry.name)
    }
}

extension DockerSweep: Visited {
    public func visit(_ visitor: inout Visitor) {
        visitor.tag(extent.rawValue)
        visitor.number(found)
        visitor.flag(isWhole)
        visitor.number(idle.count)
        for name in idle { visitor.bytes(name) }
        switch phase {
        case .listing(let id, let round):
            visitor.tag(0)
            visitor.id(id)
            visitor.tag(round.rawValue)
        case .removing(let id, let litter, let rest, let round):
            visitor.tag(1)
            visitor.id(id)
            litter.visit(&visitor)
            visitor.list(rest)
            visitor.tag(round.rawValue)
        case .parting(let until):
            visitor.tag(2)
            visitor.instant(until)
        case .done: visitor.tag(3)
        }
    }
}
