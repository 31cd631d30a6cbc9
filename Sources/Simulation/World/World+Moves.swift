// What may happen next, as choices: for the explorer, which takes all of them, and for whoever takes one by chance.

import Effects
import WorkerModel

extension World {
    /// All moves that the budget and the scenario allow.
    public func moves() -> [Move] {
        weighable().map(\.move)
    }

    /// The same, each with whether it is a fault.
    func weighable() -> [(move: Move, isFault: Bool)] {
        if isDead { return movesOfTheDead().map { ($0, false) } }
        if exited != nil, livesLeft > 0 { return [(.startAgain, false)] }
        if exited != nil { return [] }
        if !begun { return [(.begin, false)] }
        var list = MoveList(allowing: faultsLeft > 0 ? scenario.allowed : [])
        addPromptMoves(to: &list)
        let replyPending = list.firstInGoodOrder != nil
        addProcessMoves(prompt: false, to: &list)
        if isOnDocker { addSlowDockerMoves(to: &list) }
        if let link = network.link, link.state == .open {
            if server.nextAssignment < scenario.assignments.count { list.add(.assign(server.nextAssignment)) }
            for line in scenario.cancellations.indices where server.mayCancel(line) { list.add(.cancel(line)) }
            if let index = server.saidNonsense.firstIndex(of: false) { list.add(.sayNonsense(index)) }
        }
        if let link = network.link, link.state == .open || link.state == .closing { list.add(.drop, .drop) }
        if signalsLeft > 0 { list.add(.signal) }
        if sleepsLeft > 0, network.link?.state == .open { list.add(.sleep) }
        if !contractBroken, scenario.allowed.contains(.brokenContract), firstOfTask() != nil {
            list.add(.breakContract, .brokenContract)
        }
        if waitsForTime { list.add(.wait, replyPending ? .slow : nil) }
        return list.moves
    }

    /// Something is to happen at a time; mostly the connection's next ping.
    private var waitsForTime: Bool { worker.connection.deadline != nil || worker.nextDeadline() != nil }

    /// What a healthy environment does before long, in a fixed order, each with its faulty twin.
    private func addPromptMoves(to list: inout MoveList) {
        for index in files.pending.indices {
            list.add(.answerFile(index, fails: false))
            list.add(.answerFile(index, fails: true), .fileFails)
        }
        for index in processes.adoptions.indices { list.add(.answerAdoption(index)) }
        if let link = network.link {
            switch link.state {
            case .dialling:
                list.add(.acceptDial)
                list.add(.refuseDial, .refuse)
            case .abandoned: list.add(.endAbandoned)
            case .open, .closing:
                if !link.writes.isEmpty { list.add(.acceptWrite) }
                if !link.toServer.isEmpty { list.add(.deliverToServer) }
                if !link.toWorker.isEmpty, link.state == .open { list.add(.deliverToWorker) }
                if link.state == .closing, link.writes.isEmpty, link.toServer.isEmpty {
                    list.add(.answerClose)
                }
            }
        }
        if isOnDocker { addPromptDockerMoves(to: &list) }
        addProcessMoves(prompt: true, to: &list)
    }

    /// The same as a list: with their faulty twins, whatever the scenario allows, or without any.
    func promptMoves(faults: Bool = true) -> MoveList {
        var list = MoveList(allowing: faults ? FaultSet(Fault.allCases) : [])
        addPromptMoves(to: &list)
        return list
    }

    private var isOnDocker: Bool {
        if case .docker = scenario.settings.backend { true } else { false }
    }

    /// An agent that runs may run on for as long as it likes, also when it was asked to end, and so may a command that
    /// is to reach somebody else. Everything else about processes is prompt.
    private func addProcessMoves(prompt: Bool, to list: inout MoveList) {
        for index in processes.processes.indices {
            let idles =
                processes.processes[index].state == .running && !processes.processes[index].killed
                && processes.processes[index].role.mayIdle
            guard idles != prompt else { continue }
            processes.addMoves(of: index, to: &list)
        }
    }

    /// What is on its way arrives at once, where the scenario has it so.
    mutating func hurryNetwork() -> Violation? {
        while scenario.quickNetwork, exited == nil, !isDead {
            guard let next = promptMoves(faults: false).moves.first(where: { $0.move.isOfTheNetwork }) else {
                return nil
            }
            if let violation = makeNetwork(next.move) { return violation }
        }
        return nil
    }

    /// Possible now; whoever may be killed may be so in everything that is possible.
    func allows(_ happening: Happening) -> Bool {
        if happening.diesAfter != nil, crashesLeft == 0 || isDead { return false }
        return moves().contains(happening.move)
    }

    func firstOfTask() -> EffectID? {
        if let request = files.pending.first(where: { $0.id.slot != 0 }) { return request.id }
        if let request = docker.pending.first(where: { $0.id.slot != 0 }) { return request.id }
        return processes.processes.first { $0.state == .requested }?.id
    }

    public func isFault(_ move: Move) -> Bool {
        switch move {
        case .drop, .refuseDial, .breakContract, .answerFile(_, fails: true), .process(_, .endsBadly),
            .process(_, .endsLeavingDescendants), .process(_, .succeedsAnyway), .process(_, .succeedsLeaving),
            .process(_, .isKilled), .daemonDies:
            true
        case .docker(_, let way): way != .answers
        case .container(_, let move): move != .ends
        case .daemonReturns, .strangerFinishes, .strangerLeaves: false
        case .process(let index, .failsToStart):
            processes.processes.indices.contains(index) && !processes.processes[index].wasToldToEnd
        case .wait: promptMoves(faults: false).firstInGoodOrder != nil
        case .begin, .assign, .cancel, .sayNonsense, .acceptDial, .endAbandoned, .acceptWrite, .deliverToServer,
            .deliverToWorker, .answerClose, .answerFile, .answerAdoption, .process, .signal, .sleep, .startAgain:
            false
        }
    }
}

extension Move {
    fileprivate var isOfTheNetwork: Bool {
        switch self {
        case .acceptDial, .endAbandoned, .acceptWrite, .deliverToServer, .deliverToWorker, .answerClose: true
        case .begin, .assign, .cancel, .sayNonsense, .refuseDial, .drop, .answerFile, .process, .docker, .container,
            .answerAdoption, .daemonDies, .daemonReturns, .strangerFinishes, .strangerLeaves, .signal, .breakContract,
            .sleep, .startAgain, .wait:
            false
        }
    }
}

extension ProcessRole {
    fileprivate var mayIdle: Bool {
        switch self {
        case .agent, .dispatch, .cancel: true
        case .setup, .teardown: false
        }
    }
}
