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
        var list: [(move: Move, isFault: Bool)] = []
        list.reserveCapacity(World.movesMostly)
        if exited != nil { return list }
        if !begun { return [(.begin, false)] }
        func add(_ move: Move, _ fault: Fault? = nil) {
            if let fault {
                guard faultsLeft > 0, scenario.allowed.contains(fault) else { return }
            }
            list.append((move, fault != nil))
        }
        for (move, fault) in promptMoves() { add(move, fault) }
        let replyPending = list.contains { !$0.isFault }
        var slow: [(Move, Fault?)] = []
        appendProcessMoves(prompt: false, to: &slow)
        for (move, fault) in slow { add(move, fault) }
        if isOnDocker { for (move, fault) in slowDockerMoves() { add(move, fault) } }
        if let link = network.link, link.state == .open {
            if server.nextAssignment < scenario.assignments.count { add(.assign(server.nextAssignment)) }
            for index in scenario.cancellations.indices where !server.cancelled[index] {
                let task = scenario.cancellations[index]
                if server.knows(task) { add(.cancel(index)) }
            }
            if let index = server.saidNonsense.firstIndex(of: false) { add(.sayNonsense(index)) }
        }
        if let link = network.link, link.state == .open || link.state == .closing { add(.drop, .drop) }
        if signalsLeft > 0 { add(.signal) }
        if sleepsLeft > 0, network.link?.state == .open { add(.sleep) }
        if !contractBroken, scenario.allowed.contains(.brokenContract), firstOfTask() != nil {
            add(.breakContract, .brokenContract)
        }
        if worker.nextDeadline() != nil { add(.wait, replyPending ? .slow : nil) }
        return list
    }

    /// Room for so many is made at once: what may happen is asked at every step of a long run.
    private static let movesMostly = 48

    /// What a healthy environment does before long, in a fixed order, each with its faulty twin.
    func promptMoves() -> [(Move, Fault?)] {
        var list: [(Move, Fault?)] = []
        list.reserveCapacity(World.movesMostly)
        for index in files.pending.indices {
            list.append((.answerFile(index, fails: false), nil))
            list.append((.answerFile(index, fails: true), .fileFails))
        }
        for index in processes.adoptions.indices { list.append((.answerAdoption(index), nil)) }
        if let link = network.link {
            switch link.state {
            case .dialling:
                list.append((.acceptDial, nil))
                list.append((.refuseDial, .refuse))
            case .abandoned: list.append((.endAbandoned, nil))
            case .open, .closing:
                if !link.writes.isEmpty { list.append((.acceptWrite, nil)) }
                if !link.toServer.isEmpty { list.append((.deliverToServer, nil)) }
                if !link.toWorker.isEmpty, link.state == .open { list.append((.deliverToWorker, nil)) }
                if link.state == .closing, link.writes.isEmpty, link.toServer.isEmpty {
                    list.append((.answerClose, nil))
                }
            }
        }
        if isOnDocker { list += promptDockerMoves() }
        appendProcessMoves(prompt: true, to: &list)
        return list
    }

    private var isOnDocker: Bool {
        if case .docker = scenario.settings.backend { true } else { false }
    }

    /// An agent that runs may run on for as long as it likes, also when it was asked to end, and so may a command that
    /// is to reach somebody else. Everything else about processes is prompt.
    private func appendProcessMoves(prompt: Bool, to list: inout [(Move, Fault?)]) {
        for index in processes.processes.indices {
            let idles =
                processes.processes[index].state == .running && !processes.processes[index].killed
                && processes.processes[index].role.mayIdle
            guard idles != prompt else { continue }
            for (move, fault) in processes.moves(index) { list.append((.process(index, move), fault)) }
        }
    }

    /// What is on its way arrives at once, where the scenario has it so.
    mutating func hurryNetwork() -> Violation? {
        while scenario.quickNetwork, exited == nil, !isDead {
            let next = promptMoves().first { move, fault in
                fault == nil && move.isOfTheNetwork
            }
            guard let next else { return nil }
            if let violation = makeNetwork(next.0) { return violation }
        }
        return nil
    }

    /// Possible now; whoever may be killed may be so in everything that is possible.
    func allows(_ move: Move) -> Bool {
        if case .killed(let inner, _) = move { return crashesLeft > 0 && !isDead && moves().contains(inner) }
        return moves().contains(move)
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
        case .wait: promptMoves().contains { $0.1 == nil }
        case .begin, .assign, .cancel, .sayNonsense, .acceptDial, .endAbandoned, .acceptWrite, .deliverToServer,
            .deliverToWorker, .answerClose, .answerFile, .answerAdoption, .process, .signal, .sleep, .startAgain:
            false
        case .killed(let move, _): isFault(move)
        }
    }
}

extension Move {
    fileprivate var isOfTheNetwork: Bool {
        switch self {
        case .acceptDial, .endAbandoned, .acceptWrite, .deliverToServer, .deliverToWorker, .answerClose: true
        case .begin, .assign, .cancel, .sayNonsense, .refuseDial, .drop, .answerFile, .process, .docker, .container,
            .answerAdoption, .daemonDies, .daemonReturns, .strangerFinishes, .strangerLeaves, .signal, .breakContract,
            .sleep, .killed, .startAgain, .wait:
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
