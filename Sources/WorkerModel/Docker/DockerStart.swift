// The Docker backend's own start: the daemon answers, is new enough, and runs what agents are made for. Then what an
// earlier life of this worker left there is removed, unless the journal tells whose it is: then it goes on, or is
// given back with its run.
//
//   reaching -> pausing | listing | failed
//   pausing  -> reaching
//   listing  -> removing                   (containers first, then the volumes that they held)
//   removing -> removing | listing | passed
//   passed, failed
//
// A daemon that is only coming up is waited for. What can't be removed is said, and keeps nobody from work.

import Codecs
import Effects

public struct DockerStart: Hashable, Codable, Sendable {
    public enum Phase: Hashable, Codable, Sendable {
        case reaching(EffectID)
        case pausing(until: Instant)
        case listing(EffectID, Kind)
        case removing(EffectID, Bytes, rest: [Bytes], Kind)
        case passed
        case failed(BackendProblem)
    }

    public enum Kind: UInt8, Hashable, Codable, Sendable {
        case containers, volumes
    }

    public private(set) var phase: Phase
    public private(set) var platform: Bytes = []
    private let giveUpAt: Instant
    private var hasWaited = false

    init(_ turn: inout Turn) {
        giveUpAt = turn.at.after(turn.timing.daemonStart)
        phase = .reaching(turn.ask(.docker(.reach)))
    }

    public var awaits: EffectID? {
        switch phase {
        case .reaching(let id), .listing(let id, _), .removing(let id, _, _, _): id
        case .pausing, .passed, .failed: nil
        }
    }

    public var deadline: Instant? {
        switch phase {
        case .pausing(let until): until
        case .reaching, .listing, .removing, .passed, .failed: nil
        }
    }

    /// What runs of earlier lives know of is theirs.
    mutating func take(_ event: DockerEvent, _ inheritance: Inheritance, _ turn: inout Turn) {
        guard awaits == event.id else { return turn.late() }
        switch phase {
        case .reaching: reached(event, &turn)
        case .listing(_, let kind):
            guard case .listed(_, let names) = event else { return remove([], kind, &turn) }
            let known = inheritance.namesOnDaemon
            remove(names.filter { !known.contains($0) }, kind, &turn)
        case .removing(_, let name, let rest, let kind):
            if case .failed(_, let failure) = event {
                turn.log(.warn, .docker(.leftoverStays(name, failure)))
            } else {
                turn.log(.info, .docker(.leftoverRemoved(name)))
            }
            remove(rest, kind, &turn)
        case .pausing, .passed, .failed: break
        }
    }

    mutating func tick(_ turn: inout Turn) {
        guard case .pausing(let until) = phase, until <= turn.at else { return }
        phase = .reaching(turn.ask(.docker(.reach)))
    }

    private mutating func reached(_ event: DockerEvent, _ turn: inout Turn) {
        switch event {
        case .reached(_, let daemon): judge(daemon, &turn)
        case .failed(_, let failure):
            // A socket that is not there yet, and a daemon that says it is not ready, are what coming up looks like.
            guard failure.mayPass, turn.at < giveUpAt else {
                phase = .failed(.dockerUnreachable(failure))
                return
            }
            if !hasWaited { turn.log(.warn, .docker(.daemonAwaited(failure))) }
            hasWaited = true
            phase = .pausing(until: turn.at.after(turn.timing.daemonRetry))
        case .done, .exists, .image, .volume, .container, .ended, .listed:
            phase = .failed(.dockerUnreachable(.unreadable(Detail("an answer to something else"))))
        }
    }

    private mutating func judge(_ daemon: DockerDaemon, _ turn: inout Turn) {
        guard daemon.api != nil else {
            phase = .failed(.dockerTooOld(version: daemon.version))
            return
        }
        guard daemon.platform.equals("linux/amd64") || daemon.platform.equals("linux/arm64") else {
            phase = .failed(.dockerPlatform(daemon.platform))
            return
        }
        platform = daemon.platform
        for remark in daemon.remarks { turn.log(.warn, .docker(.daemonRemark(remark))) }
        turn.log(.info, .docker(.daemonFound(daemon)))
        list(.containers, &turn)
    }

    private mutating func list(_ kind: Kind, _ turn: inout Turn) {
        let labels = [
            Bytes(text: "oz-instance-hash=") + Labels.hash(turn.settings.instanceID), Bytes(text: "oz-execution-hash"),
        ]
        guard turn.settings.cleanup else {
            phase = .passed
            return
        }
        switch kind {
        case .containers: phase = .listing(turn.ask(.docker(.listContainers(labels: labels))), kind)
        case .volumes: phase = .listing(turn.ask(.docker(.listVolumes(labels: labels))), kind)
        }
    }

    private mutating func remove(_ names: [Bytes], _ kind: Kind, _ turn: inout Turn) {
        guard let name = names.first else {
            switch kind {
            case .containers: list(.volumes, &turn)
            case .volumes: phase = .passed
            }
            return
        }
        let call: DockerCall =
            switch kind {
            case .containers: .removeContainer(name)
            case .volumes: .removeVolume(name)
            }
        phase = .removing(turn.ask(.docker(call)), name, rest: Array(names.dropFirst()), kind)
    }
}

extension DockerStart: Visited {
    public func visit(_ visitor: inout Visitor) {
        visitor.bytes(platform)
        visitor.instant(giveUpAt)
        visitor.flag(hasWaited)
        switch phase {
        case .reaching(let id):
            visitor.tag(0)
            visitor.id(id)
        case .pausing(let until):
            visitor.tag(1)
            visitor.instant(until)
        case .listing(let id, let kind):
            visitor.tag(2)
            visitor.id(id)
            visitor.tag(kind.rawValue)
        case .removing(let id, let name, let rest, let kind):
            visitor.tag(3)
            visitor.id(id)
            visitor.bytes(name)
            visitor.number(rest.count)
            for name in rest { visitor.bytes(name) }
            visitor.tag(kind.rawValue)
        case .passed: visitor.tag(4)
        case .failed(let problem):
            visitor.tag(5)
            problem.visit(&visitor)
        }
    }
}
