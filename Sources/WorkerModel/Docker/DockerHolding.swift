// A container or a volume that an execution owns on the daemon, by a name that was chosen before asking.
//
//   wanted        -> asked
//   asked         -> held | checking | releasing | gone (refused, or the name is taken)
//   checking      -> held | releasing | gone              (nobody knows whether it was made: look whose it is)
//   held          -> releasing | gone (kept on purpose)
//   releasing     -> gone | retrying
//   retrying      -> releasing | checking                 (the name may be somebody else's by now)
//   gone
//
// A request that makes something is never abandoned: who no longer wants the thing waits for the answer and gives it
// back then. Journal notes are written here and nowhere else.

import Codecs
import Effects

public struct DockerHolding: Hashable, Codable, Sendable {
    public enum Stage: Hashable, Codable, Sendable {
        case wanted
        case asked(DockerAsking, unwanted: Bool)
        case checking(DockerAsking, unwanted: Bool, DockerFailure, failures: Int)
        case held
        case releasing(DockerAsking, failures: Int)
        case retrying(at: Instant, failures: Int)
        case gone
    }

    enum Heard: Equatable {
        case notMine
        case goesOn
        case held
        /// Somebody else has this name.
        case taken
        case refused(DockerFailure)
        case gone
    }

    public let possession: Possession
    public private(set) var stage: Stage
    /// An earlier life had it, under a name that somebody else may have by now.
    private let isDoubtful: Bool

    init(_ possession: Possession) {
        self.possession = possession
        stage = .wanted
        isDoubtful = false
    }

    /// What an earlier life left, or nothing. A drawn name is ours if it exists.
    init(inherited belonging: Inheritance.Run.Belonging?) {
        possession = belonging?.possession ?? .container([])
        stage = belonging == nil ? .gone : .held
        isDoubtful = belonging.map { !DockerNames.isDrawn($0.possession.nameOnDaemon) } ?? false
    }

    public var name: Bytes { possession.nameOnDaemon }
    public var isHeld: Bool { stage == .held }
    public var isGone: Bool {
        switch stage {
        case .wanted, .gone: true
        case .asked, .checking, .held, .releasing, .retrying: false
        }
    }

    private var asking: DockerAsking? {
        switch stage {
        case .asked(let asking, _), .checking(let asking, _, _, _), .releasing(let asking, _): asking
        case .wanted, .held, .retrying, .gone: nil
        }
    }

    public var awaits: EffectID? { asking?.awaits }

    public var deadline: Instant? {
        switch stage {
        case .retrying(let at, _): at
        case .wanted, .asked, .checking, .held, .releasing, .gone: asking?.deadline
        }
    }

    mutating func ask(_ call: DockerCall, _ key: ExecutionKey, _ turn: inout Turn) {
        turn.note(.intended(possession))
        stage = .asked(DockerAsking(call, &turn), unwanted: false)
    }

    /// Not needed any more.
    mutating func relinquish(_ key: ExecutionKey, _ turn: inout Turn) {
        switch stage {
        case .wanted: stage = .gone
        case .asked(let asking, _):
            stage = .asked(asking, unwanted: true)
            if asking.awaits == nil { giveUp(asking, key, &turn) }
        case .checking(let asking, _, let failure, let failures):
            stage = .checking(asking, unwanted: true, failure, failures: failures)
        case .held where isDoubtful: _ = check(true, .timedOut, &turn)
        case .held: release(failures: 0, &turn)
        case .releasing, .retrying, .gone: break
        }
    }

    /// Kept on purpose: ours no more.
    mutating func letGo(_ key: ExecutionKey, _ turn: inout Turn) {
        if isHeld { lost(key, &turn) }
    }

    // MARK: - Events

    mutating func take(_ event: DockerEvent, _ key: ExecutionKey, _ turn: inout Turn) -> Heard {
        guard var asking, asking.awaits == event.id else { return .notMine }
        let heard = asking.take(event, &turn)
        guard case .answered(let answer) = heard else {
            keep(asking)
            // Nobody wants it any more, so it is not asked for again.
            if case .asked(_, unwanted: true) = stage { giveUp(asking, key, &turn) }
            // It may be gone, and its name another's by now, so the removal is not repeated unseen.
            if case .releasing(_, let failures) = stage, asking.mayBeDone, !DockerNames.isDrawn(name) {
                return released(event, failures, key, &turn)
            }
            return .goesOn
        }
        switch stage {
        case .asked(_, let unwanted): return asked(answer, asking, unwanted, key, &turn)
        case .checking(_, let unwanted, let failure, let failures):
            return checked(answer, unwanted, failure, failures, key, &turn)
        case .releasing(_, let failures): return released(answer, failures, key, &turn)
        case .wanted, .held, .retrying, .gone: return .notMine
        }
    }

    mutating func tick(_ key: ExecutionKey, _ turn: inout Turn) {
        guard let deadline, deadline <= turn.at else { return }
        switch stage {
        // The daemon may have removed it without our hearing of it, and others give such names again.
        case .retrying(_, let failures) where !DockerNames.isDrawn(name):
            _ = check(true, .timedOut, failures: failures, &turn)
        case .retrying(_, let failures): release(failures: failures, &turn)
        case .wanted, .asked, .checking, .held, .releasing, .gone:
            guard var asking else { return }
            asking.tick(&turn)
            keep(asking)
        }
    }

    /// The hands broke their contract for its request: nobody knows what came of it.
    mutating func broke(_ id: EffectID, _ key: ExecutionKey, _ turn: inout Turn) -> Heard {
        take(.failed(id, .unreadable(Detail("an internal error"))), key, &turn)
    }

