// Breadth-first search over every choice of a scenario.
//
// States are told apart by their fingerprint. The first violation found is the one with the shortest story. From
// every state that was found, a fault-free continuation must come to rest; continuations are remembered, so that each
// state is walked once. Some of the moves are reduced twice, which must come to the same.

import WorkerModel

public struct Exploration: Sendable {
    public var scenario: String
    public var states = 0
    public var transitions = 0
    public var depth = 0
    /// A bound was hit: the search was not exhaustive.
    public var truncated = false
    public var witnesses = WitnessSet()
    /// Empty unless they were watched.
    public var table = TransitionTable()
    public var failure: Failure?

    public struct Failure: Sendable {
        public let violation: Violation
        /// From the start to the violation.
        public let moves: [Happening]
        /// It was found on the fault-free continuation: where that begins.
        public let restFrom: Int?
    }
}

public struct Explorer {
    private let scenario: Scenario
    private var seen = FingerprintSet()
    private var restful = FingerprintSet()
    private var parents: [UInt32] = []
    private var moves: [Happening] = []
    private var result: Exploration

    /// A continuation longer than this does not come to rest.
    private static let continuationMax = 2_000
    /// One move of so many is reduced twice.
    private static let repeatedEvery = 16

    private let watches: Bool

    public init(_ scenario: Scenario, watchingTransitions: Bool = false) {
        self.scenario = scenario
        watches = watchingTransitions
        result = Exploration(scenario: scenario.name)
    }

    public static func explore(_ scenario: Scenario, watchingTransitions: Bool = false) -> Exploration {
        var explorer = Explorer(scenario, watchingTransitions: watchingTransitions)
        explorer.run()
        return explorer.result
    }

    private mutating func run() {
        let start = World(scenario, watchingTransitions: watches)
        _ = seen.insert(start.fingerprint)
        parents = [0]
        moves = [Happening(.begin)]
        var frontier: [(world: World, node: UInt32)] = [(start, 0)]
        search: while !frontier.isEmpty {
            result.depth += 1
            var next: [(world: World, node: UInt32)] = []
            for entry in frontier {
                guard expand(entry.world, entry.node, &next) else { break search }
            }
            frontier = next
        }
        result.states = seen.count
    }

    /// False where the search ends.
    private mutating func expand(
        _ world: World, _ node: UInt32, _ next: inout [(world: World, node: UInt32)]
    ) -> Bool {
        for move in world.moves() {
            guard let effects = follow(Happening(move), from: world, node, &next) else { return false }
            guard world.crashesLeft > 0, !world.isDead else { continue }
            // Between every two effects, in front of the first and behind the last.
            for count in 0...effects {
                let death = Happening(move, diesAfter: count)
                guard follow(death, from: world, node, &next) != nil else { return false }
            }
        }
        return true
    }

    /// How many effects it had on the outside; nil where the search ends.
    private mutating func follow(
        _ move: Happening, from world: World, _ node: UInt32, _ next: inout [(world: World, node: UInt32)]
    ) -> Int? {
        var successor = world
        successor.repeatsInputs = result.transitions.isMultiple(of: Explorer.repeatedEvery)
        let violation = successor.make(move)
        let effects = successor.reached
        result.transitions += 1
        result.witnesses.formUnion(successor.witnesses)
        result.table.add(successor.transitions)
        if let violation {
            result.failure = .init(violation: violation, moves: story(node) + [move], restFrom: nil)
            return nil
        }
        guard seen.insert(successor.fingerprint) else { return effects }
        if seen.count >= scenario.statesMax {
            result.truncated = true
            return nil
        }
        let child = UInt32(truncatingIfNeeded: parents.count)
        parents.append(node)
        moves.append(move)
        if let failure = unrest(successor, child) {
            result.failure = failure
            return nil
        }
        next.append((successor, child))
        return effects
    }

    private func story(_ node: UInt32) -> [Happening] {
        var list: [Happening] = []
        var at = node
        while at != 0 {
            list.append(moves[Int(at)])
            at = parents[Int(at)]
        }
        return list.reversed()
    }

    /// Walks on without faults until all is at rest.
    private mutating func unrest(_ world: World, _ node: UInt32) -> Exploration.Failure? {
        var world = world
        world.repeatsInputs = false
        world.calmDown()
        var walked: [UInt64] = []
        var steps: [Happening] = []
        while true {
            let fingerprint = world.fingerprint
            if restful.contains(fingerprint) { break }
            walked.append(fingerprint)
            guard let move = world.calmMove() else {
                guard let violation = world.violatedAtRest() else { break }
                let begin = story(node)
                return .init(violation: violation, moves: begin + steps, restFrom: begin.count)
            }
            steps.append(Happening(move))
            let violation = world.make(move)
            result.witnesses.formUnion(world.witnesses)
            result.table.add(world.transitions)
            if let violation {
                let begin = story(node)
                return .init(violation: violation, moves: begin + steps, restFrom: begin.count)
            }
            if steps.count > Explorer.continuationMax {
                let begin = story(node)
                let endless = Violation("ComesToRest", "without faults the worker does not come to rest")
                return .init(violation: endless, moves: begin + steps.prefix(60), restFrom: begin.count)
            }
        }
        for fingerprint in walked { _ = restful.insert(fingerprint) }
        return nil
    }
}

extension World {
    /// From here on nobody does anything against us, and nobody wants anything new.
    mutating func calmDown() {
        faultsLeft = 0
        crashesLeft = 0
        signalsLeft = 0
        sleepsLeft = 0
        server.nextAssignment = scenario.assignments.count
        server.cancelled = server.cancelled.map { _ in true }
        server.saidNonsense = server.saidNonsense.map { _ in true }
    }

    /// What a healthy world does next, or nil at rest.
    func calmMove() -> Move? {
        if isDead { return .startAgain }
        // Whoever said that it left something is started again, if there is anything to go by.
        if exited != nil {
            return admittedLeftovers && livesLeft > 0 && scenario.settings.journals ? .startAgain : nil
        }
        if !begun { return .begin }
        if let prompt = promptMoves(faults: false).firstInGoodOrder { return prompt }
        if let running = processes.processes.firstIndex(where: { $0.state == .running }) {
            return .process(running, .ends)
        }
        if let running = docker.containers.firstIndex(where: { $0.isTask && $0.state == .running && !$0.isOrphan }) {
            return .container(running, .ends)
        }
        return isAtRest ? nil : .wait
    }

    private var isAtRest: Bool {
        guard worker.nextDeadline() != nil else { return true }
        return worker.life.admits && worker.connection.isOpen && worker.roster.isEmpty
            && worker.connection.outbox.letters.isEmpty
    }
}
