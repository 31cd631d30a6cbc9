// Getting one image: from its registry, and where the registry can't be reached, what the daemon has already.
//
//   pulling        -> inspecting | pausing | lookingLocally | over
//   pausing        -> pulling
//   inspecting     -> over                                 (what came: of which platform, of which digest)
//   lookingLocally -> pausing | over
//   over
//
// "Not found" and "denied" are a registry's last word. What may pass is tried again for a while.

import Codecs
import Effects

public struct ImagePull: Hashable, Codable, Sendable {
    public enum Phase: Hashable, Codable, Sendable {
        case pulling(EffectID)
        case pausing(until: Instant)
        case inspecting(DockerAsking)
        case lookingLocally(DockerAsking, PullTrouble, DockerFailure)
        case over(Outcome)
    }

    public enum Outcome: Hashable, Codable, Sendable {
        case ready(DockerImage)
        case failed(ImageProblem)
    }

    public let image: Bytes
    public private(set) var phase: Phase
    private let platform: Bytes
    /// Also without credentials, where the registry refuses those that we have.
    private let alsoAnonymously: Bool
    private var withCredentials = true
    private let giveUpAt: Instant
    private var failures = 0
    private var hasLookedLocally = false

    init(_ image: Bytes, platform: Bytes, alsoAnonymously: Bool, _ key: ExecutionKey, _ turn: inout Turn) {
        self.image = image
        self.platform = platform
        self.alsoAnonymously = alsoAnonymously
        giveUpAt = turn.at.after(turn.timing.pullPatience)
        turn.log(.debug, .docker(.pullStarted(image)), key)
        phase = .pulling(turn.ask(.docker(.pull(image: image, platform: platform, withCredentials: true))))
    }

    public var outcome: Outcome? {
        switch phase {
        case .over(let outcome): outcome
        case .pulling, .pausing, .inspecting, .lookingLocally: nil
        }
    }

    public var awaits: EffectID? {
        switch phase {
        case .pulling(let id): id
        case .inspecting(let asking), .lookingLocally(let asking, _, _): asking.awaits
        case .pausing, .over: nil
        }
    }

    public var deadline: Instant? {
        switch phase {
        case .pausing(let until): until
        case .inspecting(let asking), .lookingLocally(let asking, _, _): asking.deadline
        case .pulling, .over: nil
        }
    }

    /// False where the event is for somebody else.
    mutating func take(_ event: DockerEvent, _ key: ExecutionKey, _ turn: inout Turn) -> Bool {
        guard awaits == event.id else { return false }
        switch phase {
        case .pulling:
            switch event {
            case .done: phase = .inspecting(DockerAsking(.inspectImage(image), &turn))
            case .failed(_, let failure): failed(failure, key, &turn)
            case .exists, .reached, .image, .volume, .container, .ended, .listed: odd()
            }
        case .inspecting(var asking):
            guard case .answered(let answer) = asking.take(event, &turn) else {
                phase = .inspecting(asking)
                return true
            }
            inspected(answer)
        case .lookingLocally(var asking, let trouble, let failure):
            guard case .answered(let answer) = asking.take(event, &turn) else {
                phase = .lookingLocally(asking, trouble, failure)
                return true
            }
            lookedLocally(answer, trouble, failure, key, &turn)
        case .pausing, .over: return false
        }
        return true
    }

    mutating func tick(_ turn: inout Turn) {
        guard let deadline, deadline <= turn.at else { return }
        switch phase {
        case .pausing: pull(&turn)
        case .inspecting(var asking):
            asking.tick(&turn)
            phase = .inspecting(asking)
        case .lookingLocally(var asking, let trouble, let failure):
            asking.tick(&turn)
            phase = .lookingLocally(asking, trouble, failure)
        case .pulling, .over: break
        }
    }

    /// Nobody wants it any more.
    func abandon(_ turn: inout Turn) {
        if let awaits { turn.ask(.docker(.abandon(awaits))) }
    }

    // MARK: - What came of it

