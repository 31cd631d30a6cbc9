// Something outside that an execution owns: a directory or a file. (A process is held by `Supervised`, which is a
// holding with a life of its own.)
//
//   wanted        -> asked
//   asked         -> held | gone (refused)
//   held          -> relinquishing | gone (kept on purpose)
//   relinquishing -> gone | retrying
//   retrying      -> relinquishing
//   gone
//
// The name is chosen before asking. An acquiring request is never abandoned: who no longer wants the thing waits for
// the completion and releases then. Releasing a path unseen, by its name, would be wrong: the name may be somebody
// else's, which only the completion tells. Journal notes are written here and nowhere else.

import Codecs
import Effects

public struct Holding: Hashable, Codable, Sendable {
    public enum Stage: Hashable, Codable, Sendable {
        case wanted
        case asked(EffectID)
        case held
        case relinquishing(EffectID, failures: Int)
        case retrying(at: Instant, failures: Int)
        case gone
    }

    public private(set) var possession: Possession
    public private(set) var stage: Stage
    /// An earlier life asked for it, and nobody knows what the answer was: it may be somebody else's, or not be there.
    private let isDoubtful: Bool

    public init(_ possession: Possession) {
        self.possession = possession
        stage = .wanted
        isDoubtful = false
    }

    /// What an earlier life left.
    init(inherited belonging: Inheritance.Run.Belonging) {
        possession = belonging.possession
        stage = .held
        isDoubtful = belonging.mayBeForeign
    }

    /// Known to be ours.
    public var isHeld: Bool { stage == .held && !isDoubtful }
    public var isGone: Bool { stage == .gone }

    /// The request in flight, if there is one.
    public var awaits: EffectID? {
        switch stage {
        case .asked(let id), .relinquishing(let id, _): id
        case .wanted, .held, .retrying, .gone: nil
        }
    }

    /// Asked for and not answered: it may or may not exist.
    public var isBeingMade: Bool {
        switch stage {
        case .asked: true
        case .wanted, .held, .relinquishing, .retrying, .gone: false
        }
    }

    public var deadline: Instant? {
        switch stage {
        case .retrying(let at, _): at
        case .wanted, .asked, .held, .relinquishing, .gone: nil
        }
    }

    mutating func ask(_ turn: inout Turn) {
        turn.note(.intended(possession))
        switch possession {
        case .workspace(let path), .directory(let path): stage = .asked(turn.ask(.files(.makeDirectory(path))))
        case .file(let path): stage = .asked(turn.ask(.files(.makeFile(path))))
        case .process, .container, .volume: stage = .gone
        }
    }

    mutating func acquired(_ turn: inout Turn) {
        turn.note(.acquired(possession))
        stage = .held
    }

    /// The request came back without the thing.
    mutating func refused(_ turn: inout Turn) {
        turn.note(.released(possession))
        stage = .gone
    }

    /// It is about to be renamed: until the answer it may lie under either name.
    func moving(to path: Bytes, _ turn: inout Turn) {
        turn.note(.intended(possession.at(path)))
    }

    /// It lies under another name now.
    mutating func moved(to path: Bytes, _ turn: inout Turn) {
        let before = possession
        possession = before.at(path)
        turn.note(.acquired(possession))
        turn.note(.released(before))
    }

    /// It may lie under another name now, or still where it was: nobody could find out. The journal has both names,
    /// and that the other one was only intended, so the next life asks again.
    mutating func movedUnseen(to path: Bytes) {
        possession = possession.at(path)
    }

    /// It was not renamed after all.
    func stayed(_ path: Bytes, _ turn: inout Turn) {
        turn.note(.released(possession.at(path)))
    }

    /// Not needed any more. Never called while it is being made.
    mutating func relinquish(_ turn: inout Turn) {
        switch stage {
        case .wanted: stage = .gone
        case .held: release(failures: 0, &turn)
        case .asked, .relinquishing, .retrying, .gone: break
        }
    }

    /// Kept on purpose, or gone with something that held it: ours no more.
    mutating func letGo(_ turn: inout Turn) {
        guard stage == .held else { return }
        turn.note(.released(possession))
        stage = .gone
    }

    mutating func released(_ turn: inout Turn) {
        turn.note(.released(possession))
        stage = .gone
    }

    mutating func releaseFailed(_ failure: FileFailure, _ key: ExecutionKey, _ turn: inout Turn) {
        guard case .relinquishing(_, let failures) = stage else { return turn.late() }
        let givenUp = failures &+ 1 >= turn.limits.removals
        turn.log(.warn, .removalFailed(path, failure, givenUp: givenUp), key)
        guard givenUp else {
            stage = .retrying(at: turn.at.after(turn.timing.removalRetry), failures: failures &+ 1)
            return
        }
        turn.measure(.cleanupFailed(.cleanup))
        stage = .gone
    }

    mutating func tick(_ turn: inout Turn) {
        guard case .retrying(let at, let failures) = stage, at <= turn.at else { return }
        release(failures: failures, &turn)
    }

    public var path: Bytes { possession.path }

    private mutating func release(failures: Int, _ turn: inout Turn) {
        switch possession {
        // Nobody has worked in one that was only asked for, so there is something in it only if it is not ours.
        case .workspace(let path) where isDoubtful:
            stage = .relinquishing(turn.ask(.files(.removeEmptyDirectory(path))), failures: failures)
        case .workspace(let path), .directory(let path):
            stage = .relinquishing(turn.ask(.files(.removeTree(path))), failures: failures)
        case .file(let path):
            stage = .relinquishing(turn.ask(.files(.removeFile(path))), failures: failures)
        case .process, .container, .volume: stage = .gone
        }
    }
}

extension Possession {
    fileprivate func at(_ path: Bytes) -> Possession {
        switch self {
        case .workspace: .workspace(path)
        case .directory: .directory(path)
        case .file: .file(path)
        case .process, .container, .volume: self
        }
    }
}

extension Holding {
    /// Takes the answer to its own request. False where it was not waiting for this one.
    mutating func take(_ event: FilesEvent, _ key: ExecutionKey, _ turn: inout Turn) -> Bool {
        guard awaits == event.id else { return false }
        switch (stage, event) {
        case (.asked, .done): acquired(&turn)
        case (.asked, _): refused(&turn)
        case (.relinquishing, .done): released(&turn)
        case (.relinquishing, .exists) where isDoubtful: released(&turn)
        case (.relinquishing, .failed(_, let failure)): releaseFailed(failure, key, &turn)
        case (.relinquishing, _), (.wanted, _), (.held, _), (.retrying, _), (.gone, _): return false
        }
        return true
    }
}

extension Holding: Visited {
    public func visit(_ visitor: inout Visitor) {
        possession.visit(&visitor)
        visitor.flag(isDoubtful)
        switch stage {
        case .wanted: visitor.tag(0)
        case .asked(let id):
            visitor.tag(1)
            visitor.id(id)
        case .held: visitor.tag(2)
        case .relinquishing(let id, let failures):
            visitor.tag(4)
            visitor.id(id)
            visitor.number(failures)
        case .retrying(let at, let failures):
            visitor.tag(5)
            visitor.instant(at)
            visitor.number(failures)
        case .gone: visitor.tag(6)
        }
    }
}
