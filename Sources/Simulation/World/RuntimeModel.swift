// Whoever runs what was handed over: a pure model of the other side of a dispatch command. It knows which runs it
// holds, which the worker can never see.
//
// A run is held as soon as the dispatch command has told it so, which may be long before that command ends, and also
// when the command is killed then. Only a cancel command that ends well takes it back.

import Effects

public struct RuntimeModel: Sendable {
    public struct Run: Sendable {
        public let key: ExecutionKey
        /// It runs, or will.
        var isHeld = false
        /// Its dispatch command ended well, and nobody had told it to end: the worker has nothing more to say of it.
        var wasHandedOver = false
        /// The dispatch command gave no word of its own: it was told to end, or was killed by somebody else.
        var wasBrokenOff = false
        /// The worker heard of a cancellation after it was handed over.
        var mustBeTakenBack = false
        /// How often a cancel command was started for it, or could not be.
        var cancelTries = 0
    }

    public private(set) var runs: [Run] = []
    /// Those that must be taken back since the last move. No part of the state.
    var markedNow: [ExecutionKey] = []

    /// How many run there at this moment.
    var held: Int { runs.count { $0.isHeld } }

    func run(_ key: ExecutionKey) -> Run? { runs.first { $0.key == key } }

    func wasHandedOver(_ key: ExecutionKey) -> Bool { run(key)?.wasHandedOver ?? false }

    mutating func change(_ key: ExecutionKey, _ change: (inout Run) -> Void) {
        if let index = runs.firstIndex(where: { $0.key == key }) {
            change(&runs[index])
        } else {
            var run = Run(key: key)
            change(&run)
            runs.append(run)
        }
    }

    /// What a command of the worker's did, before the worker hears of it.
    mutating func sees(_ move: ProcessMove, of process: ProcessTable.Process) {
        switch process.role {
        case .dispatch: seesDispatch(move, process)
        case .cancel: seesCancel(move, process)
        case .setup, .agent, .teardown: break
        }
    }

    private mutating func seesDispatch(_ move: ProcessMove, _ process: ProcessTable.Process) {
        let told = process.wasToldToEnd
        switch move {
        case .handsOver: change(process.key) { $0.isHeld = true }
        case .succeedsAnyway, .succeedsLeaving: change(process.key) { $0.isHeld = true }
        case .ends, .endsLeavingDescendants:
            guard !told else { return }
            change(process.key) {
                $0.isHeld = true
                $0.wasHandedOver = !process.givenUp
            }
        case .isKilled: change(process.key) { $0.wasBrokenOff = true }
        case .starts, .failsToStart, .endsBadly, .clears, .finishes: break
        }
    }

    private mutating func seesCancel(_ move: ProcessMove, _ process: ProcessTable.Process) {
        switch move {
        case .starts, .failsToStart: change(process.key) { $0.cancelTries += 1 }
        case .succeedsAnyway, .succeedsLeaving: change(process.key) { $0.isHeld = false }
        case .ends, .endsLeavingDescendants:
            if !process.wasToldToEnd { change(process.key) { $0.isHeld = false } }
        case .handsOver, .endsBadly, .isKilled, .clears, .finishes: break
        }
    }
}

extension RuntimeModel: Visited {
    public func visit(_ visitor: inout Visitor) {
        visitor.list(runs)
    }
}

extension RuntimeModel.Run: Visited {
    public func visit(_ visitor: inout Visitor) {
        key.visit(&visitor)
        visitor.flag(isHeld)
        visitor.flag(wasHandedOver)
        visitor.flag(wasBrokenOff)
        visitor.flag(mustBeTakenBack)
        visitor.number(cancelTries)
    }
}
