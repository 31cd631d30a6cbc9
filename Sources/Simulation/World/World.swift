// The worker and everything around it, as one value: what may happen next, and what comes of it.
//
// The models hold the truth; the worker hears of it only by events. Every request that answers lies in exactly one of
// the models until its answer was given.

import Codecs
import Effects
import WorkerModel

public struct World: Sendable {
    public let scenario: Scenario
    public internal(set) var now = Instant(nanoseconds: 1_000_000_000_000)
    public internal(set) var worker: Worker
    public internal(set) var server: ServerModel
    public internal(set) var network = NetworkModel()
    public internal(set) var processes = ProcessTable()
    public internal(set) var files: FileSystemModel
    var journal = JournalModel()
    public internal(set) var signalsLeft: Int
    var sleepsLeft: Int
    public internal(set) var faultsLeft: Int
    var contractBroken = false
    var begun = false
    public internal(set) var exited: Int32?
    /// The exit was forced, or the worker said that it left something.
    var admittedLeftovers = false
    /// What the last move showed. No part of the state.
    public private(set) var witnesses = WitnessSet()
    /// What the worker asked for in the last move. No part of the state.
    public private(set) var lastRequests: [Request] = []
    /// Where the worker's machines went in the last move, if anybody wants to know. No part of the state.
    private(set) var transitions: [Transition] = []
    /// The machines after the last input; nil where nobody watches.
    private var sighting: Sighting?
    /// What the worker took in the last move, for whoever records it; kept only where it is not nil. No part of the
    /// state.
    public var taken: [(input: Input, requests: [Request])]?

    public init(_ scenario: Scenario, watchingTransitions: Bool = false) {
        self.scenario = scenario
        worker = Worker(settings: scenario.settings)
        server = ServerModel(scenario)
        files = FileSystemModel(foreign: scenario.foreign)
        signalsLeft = scenario.signals
        sleepsLeft = scenario.sleeps
        faultsLeft = scenario.faults
        if watchingTransitions { sighting = Sighting(worker) }
    }

    // MARK: - What may happen

