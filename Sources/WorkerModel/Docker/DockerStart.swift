// The Docker backend's own start: the daemon answers, is new enough, and runs what agents are made for. Then what an
// earlier life of this worker left there is removed, unless the journal tells whose it is: then it goes on, or is
// given back with its run.
//
//   reaching -> pausing | sweeping | passed | failed
//   pausing  -> reaching
//   sweeping -> passed              (DockerSweep)
//   passed, failed
//
// A daemon that is only coming up is waited for. What can't be removed is said, and keeps nobody from work.

import Codecs
import Effects

public struct DockerStart: Hashable, Codable, Sendable {
    public enum Phase: Hashable, Codable, Sendable {
        case reaching(EffectID)
        case pausing(until: Instant)
        case sweeping(DockerSweep)
        case passed
        case failed(BackendProblem)
    }

    public private(set) var phase: Phase
    public private(set) var platform: Bytes = []
    private let giveUpAt: Instant
    private var hasWaited = false
    private let sweeps: Bool

    /// Without `sweeps` it leaves everything as it is.
    init(sweeps: Bool, _ turn: inout Turn) {
        self.sweeps = sweeps
        giveUpAt = turn.at.after(turn.timing.daemonStart)
        phase = .reaching(turn.ask(.docker(.reach)))
    }

    public var awaits: EffectID? {
        switch phase {
        case .reaching(let id): id
        case .sweeping(let sweep): sweep.awaits
        case .pausing, .passed, .failed: nil
        }
    }

    public var deadline: Instant? {
        switch phase {
        case .pausing(let until): until
        case .sweeping(let sweep): sweep.deadline
        case .reaching, .passed, .failed: nil
        }
    }

    /// What runs of earlier lives know of is theirs.
    mutating func take(_ event: DockerEvent, _ inheritance: Inheritance, _ turn: inout Turn) {
        guard awaits == event.id else { return turn.late() }
        switch phase {
        case .reaching: reached(event, &turn)
        case .sweeping(var sweep):
            sweep.take(event, DockerSweep.Known(names: inheritance.namesOnDaemon), &turn)
            phase = sweep.isDone ? .passed : .sweeping(sweep)
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
        phase = sweeps ? .sweeping(DockerSweep(.leftovers, &turn)) : .passed
    }
}

extension DockerStart: Visited {
    public func visit(_ visitor: inout Visitor) {
        visitor.bytes(platform)
        visitor.instant(giveUpAt)
        visitor.flag(hasWaited)
        visitor.flag(sweeps)
        switch phase {
        case .reaching(let id):
            visitor.tag(0)
            visitor.id(id)
        case .pausing(let until):
            visitor.tag(1)
            visitor.instant(until)
        case .sweeping(let sweep):
            visitor.tag(2)
            sweep.visit(&visitor)
        case .passed: visitor.tag(3)
        case .failed(let problem):
            visitor.tag(4)
            problem.visit(&visitor)
        }
    }
}
