// One chapter of a seeded run: what the server will say in it, and how likely the world is to do what (the swarm). In
// one chapter faults of one kind may pour, in the next there may be none of them.

import Codecs
import Effects
import WorkerModel

struct Chapter {
    let scenario: Scenario
    let weights: MoveWeights

    init(
        number: Int, tasks: Int, of settings: Settings, faults: Set<Fault>, crashes: Bool, _ dice: inout Dice
    ) {
        var script: [Assignment] = []
        var cancellations: [TaskID] = []
        for index in 0..<tasks {
            let task = TaskID(Bytes(text: "t\(number).\(index)"))
            // On Docker some tasks share a sidecar, and some have one of their own.
            let sidecars = dice.hits(oneIn: 3) ? [Chapter.sidecar(readWrite: dice.hits(oneIn: 3))] : []
            script.append(Chapter.assignment(task, 1, sidecars))
            if dice.hits(oneIn: 12) { script.append(Chapter.assignment(task, 1)) }
            if dice.hits(oneIn: 8) { script.append(Chapter.assignment(task, 2)) }
            if dice.hits(oneIn: 6) { cancellations.append(task) }
        }
        var scenario = Scenario("chapter \(number)", settings, script)
        scenario.cancellations = cancellations
        scenario.faults = Chapter.plenty
        // Swarm: each kind of fault is in about half of the chapters.
        scenario.allowed = FaultSet(Fault.allCases.filter { faults.contains($0) && dice.hits(oneIn: 2) })
        scenario.signals = dice.hits(oneIn: 4) ? 1 + dice.below(3) : 0
        scenario.lives = Chapter.plenty
        scenario.crashes = crashes && dice.hits(oneIn: 3) ? 1 + dice.below(3) : 0
        scenario.sleeps = dice.hits(oneIn: 4) ? 1 : 0
        scenario.quickFiles = dice.hits(oneIn: 3)
        scenario.keepsAlive = dice.hits(oneIn: 2)
        self.scenario = scenario
        weights = MoveWeights(&dice)
    }

    static let plenty = 1_000_000

    private static func sidecar(readWrite: Bool) -> Sidecar {
        Sidecar(image: Bytes(text: "tool"), mountPath: Bytes(text: "/agent"), readWrite: readWrite)
    }

    private static func assignment(_ task: TaskID, _ execution: Int, _ sidecars: [Sidecar] = []) -> Assignment {
        let key = ExecutionKey(task: task, execution: ExecutionID(Bytes(text: "\(execution)")))
        var assignment = Assignment(key: key, agentTaskID: task.bytes)
        assignment.additionalSidecars = sidecars
        return assignment
    }
}

/// How likely each kind of move is, as against the others.
struct MoveWeights {
    private let assign: Int
    private let cancel: Int
    private let wait: Int
    private let drop: Int
    private let fault: Int
    private let agentEnds: Int
    private let slow: Int

    init(_ dice: inout Dice) {
        assign = 1 << dice.below(4)
        cancel = 1 + dice.below(4)
        wait = 1 << dice.below(6)
        drop = dice.below(3)
        fault = 1 + dice.below(6)
        agentEnds = 1 << dice.below(3)
        slow = dice.below(3)
    }

    func weight(_ move: Move, isFault: Bool) -> Int {
        switch move {
        case .begin, .startAgain: 64
        case .assign: assign
        case .cancel: cancel
        case .sayNonsense, .signal, .sleep: 1
        case .drop: drop
        case .wait: isFault ? slow : wait
        case .breakContract: 0
        case .acceptDial, .endAbandoned, .acceptWrite, .deliverToServer, .deliverToWorker, .answerClose: 32
        case .refuseDial: fault
        case .docker(_, let way): way == .answers ? 32 : fault
        case .container(_, let move): move == .ends ? agentEnds : fault
        case .daemonDies: 1
        case .daemonReturns, .strangerFinishes, .strangerLeaves: 8
        case .answerAdoption: 32
        case .answerFile(_, let fails): fails ? fault : 32
        case .process(_, let move):
            switch move {
            case .starts, .clears, .finishes: 32
            case .failsToStart: isFault ? fault : 32
            case .ends: agentEnds
            case .handsOver: 4
            case .endsBadly, .endsLeavingDescendants, .succeedsAnyway, .succeedsLeaving, .isKilled: fault
            }
        }
    }
}
