// Makes a failure short: leaves moves out as long as the same invariant still breaks. First pieces by the half, then
// ever smaller ones, then single moves; a move that is not possible any more is passed over.

import WorkerModel

public struct Shrunk: Sendable {
    public let start: World
    public let moves: [Happening]
    public let restFrom: Int?
    public let violation: Violation
    /// It also happens to a worker that has just been started and connected.
    public let isFromTheBeginning: Bool
}

public struct Shrinker {
    fileprivate let invariant: String
    fileprivate var start: World
    fileprivate var tries: Int

    public static func shrink(_ failure: SeededRun.Failure, tries: Int = 2_000) -> Shrunk {
        var shrinker = Shrinker(invariant: failure.violation.invariant, start: failure.start, tries: tries)
        return shrinker.shrink(failure)
    }

    private mutating func shrink(_ failure: SeededRun.Failure) -> Shrunk {
        // From here on everything is looked at after every input, which may show it earlier.
        start.lookEvery = 1
        let snapshot = start
        let wild = Array(failure.moves.prefix(failure.restFrom ?? failure.moves.count))
        // The shortest story is that of a fresh worker; only what needs its past keeps it.
        start = World.justConnected(snapshot.scenario)
        let isFresh = fails(wild) != nil
        if !isFresh { start = snapshot }
        var moves = wild
        var piece = max(moves.count / 2, 1)
        while tries > 0 {
            var shorter = false
            var place = 0
            while place < moves.count, tries > 0 {
                var fewer = moves
                fewer.removeSubrange(place..<min(place + piece, moves.count))
                if fails(fewer) != nil {
                    moves = fewer
                    shorter = true
                } else {
                    place += piece
                }
            }
            if piece == 1, !shorter { break }
            if !shorter { piece = max(piece / 2, 1) }
        }
        guard let found = fails(moves) else {
            // Never so: what was kept did fail. Told as it was found.
            return Shrunk(
                start: snapshot, moves: failure.moves, restFrom: failure.restFrom, violation: failure.violation,
                isFromTheBeginning: false)
        }
        return Shrunk(
            start: start, moves: found.moves, restFrom: found.restFrom, violation: found.violation,
            isFromTheBeginning: isFresh)
    }

    /// What happens when these moves are made as far as they are possible, and all comes to rest afterwards.
    private mutating func fails(_ moves: [Happening]) -> (moves: [Happening], restFrom: Int?, violation: Violation)? {
        tries -= 1
        var world = start
        var made: [Happening] = []
        for move in moves where world.allows(move) {
            made.append(move)
            if let violation = world.make(move) { return matching(made, nil, violation) }
        }
        let restFrom = made.count
        world.calmDown()
        for _ in 0..<20_000 {
            guard let move = world.calmMove() else {
                return world.violatedAtRest().flatMap { matching(made, restFrom, $0) }
            }
            made.append(Happening(move))
            if let violation = world.make(move) { return matching(made, restFrom, violation) }
        }
        return matching(
            made, restFrom, Violation("ComesToRest", "without faults the worker does not come to rest"))
    }

    private func matching(
        _ moves: [Happening], _ restFrom: Int?, _ violation: Violation
    ) -> (moves: [Happening], restFrom: Int?, violation: Violation)? {
        violation.invariant == invariant ? (moves, restFrom, violation) : nil
    }
}

extension World {
    /// A worker that was started, found all well and has its first connection, in front of this script.
    fileprivate static func justConnected(_ scenario: Scenario) -> World {
        var world = World(Scenario("the start", scenario.settings, []))
        while let move = world.calmMove(), world.make(move) == nil {}
        world.turnPage(scenario)
        return world
    }
}
