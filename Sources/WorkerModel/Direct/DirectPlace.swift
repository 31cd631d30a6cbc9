// Where one execution lives on the host: its workspace, or the shared target directory with a scratch directory
// beside it, and the file through which a setup command hands variables to the agent.

import Codecs
import Effects

public struct DirectPlace: Hashable, Codable, Sendable {
    public enum Ground: Hashable, Codable, Sendable {
        /// A workspace of its own.
        case own(Holding)
        /// The operator's directory, never ours; the private git configuration lies in a scratch directory.
        case shared(directory: Bytes, scratch: Holding)
    }

    public var ground: Ground
    /// Nil until the ground is there.
    public var environmentFile: Holding?

    init(_ ground: Ground) {
        self.ground = ground
        environmentFile = nil
    }

    /// What an earlier life left of it.
    init(_ ground: Ground, environmentFile: Holding?) {
        self.ground = ground
        self.environmentFile = environmentFile
    }

    /// Where commands run.
    var directory: Bytes {
        switch ground {
        case .own(let workspace): workspace.path
        case .shared(let directory, _): directory
        }
    }

    var gitConfiguration: Bytes {
        switch ground {
        case .own(let workspace): workspace.path + Bytes(text: "/.gitconfig")
        case .shared(_, let scratch): scratch.path + Bytes(text: "/.gitconfig")
        }
    }

    /// The holding that must be there before anything can run.
    var base: Holding {
        switch ground {
        case .own(let workspace): workspace
        case .shared(_, let scratch): scratch
        }
    }

    mutating func withBase<Result>(_ change: (inout Holding) -> Result) -> Result {
        switch ground {
        case .own(var workspace):
            let result = change(&workspace)
            ground = .own(workspace)
            return result
        case .shared(let directory, var scratch):
            let result = change(&scratch)
            ground = .shared(directory: directory, scratch: scratch)
            return result
        }
    }

    /// The workspace, where there is one of our own.
    var workspace: Holding? {
        switch ground {
        case .own(let workspace): workspace
        case .shared: nil
        }
    }

    /// An answer is due that tells what there is to give back.
    var isBeingMade: Bool { base.isBeingMade || environmentFile?.isBeingMade == true }

    var isGone: Bool { base.isGone && (environmentFile?.isGone ?? true) }

    var deadline: Instant? { earlier(base.deadline, environmentFile?.deadline) }

    /// The workspace is about to be renamed, and with it the environment file.
    func moving(to path: Bytes, _ turn: inout Turn) {
        base.moving(to: path, &turn)
        if let file = movableFile { file.moving(to: newPath(of: file, under: path), &turn) }
    }

    /// The answer to that.
    mutating func take(
        _ event: FilesEvent, of rename: DirectStep.PendingRename, _ key: ExecutionKey, _ turn: inout Turn
    ) {
        if rename.isRepeated { return renamedAgain(to: rename.to, event, key, &turn) }
        switch event {
        case .done: moved(to: rename.to, &turn)
        case .exists, .failed, .found, .environmentRead: stayed(rename.to, &turn)
        }
    }

    /// The answer to a renaming that an earlier life had asked for, too, without hearing what came of it. Whatever has
    /// the new name is ours. What still has the old one is somebody else's, since ours was renamed before.
    private mutating func renamedAgain(to path: Bytes, _ event: FilesEvent, _ key: ExecutionKey, _ turn: inout Turn) {
        if case .failed(_, let failure) = event, failure != .notFound {
            turn.log(.warn, .removalFailed(directory, failure, givenUp: true), key)
            turn.measure(.cleanupFailed(.cleanup))
            return moved(to: path, isSeen: false, &turn)
        }
        moved(to: path, &turn)
    }

    /// Both lie elsewhere now.
    private mutating func moved(to path: Bytes, isSeen: Bool = true, _ turn: inout Turn) {
        if var file = movableFile {
            file.moved(to: newPath(of: file, under: path), &turn)
            environmentFile = file
        }
        withBase { isSeen ? $0.moved(to: path, &turn) : $0.movedUnseen(to: path) }
    }

    /// Neither was renamed.
    private func stayed(_ path: Bytes, _ turn: inout Turn) {
        base.stayed(path, &turn)
        if let file = movableFile { file.stayed(newPath(of: file, under: path), &turn) }
    }

    private var movableFile: Holding? {
        guard let environmentFile, environmentFile.isHeld else { return nil }
        return environmentFile
    }

    private func newPath(of file: Holding, under path: Bytes) -> Bytes {
        path + file.path.dropFirst(directory.count)
    }

    /// Gives everything back. With cleanup off the workspace stays; the environment file and the scratch directory
    /// never do.
    mutating func relinquish(_ key: ExecutionKey, _ turn: inout Turn) {
        let keep = !turn.settings.cleanup
        if keep, let workspace, workspace.isHeld {
            turn.log(.info, .workspaceKept(workspace.path), key)
            environmentFile?.relinquish(&turn)
            withBase { $0.letGo(&turn) }
            return
        }
        if workspace?.isHeld == true, environmentFile?.isHeld == true {
            // It lies in the workspace and goes with it.
            environmentFile?.letGo(&turn)
        } else {
            environmentFile?.relinquish(&turn)
        }
        withBase { $0.relinquish(&turn) }
    }

    mutating func take(_ event: FilesEvent, _ key: ExecutionKey, _ turn: inout Turn) -> Bool {
        if withBase({ $0.take(event, key, &turn) }) { return true }
        return environmentFile?.take(event, key, &turn) ?? false
    }

    mutating func tick(_ turn: inout Turn) {
        withBase { $0.tick(&turn) }
        environmentFile?.tick(&turn)
    }
}

extension DirectPlace: Visited {
    public func visit(_ visitor: inout Visitor) {
        switch ground {
        case .own(let workspace):
            visitor.tag(0)
            workspace.visit(&visitor)
        case .shared(let directory, let scratch):
            visitor.tag(1)
            visitor.bytes(directory)
            scratch.visit(&visitor)
        }
        visitor.optional(environmentFile)
    }
}