    /// All moves with their fault, if they are one that the budget and the scenario allow.
    public func moves() -> [Move] {
        var list: [Move] = []
        if exited != nil { return list }
        if !begun { return [.begin] }
        func add(_ move: Move, _ fault: Fault? = nil) {
            if let fault {
                guard faultsLeft > 0, scenario.allowed.contains(fault) else { return }
            }
            list.append(move)
        }
        for (move, fault) in promptMoves() { add(move, fault) }
        let replyPending = list.contains { !isFault($0) }
        for (move, fault) in processMoves(prompt: false) { add(move, fault) }
        if let link = network.link, link.state == .open {
            if server.nextAssignment < scenario.assignments.count { add(.assign(server.nextAssignment)) }
            for index in scenario.cancellations.indices where !server.cancelled[index] {
                let task = scenario.cancellations[index]
                if server.ledger.contains(where: { $0.key.task == task }) { add(.cancel(index)) }
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

    /// What a healthy environment does before long, in a fixed order, each with its faulty twin.
    func promptMoves() -> [(Move, Fault?)] {
        var list: [(Move, Fault?)] = []
        for index in files.pending.indices {
            list.append((.answerFile(index, fails: false), nil))
            list.append((.answerFile(index, fails: true), .fileFails))
        }
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
        return list + processMoves(prompt: true)
    }

    /// An agent that runs may run on for as long as it likes, also when it was asked to end. Everything else about
    /// processes is prompt.
    private func processMoves(prompt: Bool) -> [(Move, Fault?)] {
        var list: [(Move, Fault?)] = []
        for (index, process) in processes.processes.enumerated() {
            let idles = process.state == .running && !process.killed && process.role == .agent
            guard idles != prompt else { continue }
            for (move, fault) in processes.moves(index) { list.append((.process(index, move), fault)) }
        }
        return list
    }

    private func firstOfTask() -> EffectID? {
        if let request = files.pending.first(where: { $0.id.slot != 0 }) { return request.id }
        return processes.processes.first { $0.state == .requested }?.id
    }

    public func isFault(_ move: Move) -> Bool {
        switch move {
        case .drop, .refuseDial, .breakContract, .answerFile(_, fails: true), .process(_, .endsBadly),
            .process(_, .endsLeavingDescendants):
            true
        case .process(let index, .failsToStart):
            processes.processes.indices.contains(index) && !processes.processes[index].wasToldToEnd
        case .wait: promptMoves().contains { $0.1 == nil }
        case .begin, .assign, .cancel, .sayNonsense, .acceptDial, .endAbandoned, .acceptWrite, .deliverToServer,
            .deliverToWorker, .answerClose, .answerFile, .process, .signal, .sleep:
            false
        }
    }

    // MARK: - What comes of it

    public mutating func make(_ move: Move) -> Violation? {
        if let violation = makeOne(move) { return violation }
        while scenario.quickFiles, exited == nil, !files.pending.isEmpty {
            if let violation = feed(.files(files.answer(0, fails: false))) { return violation }
        }
        return nil
    }

    private mutating func makeOne(_ move: Move) -> Violation? {
        witnesses = WitnessSet()
        lastRequests = []
        transitions = []
        if taken != nil { taken = [] }
        if isFault(move) { faultsLeft -= 1 }
        switch move {
        case .begin:
            begun = true
            return feed(.began)
        case .assign(let index): return assign(index)
        case .cancel(let index):
            server.cancelled[index] = true
            network.link?.toWorker.append(.message(.cancellation(scenario.cancellations[index])))
            return nil
        case .sayNonsense(let index):
            server.saidNonsense[index] = true
            network.link?.toWorker.append(.message(scenario.nonsense[index]))
            return nil
        case .acceptDial, .refuseDial, .endAbandoned, .acceptWrite, .deliverToServer, .deliverToWorker, .drop,
            .answerClose:
            return makeNetwork(move)
        case .answerFile(let index, let fails):
            return feed(.files(files.answer(index, fails: fails)))
        case .process(let index, let move): return feed(.process(processes.make(move, index)))
        case .signal:
            signalsLeft -= 1
            return feed(.operator(.stopRequested(signal: 15)))
        case .breakContract:
            guard let id = firstOfTask() else { return nil }
            contractBroken = true
            files.pending.removeAll { $0.id == id }
            processes.processes.removeAll { $0.id == id }
            return feed(.interpreter(.contractBroken(id)))
        case .sleep: return sleep()
        case .wait:
            guard let deadline = worker.nextDeadline() else { return nil }
            now = max(now, deadline)
            return feed(.tick)
        }
    }

    private mutating func assign(_ index: Int) -> Violation? {
        let assignment = scenario.assignments[index]
        server.nextAssignment = index + 1
        server.assigned(assignment.key)
        network.link?.toWorker.append(.message(.assignment(assignment)))
        return nil
    }

    private mutating func makeNetwork(_ move: Move) -> Violation? {
        guard let link = network.link else { return nil }
        switch move {
        case .acceptDial:
            network.link?.state = .open
            network.link?.wasOpen = true
            server.connected()
            return feed(.socket(.opened(link.id)))
        case .refuseDial: return feedAll(network.end(.refused(link.id, .timedOut)))
        case .endAbandoned:
            let last: SocketEvent =
                link.wasOpen ? .closed(link.id, .abandoned) : .refused(link.id, .abandoned)
            return feedAll(network.end(last))
        case .acceptWrite: return acceptWrite(link)
        case .deliverToServer: return deliverToServer()
        case .deliverToWorker: return deliverToWorker(link.id)
        case .drop: return feedAll(network.end(.closed(link.id, .lost(Detail("reset")))))
        case .answerClose: return feedAll(network.end(.closed(link.id, .closedByUs)))
        case .begin, .assign, .cancel, .sayNonsense, .answerFile, .process, .signal, .breakContract, .sleep, .wait:
            return nil
        }
    }

    private mutating func acceptWrite(_ link: NetworkModel.Link) -> Violation? {
        guard case .write(let write)? = link.writes.first else { return nil }
        network.link?.writes.removeFirst()
        network.link?.toServer.append(.message(write.message))
        if case .claimed(let task, _) = write.message, !network.claimsTaken.contains(task) {
            network.claimsTaken.append(task)
        }
        network.settlePings()
        return feed(.socket(.written(write.id)))
    }

    /// What came in the meantime is read before anybody looks at the clock, as our loop does it.
    private mutating func sleep() -> Violation? {
        sleepsLeft -= 1
        now = now.after(.seconds(3_600))
        while let link = network.link, link.state == .open, !link.toWorker.isEmpty {
            if let violation = deliverToWorker(link.id) { return violation }
        }
        let lacksNothing = network.link?.lacksNothing ?? false
        if let violation = feed(.tick) { return violation }
        guard lacksNothing, network.link?.state == .abandoned else { return nil }
        return Violation("SleepIsNotDeath", "a connection on which nothing was missing was given up after a sleep")
    }

    private mutating func deliverToServer() -> Violation? {
        guard let frame = network.link?.toServer.first else { return nil }
        network.link?.toServer.removeFirst()
        switch frame {
        case .message(let message): return server.hears(message)
        case .ping(let number):
            network.link?.toWorker.append(.pong(number))
            return nil
        }
    }

    private mutating func deliverToWorker(_ id: EffectID) -> Violation? {
        guard let frame = network.link?.toWorker.first else { return nil }
        network.link?.toWorker.removeFirst()
        switch frame {
        case .pong(let number): return feed(.socket(.ponged(id, number: number)))
        case .message(let message):
            if case .cancellation(let task) = message { markCancelled(task) }
            return feed(.socket(.received(id, message)))
        }
    }

    /// Who is to be cancelled by a cancellation that arrives now: every execution without a decided verdict.
    private mutating func markCancelled(_ task: TaskID) {
        for execution in worker.roster.tasks where execution.key.task == task && execution.canBeCancelled {
            guard let index = server.ledger.firstIndex(where: { $0.key == execution.key }) else { continue }
            server.ledger[index].mustBeCancelled = true
        }
    }

    private mutating func feedAll(_ events: [SocketEvent]) -> Violation? {
        // The ends of sends and the end of their connection are one moment of the world.
        for event in events.dropLast() {
            if let violation = feed(.socket(event), whole: false) { return violation }
        }
        return events.last.flatMap { feed(.socket($0)) }
    }

    private mutating func feed(_ event: Event, whole: Bool = true) -> Violation? {
        // Chance that tells the slots apart but not the paths that led here.
        let slot = event.slot
        let entropy = UInt64(slot) &+ UInt64(files.entries.count) &* 64
        let input = Input(at: now, wall: WallTime(nanoseconds: 0), entropy: entropy, event: event)
        var requests: [Request] = []
        let before = Glance(worker)
        worker.take(input, into: &requests)
        if let sighted = sighting {
            let now = Sighting(worker)
            transitions += sighted.moves(to: now, by: event.kind)
            sighting = now
        }
        witnesses.see(worker)
        lastRequests += requests
        taken?.append((input, requests))
        for request in requests {
            witnesses.see(request.effect)
            if let violation = accept(request) { return violation }
        }
        return whole ? violated(since: before, by: event, requests) : nil
    }

    private mutating func accept(_ request: Request) -> Violation? {
        switch request.effect {
        case .socket(let call): return network.take(call, request.id)
        case .process(let call): return checkStart(call, request.id) ?? processes.take(call, request.id)
        case .files(let call):
            guard journal.precedes(call) else {
                return Violation("JournalFirst", "a path was asked for before the journal knew of it")
            }
            return files.take(call, request.id)
        case .journal(let call): return journal.take(call)
        case .exit(let code):
            exited = code
            if code != 0 { admittedLeftovers = true }
            return nil
        case .log(let record):
            if case .stopIncomplete = record.saying { admittedLeftovers = true }
            return nil
        case .measure, .forgetSecrets: return nil
        }
    }

    private func checkStart(_ call: ProcessCall, _ id: EffectID) -> Violation? {
        guard case .start(let launch) = call else { return nil }
        guard journal.names(.process(id)) else {
            return Violation("JournalFirst", "a command was started before the journal knew of it")
        }
        guard launch.role != .teardown else { return nil }
        guard network.claimsTaken.contains(launch.key.task) else {
            return Violation("ClaimBeforeWork", "a command was started before the claim was written")
        }
        return nil
    }
}

extension Event {
    var slot: UInt32 {
        switch self {
        case .began, .tick, .socket, .operator: 0
        case .process(let event): event.id.slot
        case .files(let event): event.id.slot
        case .interpreter(.contractBroken(let id)): id.slot
        }
    }
}

extension World {
    /// Two worlds that differ only in names of requests and in absolute time are one.
    public var fingerprint: UInt64 {
        var visitor = Visitor(relativeTo: now)
        worker.visit(&visitor)
        server.visit(&visitor)
        network.visit(&visitor)
        processes.visit(&visitor)
        files.visit(&visitor)
        visitor.number(journal.open.count)
        visitor.number(signalsLeft)
        visitor.number(sleepsLeft)
        visitor.number(faultsLeft)
        visitor.flag(begun)
        visitor.flag(contractBroken)
        visitor.flag(admittedLeftovers)
        visitor.optional(exited) { $0.number(Int($1)) }
        return visitor.result
    }
}
