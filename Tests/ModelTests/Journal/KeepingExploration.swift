// Breadth-first through all that may come, within small bounds; and the mistakes that it has to find.

import Effects
import WorkerModel

struct KeepingExploration {
    struct Failure {
        let broken: Broken
        let moves: [KeepingMove]
        /// From there on nothing failed any more.
        let rest: [KeepingMove]
    }

    private(set) var states = 0
    private(set) var moves = 0
    private(set) var depth = 0
    /// Deaths after which was read.
    private(set) var deaths = 0
    private(set) var failure: Failure?

    private var seen: Set<UInt64> = []
    private var restful: Set<UInt64> = []
    private var parents: [Int] = [0]
    private var story: [KeepingMove] = [.done]

    init(_ bounds: KeepingWorld.Bounds, mistake: KeepingMistake? = nil) {
        let start = KeepingWorld(bounds, mistake: mistake)
        seen = [start.fingerprint]
        var frontier = [(world: start, node: 0)]
        while !frontier.isEmpty, failure == nil {
            var next: [(world: KeepingWorld, node: Int)] = []
            for entry in frontier where failure == nil { expand(entry.world, entry.node, &next) }
            frontier = next
            depth += 1
        }
        states = seen.count
    }

    private mutating func expand(
        _ world: KeepingWorld, _ node: Int, _ next: inout [(world: KeepingWorld, node: Int)]
    ) {
        // One of the process, and those of the machine.
        deaths += 1 + world.disk.afterPowerCut.count
        for move in world.moves() {
            var successor = world
            moves += 1
            do throws(Broken) {
                try successor.make(move)
                guard seen.insert(successor.fingerprint).inserted else { continue }
                parents.append(node)
                story.append(move)
                next.append((successor, parents.count - 1))
            } catch {
                failure = Failure(broken: error, moves: path(to: node) + [move], rest: [])
                return
            }
            var rest: [KeepingMove] = []
            do throws(Broken) {
                try follow(successor, &rest)
            } catch {
                failure = Failure(broken: error, moves: path(to: node) + [move], rest: rest)
                return
            }
        }
    }

    /// From every state: if nothing fails any more, it becomes whole.
    private mutating func follow(_ world: KeepingWorld, _ rest: inout [KeepingMove]) throws(Broken) {
        var world = world
        var passed: Set<UInt64> = []
        while !restful.contains(world.fingerprint) {
            guard passed.insert(world.fingerprint).inserted else {
                throw Broken(promise: .becomesWhole, words: "it goes round in a circle")
            }
            guard let move = world.nextWithoutFaults else {
                try world.lookAtRest()
                break
            }
            rest.append(move)
            try world.make(move)
        }
        restful.formUnion(passed)
    }

    private func path(to node: Int) -> [KeepingMove] {
        var node = node
        var moves: [KeepingMove] = []
        while node > 0 {
            moves.append(story[node])
            node = parents[node]
        }
        return moves.reversed()
    }
}

/// Mistakes that whoever keeps a journal could make.
enum KeepingMistake: CaseIterable {
    case forgetsToCutBack, keepsNothing, dropsNothing, tellsNothing, takesFailureForDone, neverTriesAgain
    case preparesUnsynced, settlesNothing, letsGoEarly, waitsWithoutEnd

    /// What the exploration says of it.
    var breaks: Promise {
        switch self {
        case .forgetsToCutBack: .damageHasCause
        case .keepsNothing: .writtenOutlivesProcess
        case .dropsNothing: .keptIsBounded
        case .tellsNothing: .writtenOutlivesProcess
        case .takesFailureForDone, .preparesUnsynced, .letsGoEarly: .letGoOutlivesMachine
        case .neverTriesAgain, .settlesNothing: .becomesWhole
        case .waitsWithoutEnd: .endIsBounded
        }
    }

    func forgets(_ effect: KeepingEffect) -> Bool {
        switch (self, effect) {
        case (.forgetsToCutBack, .cutBack), (.keepsNothing, .keepForNext), (.dropsNothing, .dropKept),
            (.tellsNothing, .tellFailing):
            true
        default: false
        }
    }

    func changed(_ event: KeepingEvent) -> KeepingEvent {
        if self == .takesFailureForDone, case .syncFailed = event { .synced } else { event }
    }
}