    private mutating func keep(_ asking: DockerAsking) {
        switch stage {
        case .asked(_, let unwanted): stage = .asked(asking, unwanted: unwanted)
        case .checking(_, let unwanted, let failure, let failures):
            stage = .checking(asking, unwanted: unwanted, failure, failures: failures)
        case .releasing(_, let failures): stage = .releasing(asking, failures: failures)
        case .wanted, .held, .retrying, .gone: break
        }
    }

    private mutating func asked(
        _ answer: DockerEvent, _ asking: DockerAsking, _ unwanted: Bool, _ key: ExecutionKey, _ turn: inout Turn
    ) -> Heard {
        switch answer {
        case .done: return acquired(unwanted, key, &turn)
        case .exists where !asking.mayBeDone:
            lost(key, &turn)
            return .taken
        case .failed(_, let failure) where !asking.mayBeDone:
            lost(key, &turn)
            return .refused(failure)
        case .exists, .failed, .reached, .image, .volume, .container, .ended, .listed:
            var failure = DockerFailure.timedOut
            if case .failed(_, let known) = answer { failure = known }
            return check(unwanted, failure, &turn)
        }
    }

    /// What was never answered, and is not wanted any more.
    private mutating func giveUp(_ asking: DockerAsking, _ key: ExecutionKey, _ turn: inout Turn) {
        guard asking.mayBeDone else { return lost(key, &turn) }
        _ = check(true, .timedOut, &turn)
    }

    private mutating func check(
        _ unwanted: Bool, _ failure: DockerFailure, failures: Int = 0, _ turn: inout Turn
    ) -> Heard {
        switch possession {
        case .container(let name):
            let look = DockerAsking(.inspectContainer(name), endless: true, &turn)
            stage = .checking(look, unwanted: unwanted, failure, failures: failures)
            return .goesOn
        // Its name is ours alone, so it may be removed unseen.
        case .volume, .workspace, .directory, .file, .process:
            release(failures: failures, &turn)
            return .refused(failure)
        }
    }

    private mutating func checked(
        _ answer: DockerEvent, _ unwanted: Bool, _ failure: DockerFailure, _ failures: Int, _ key: ExecutionKey,
        _ turn: inout Turn
    ) -> Heard {
        guard case .container(_, let found) = answer else {
            if case .failed(_, let trouble) = answer, trouble.isNotFound {
                lost(key, &turn)
                return .refused(failure)
            }
            // The daemon can't tell now.
            let look = DockerAsking(soon: .inspectContainer(name), &turn)
            stage = .checking(look, unwanted: unwanted, failure, failures: failures)
            return .goesOn
        }
        // Executions of two tasks may have one id.
        let isOurs =
            found.instance == Labels.hash(turn.settings.instanceID) && found.task == Labels.hash(key.task.bytes)
            && found.execution == Labels.executionHash(key)
        if isOurs { return acquired(unwanted, failures: failures, key, &turn) }
        lost(key, &turn)
        return .taken
    }

    private mutating func acquired(
        _ unwanted: Bool, failures: Int = 0, _ key: ExecutionKey, _ turn: inout Turn
    ) -> Heard {
        turn.note(.acquired(possession))
        stage = .held
        guard unwanted else { return .held }
        release(failures: failures, &turn)
        return .goesOn
    }

    private mutating func lost(_ key: ExecutionKey, _ turn: inout Turn) {
        turn.note(.released(possession))
        stage = .gone
    }

    private mutating func release(failures: Int, _ turn: inout Turn) {
        let call: DockerCall
        switch possession {
        case .volume(let name): call = .removeVolume(name)
        case .container(let name): call = .removeContainer(name)
        case .workspace, .directory, .file, .process:
            stage = .gone
            return
        }
        stage = .releasing(DockerAsking(call, &turn), failures: failures)
    }

    private mutating func released(
        _ answer: DockerEvent, _ failures: Int, _ key: ExecutionKey, _ turn: inout Turn
    ) -> Heard {
        guard case .failed(_, let failure) = answer, !failure.isNotFound else {
            lost(key, &turn)
            return .gone
        }
        let givenUp = failures &+ 1 >= turn.limits.removals
        turn.log(.warn, .docker(.dockerRemovalFailed(name, failure, givenUp: givenUp)), key)
        guard givenUp else {
            stage = .retrying(at: turn.at.after(turn.timing.removalRetry), failures: failures &+ 1)
            return .goesOn
        }
        turn.measure(.cleanupFailed(.cleanup))
        stage = .gone
        return .gone
    }
}

extension DockerHolding: Visited {
    public func visit(_ visitor: inout Visitor) {
        possession.visit(&visitor)
        visitor.flag(isDoubtful)
        switch stage {
        case .wanted: visitor.tag(0)
        case .asked(let asking, let unwanted):
            visitor.tag(1)
            asking.visit(&visitor)
            visitor.flag(unwanted)
        case .checking(let asking, let unwanted, let failure, let failures):
            visitor.tag(2)
            asking.visit(&visitor)
            visitor.flag(unwanted)
            failure.visit(&visitor)
            visitor.number(failures)
        case .held: visitor.tag(3)
        case .releasing(let asking, let failures):
            visitor.tag(4)
            asking.visit(&visitor)
            visitor.number(failures)
        case .retrying(let at, let failures):
            visitor.tag(5)
            visitor.instant(at)
            visitor.number(failures)
        case .gone: visitor.tag(6)
        }
    }
}
