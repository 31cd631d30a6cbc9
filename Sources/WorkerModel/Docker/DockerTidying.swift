// What an execution in a container still owes after its final word: the end of its output to the log, and giving
// everything back.
//
//   haunted   -> following | telling | releasing (a container not seen ended; nothing is removed before it is)
//   following -> telling | releasing     (the rest of an output that is followed)
//   telling   -> releasing               (the log gets the end of the output)
//   releasing -> done, which is derived: all holdings are gone
//
// They are given back one after the other: who holds a volume goes before it, and what a volume is filled through
// before its lock.
//
// With cleanup off the container and the task's own volumes stay. What only served to fill a volume never does.

import Codecs
import Effects

public struct DockerTidying: Hashable, Codable, Sendable {
    public enum Phase: Hashable, Codable, Sendable {
        case haunted(Contained)
        case following(until: Instant)
        case telling(DockerAsking)
        case releasing
    }

    public let key: ExecutionKey
    public private(set) var phase: Phase
    public private(set) var holdings: [DockerHolding]
    let secrets: SecretRange
    /// At which level the output is told; nil where there is none.
    private let level: LogLevel?
    private var follow: OutputFollow

    init(_ step: DockerStep, _ turn: inout Turn) {
        key = step.key
        secrets = step.secrets
        holdings = step.holdings
        follow = step.follow
        phase = .releasing
        let tells = step.container.isHeld && !step.isInherited
        switch step.judgement?.verdict {
        case .failed: level = tells ? .info : nil
        case .completed, .cancelled, .dispatched, nil: level = tells ? .debug : nil
        }
        if let haunting = step.haunting {
            phase = .haunted(haunting)
        } else {
            tell(&turn)
        }
    }

    /// Of an earlier life, and not gone on with yet. Nothing is told any more.
    init(_ key: ExecutionKey, inherited: [DockerHolding]) {
        self.key = key
        secrets = .none
        holdings = inherited
        level = nil
        follow = OutputFollow()
        phase = .releasing
    }

    public var isDone: Bool {
        switch phase {
        case .releasing: holdings.allSatisfy(\.isGone)
        case .haunted, .following, .telling: false
        }
    }

    public var isHaunting: Bool {
        switch phase {
        case .haunted: true
        case .following, .telling, .releasing: false
        }
    }

    public var awaited: [EffectID] {
        let list = (holdings.map(\.awaits) + [follow.awaits]).compactMap { $0 }
        switch phase {
        case .haunted(let contained): return list + contained.awaited
        case .telling(let asking): return list + [asking.awaits].compactMap { $0 }
        case .following, .releasing: return list
        }
    }

    public var deadline: Instant? {
        let next = holdings.reduce(nil) { earlier($0, $1.deadline) }
        switch phase {
        case .haunted(let contained): return earlier(next, contained.deadline)
        case .following(let until): return earlier(next, until)
        case .telling(let asking): return earlier(next, asking.deadline)
        case .releasing: return next
        }
    }

    mutating func take(_ event: DockerEvent, _ turn: inout Turn) {
        if follow.take(event, key, &turn) {
            if case .following = phase { tell(&turn) }
            return
        }
        for index in holdings.indices where holdings[index].take(event, key, &turn) != .notMine {
            return releaseNext(&turn)
        }
        switch phase {
        case .haunted(var contained):
            guard contained.take(event, key, &turn) else { return turn.late() }
            phase = .haunted(contained)
            layToRest(contained, &turn)
        case .telling(var asking):
            switch asking.take(event, &turn) {
            case .notMine: turn.late()
            case .goesOn: phase = .telling(asking)
            case .answered(let answer): told(answer, &turn)
            }
        case .following, .releasing: turn.late()
        }
    }

    mutating func tick(_ turn: inout Turn) {
        for index in holdings.indices { holdings[index].tick(key, &turn) }
        switch phase {
        case .haunted(var contained):
            contained.tick(key, &turn)
            phase = .haunted(contained)
            layToRest(contained, &turn)
        case .telling(var asking):
            asking.tick(&turn)
            phase = .telling(asking)
        case .following(let until):
            guard until <= turn.at else { return }
            follow.giveUp(key, &turn)
            tell(&turn)
        case .releasing: releaseNext(&turn)
        }
    }

    mutating func broke(_ id: EffectID, _ turn: inout Turn) {
        take(.failed(id, .unreadable(Detail("an internal error"))), &turn)
    }

    private mutating func layToRest(_ contained: Contained, _ turn: inout Turn) {
        guard contained.outcome != nil else { return }
        turn.log(.info, .deathConfirmed, key)
        tell(&turn)
    }

    private mutating func tell(_ turn: inout Turn) {
        if follow.awaits != nil {
            phase = .following(until: turn.at.after(turn.timing.followedOutput))
            return
        }
        guard let level, let container = holdings.first, !follow.isWhole else { return release(&turn) }
        let call = DockerCall.tellOutput(container.name, key, secrets: secrets, level)
        phase = .telling(DockerAsking(call, &turn))
    }

    private mutating func told(_ answer: DockerEvent, _ turn: inout Turn) {
        if case .failed(_, let failure) = answer, !failure.isNotFound {
            turn.log(.warn, .docker(.outputUnread(failure)), key)
        }
        release(&turn)
    }

    /// Waits for its end before anything is given back.
    mutating func haunt(_ contained: Contained) { phase = .haunted(contained) }

    mutating func release(_ turn: inout Turn) {
        phase = .releasing
        let keeps = !turn.settings.cleanup && holdings.first?.isHeld == true
        if keeps, let container = holdings.first { turn.log(.info, .docker(.containerKept(container.name)), key) }
        for index in holdings.indices where keeps && holdings[index].isKept(at: index) {
            holdings[index].letGo(key, &turn)
        }
        releaseNext(&turn)
    }

    private mutating func releaseNext(_ turn: inout Turn) {
        guard case .releasing = phase else { return }
        while let index = holdings.firstIndex(where: { !$0.isGone }) {
            holdings[index].relinquish(key, &turn)
            if !holdings[index].isGone { return }
        }
    }
}

extension DockerHolding {
    /// The task's container is the first; of the rest, volumes hold what the task wrote.
    fileprivate func isKept(at index: Int) -> Bool {
        switch possession {
        case .volume: true
        case .container, .workspace, .directory, .file, .process: index == 0
        }
    }
}

extension DockerTidying: Visited {
    public func visit(_ visitor: inout Visitor) {
        key.visit(&visitor)
        visitor.list(holdings)
        secrets.visit(&visitor)
        visitor.optional(level) { $0.tag($1.rawValue) }
        follow.visit(&visitor)
        switch phase {
        case .haunted(let contained):
            visitor.tag(0)
            contained.visit(&visitor)
        case .telling(let asking):
            visitor.tag(1)
            asking.visit(&visitor)
        case .releasing: visitor.tag(2)
        case .following(let until):
            visitor.tag(3)
            visitor.instant(until)
        }
    }
}