    private mutating func pull(_ turn: inout Turn) {
        let call = DockerCall.pull(image: image, platform: platform, withCredentials: withCredentials)
        phase = .pulling(turn.ask(.docker(call)))
    }

    private mutating func failed(_ failure: DockerFailure, _ key: ExecutionKey, _ turn: inout Turn) {
        let trouble = PullTrouble(failure)
        switch trouble {
        case .denied where alsoAnonymously && withCredentials:
            turn.log(.warn, .docker(.pulledAnonymously(image)), key)
            withCredentials = false
            pull(&turn)
        case .notFound, .denied, .other: phase = .over(.failed(.pull(image, trouble, failure)))
        case .unreachable where !hasLookedLocally && !failure.mayPass: look(trouble, failure, &turn)
        case .unreachable, .busy:
            if turn.at >= giveUpAt { look(trouble, failure, &turn) } else { pause(failure, key, &turn) }
        }
    }

    private mutating func look(_ trouble: PullTrouble, _ failure: DockerFailure, _ turn: inout Turn) {
        hasLookedLocally = true
        phase = .lookingLocally(DockerAsking(.inspectImage(image), &turn), trouble, failure)
    }

    private mutating func pause(_ failure: DockerFailure, _ key: ExecutionKey, _ turn: inout Turn) {
        let first = turn.timing.pullRetryFirst.nanoseconds
        let span = min(Span(nanoseconds: first.times(1 << UInt64(min(failures, 16)))), turn.timing.pullRetryCap)
        failures &+= 1
        turn.log(.warn, .docker(.pullRetried(image, failure, after: span)), key)
        phase = .pausing(until: min(turn.at.after(span), max(giveUpAt, turn.at.after(turn.timing.pullRetryFirst))))
    }

    private mutating func inspected(_ answer: DockerEvent) {
        switch answer {
        case .image(_, let facts): judge(facts)
        case .failed(_, let failure): phase = .over(.failed(.inspection(image, failure)))
        case .done, .exists, .reached, .volume, .container, .ended, .listed: odd()
        }
    }

    private mutating func lookedLocally(
        _ answer: DockerEvent, _ trouble: PullTrouble, _ failure: DockerFailure, _ key: ExecutionKey,
        _ turn: inout Turn
    ) {
        if case .image(_, let facts) = answer {
            turn.log(.warn, .docker(.localImageUsed(image, failure)), key)
            return judge(facts)
        }
        if turn.at >= giveUpAt {
            phase = .over(.failed(.pull(image, trouble, failure)))
        } else {
            pause(failure, key, &turn)
        }
    }

    private mutating func judge(_ facts: DockerImage) {
        if facts.platform == platform {
            phase = .over(.ready(facts))
        } else {
            phase = .over(.failed(.platform(image, has: facts.platform, wanted: platform)))
        }
    }

    private mutating func odd() {
        phase = .over(.failed(.inspection(image, .unreadable(Detail("an answer to something else")))))
    }
}

extension ImagePull: Visited {
    public func visit(_ visitor: inout Visitor) {
        visitor.bytes(image)
        visitor.bytes(platform)
        visitor.flag(alsoAnonymously)
        visitor.flag(withCredentials)
        visitor.instant(giveUpAt)
        visitor.number(failures)
        visitor.flag(hasLookedLocally)
        switch phase {
        case .pulling(let id):
            visitor.tag(0)
            visitor.id(id)
        case .pausing(let until):
            visitor.tag(1)
            visitor.instant(until)
        case .inspecting(let asking):
            visitor.tag(2)
            asking.visit(&visitor)
        case .lookingLocally(let asking, let trouble, let failure):
            visitor.tag(3)
            asking.visit(&visitor)
            visitor.tag(trouble.rawValue)
            failure.visit(&visitor)
        case .over(.ready(let facts)):
            visitor.tag(4)
            facts.visit(&visitor)
        case .over(.failed(let problem)):
            visitor.tag(5)
            problem.visit(&visitor)
        }
    }
}
