// Seeded walks through the scenarios' worlds: where the tests of the model get real, varied states from.

import Codecs
import Effects
import Simulation

@testable import WorkerModel

enum Walks {
    /// A worker at a moment, and what the last step asked for.
    struct Stop {
        let worker: Worker
        let now: Instant
        let requests: [Request]
    }

    /// By then a world is at rest, or its worker has only pings left to send.
    private static let movesEach = 100

    /// Calls `visit` after every move; a walk that is over, or long, starts again. Returns the first violation,
    /// which none of the scenarios has.
    static func walk(
        _ scenario: Scenario, steps: Int, seed: UInt64, _ visit: (Stop) throws -> Void
    ) rethrows -> Violation? {
        var dice = Dice(seed: seed)
        var world = World(scenario)
        for step in 0..<steps {
            var moves = world.moves()
            if moves.isEmpty || step.isMultiple(of: movesEach) {
                world = World(scenario)
                moves = world.moves()
            }
            guard let move = likely(moves, &dice) else { continue }
            if let violation = world.make(move) { return violation }
            try visit(Stop(worker: world.worker, now: world.now, requests: world.lastRequests))
        }
        return nil
    }

    /// Signals end a walk soon, so they are seldom taken.
    private static func likely(_ moves: [Move], _ dice: inout Dice) -> Move? {
        let move = dice.pick(moves)
        return move == .signal && dice.below(8) > 0 ? dice.pick(moves) : move
    }

    /// The scenarios with assignments that hold something in every field.
    static let rich: [Scenario] = Scenarios.all.map { scenario in
        var scenario = scenario
        scenario.assignments = scenario.assignments.enumerated().map { enriched($1, UInt64($0)) }
        scenario.faults = 12
        return scenario
    }

    private static func enriched(_ plain: Assignment, _ number: UInt64) -> Assignment {
        let first = 10 + number * 20
        var assignment = plain
        assignment.secrets = SecretRange(first: first, count: 8)
        assignment.ownerIsTeam = true
        assignment.environment = [
            EnvironmentVariable("TOKEN", .secret(SecretRef(number: first))),
            EnvironmentVariable("BOTH", .joined([Text("a"), .secret(SecretRef(number: first + 1))])),
        ]
        assignment.extraArguments = [SecretRef(number: first + 2)]
        assignment.dockerImage = number == 0 ? nil : Bytes(text: "image")
        assignment.sidecarImage = Bytes(text: "agent")
        assignment.additionalSidecars = [
            Sidecar(image: Bytes(text: "i"), mountPath: Bytes(text: "/m"), readWrite: true)
        ]
        assignment.document = SecretRef(number: first + 5)
        assignment.shape = InstanceShape(vcpus: 2, memoryGiB: nil)
        var agent = AgentConfiguration()
        agent.harness = Bytes(text: "claude")
        agent.environmentID = Bytes(text: "environment")
        agent.mcpServers = SecretRef(number: first + 3)
        agent.repositoryHeadOverrides = [SecretRef(number: first + 4)]
        assignment.agent = agent
        return assignment
    }
}

extension Worker {
    /// A digest of everything but the counter of requests, which every late completion moves.
    var standing: UInt64 {
        var visitor = Visitor()
        life.visit(&visitor)
        connection.visit(&visitor)
        roster.visit(&visitor)
        memory.visit(&visitor)
        handedOver.visit(&visitor)
        for type in unknownTypes { visitor.bytes(type) }
        return visitor.result
    }

    func fingerprint(at now: Instant) -> UInt64 {
        var visitor = Visitor(relativeTo: now)
        visit(&visitor)
        return visitor.result
    }
}
