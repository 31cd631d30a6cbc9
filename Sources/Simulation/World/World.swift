// The worker and everything around it, as one value: what may happen next, and what comes of it.
//
// The models hold the truth; the worker hears of it only by events. Every request that answers lies in exactly one of
// the models until its answer was given.

import Codecs
import Effects
import WorkerModel

public struct World: Sendable {
    private var fixed: Fixed<Scenario>
    public internal(set) var now = Instant(nanoseconds: 1_000_000_000_000)
    /// As the daemon holds it, with its index of deadlines.
    var core: Core
    public internal(set) var server: ServerModel
    public internal(set) var network = NetworkModel()
    public internal(set) var processes = ProcessTable()
    public internal(set) var runtime = RuntimeModel()
    public internal(set) var files: FileSystemModel
    public internal(set) var docker: DockerModel
    var journal = JournalModel()
    public internal(set) var signalsLeft: Int
    var sleepsLeft: Int
    public internal(set) var faultsLeft: Int
    var contractBroken = false
    var begun = false
    /// kill -9 so often, and so many more starts.
    var crashesLeft: Int
    var livesLeft: Int
    /// The worker dies in this move, after so many effects on the outside.
    var diesAfter: Int?
    /// How many there were in the last move. No part of the state.
    private(set) var reached = 0
    /// It has died and was not started again.
    var isDead = false
    /// Which life this is: chance is another one in each. No part of the state.
    var life: UInt64 = 0
    /// When the operator first asked for the end; only where a limit counts from it.
    var signalledAt: Instant?
    public internal(set) var exited: Int32?
    /// The exit was forced, or the worker said that it left something.
    var admittedLeftovers = false
    /// How many inputs go by between two looks at the whole of it; the ones between look only at what they touched.
    var lookEvery = 1
    private var sinceLook = 0
    /// What the last move showed. No part of the state.
    public internal(set) var witnesses = WitnessSet()
    /// What the worker asked for in the last move. No part of the state.
    public private(set) var lastRequests: [Request] = []
    /// What the worker was told in the last move. No part of the state.
    public private(set) var lastInputs: [Input] = []
    /// Where the worker's machines went in the last move, if anybody wants to know. No part of the state.
    private(set) var transitions: [Transition] = []
    /// The machines after the last input; nil where nobody watches.
    private var sighting: Sighting?
    /// Each input of the next move is reduced twice. No part of the state.
    var repeatsInputs = false

    public internal(set) var scenario: Scenario {
        get { fixed.value }
        set { fixed = .fixed(newValue) }
    }
    public var worker: Worker { core.worker }

    public init(_ scenario: Scenario, watchingTransitions: Bool = false) {
        fixed = .fixed(scenario)
        core = Core(settings: scenario.settings)
        server = ServerModel(scenario)
        files = FileSystemModel(foreign: scenario.foreign)
        docker = DockerModel(
            instance: Labels.hash(scenario.settings.instanceID), keepsAlive: scenario.keepsAlive,
            stranger: scenario.stranger, litter: scenario.litter)
        signalsLeft = scenario.signals
        sleepsLeft = scenario.sleeps
        faultsLeft = scenario.faults
        crashesLeft = scenario.crashes
        livesLeft = scenario.lives &- 1
        if watchingTransitions { sighting = Sighting(core.worker) }
    }

    // MARK: - What comes of it

    public mutating func make(_ move: Move) -> Violation? { make(Happening(move)) }

    public mutating func make(_ happening: Happening) -> Violation? {
        forgetTheLastMove()
        guard let after = happening.diesAfter else { return makeWhole(happening.move) }
        crashesLeft -= 1
        diesAfter = after
        if let violation = makeWhole(happening.move) { return violation }
        if !isDead { die() }
        return nil
    }

    private mutating func forgetTheLastMove() {
        witnesses = WitnessSet()
        lastRequests = []
        lastInputs.removeAll(keepingCapacity: true)
        transitions = []
        reached = 0
        runtime.markedNow = []
        server.markedNow = []
    }

    /// The machines of another life are others.
    mutating func lookAnew() {
        if sighting != nil { sighting = Sighting(core.worker) }
    }

    private mutating func makeWhole(_ move: Move) -> Violation? {
        if let violation = makeOne(move) { return violation }
        if let violation = hurryNetwork() { return violation }
        guard scenario.quickFiles else { return nil }
        while exited == nil, !isDead, !files.pending.isEmpty {
            if let violation = feed(.files(files.answer(0, fails: false))) { return violation }
        }
        while exited == nil, let index = docker.answerable {
            if let violation = makeDocker(.docker(index, .answers)) { return violation }
        }
        return nil
    }

    private mutating func makeOne(_ move: Move) -> Violation? {
        if isFault(move) { faultsLeft -= 1 }
        switch move {
        case .begin:
            begun = true
            return feed(.began(scenario.settings.journals ? journal.inheritance : .nothing))
        case .assign(let index): return assign(index)
        case .cancel(let index):
            server.cancelled[index] = true
            let task = scenario.cancellations[index]
            network.link?.toWorker.append(.message(.cancellation(task)))
            return nil
        case .sayNonsense(let index):
            server.saidNonsense[index] = true
            let nonsense = scenario.nonsense[index]
            network.link?.toWorker.append(.message(nonsense))
            return nil
        case .acceptDial, .refuseDial, .endAbandoned, .acceptWrite, .deliverToServer, .deliverToWorker, .drop,
            .answerClose:
            return makeNetwork(move)
        case .answerFile(let index, let fails):
            let event = files.answer(index, fails: fails)
            return isDead ? nil : feed(.files(event))
        case .answerAdoption(let index):
            let event = processes.answer(adoption: index)
            if case .notFound = event { witnesses.insert(.vanished) }
            return feed(.process(event))
        case .process(let index, let move):
            runtime.sees(move, of: processes.processes[index])
            return processes.make(move, index).flatMap { feed(.process($0)) }
        case .docker, .container, .daemonDies, .daemonReturns, .strangerFinishes, .strangerLeaves:
            return makeDocker(move)
        case .signal:
            signalsLeft -= 1
            if signalledAt == nil, case .command = scenario.settings.backend { signalledAt = now }
            return feed(.operator(.stopRequested(signal: 15)))
        case .startAgain:
            startAgain()
            return nil
        case .breakContract:
            guard let id = firstOfTask() else { return nil }
            contractBroken = true
            files.pending.removeAll { $0.id == id }
            docker.pending.removeAll { $0.id == id }
            processes.processes.removeAll { $0.id == id }
            return feed(.interpreter(.contractBroken(id)))
        case .sleep: return sleep()
        case .wait:
            guard let deadline = core.worker.nextDeadline() else { return nil }
            now = max(now, deadline)
            return feed(.tick)
        }
    }

    private mutating func assign(_ index: Int) -> Violation? {
        let assignment = scenario.assignments[index]
        server.nextAssignment = index + 1
        server.assigned(assignment.key, anew: !network.claimsTaken.contains(assignment.key.task))
        network.link?.toWorker.append(.message(.assignment(assignment)))
        return nil
    }

    mutating func makeNetwork(_ move: Move) -> Violation? {
        guard let id = network.link?.id, let wasOpen = network.link?.wasOpen else { return nil }
        switch move {
        case .acceptDial:
            network.link?.state = .open
            network.link?.wasOpen = true
            server.connected()
            return feed(.socket(.opened(id)))
        case .refuseDial: return feedAll(network.end(.refused(id, .timedOut)))
        case .endAbandoned:
            let last: SocketEvent = wasOpen ? .closed(id, .abandoned) : .refused(id, .abandoned)
            return feedAll(network.end(last))
        case .acceptWrite: return acceptWrite()
        case .deliverToServer: return deliverToServer()
        case .deliverToWorker: return deliverToWorker(id)
        case .drop: return feedAll(network.end(.closed(id, .lost(Detail("reset")))))
        case .answerClose: return feedAll(network.end(.closed(id, .closedByUs)))
        case .begin, .assign, .cancel, .sayNonsense, .answerFile, .answerAdoption, .process, .signal, .breakContract,
            .sleep, .wait, .startAgain, .docker, .container, .daemonDies, .daemonReturns, .strangerFinishes,
            .strangerLeaves:
            return nil
        }
    }

    private mutating func acceptWrite() -> Violation? {
        guard case .write(let write)? = network.link?.writes.first else { return nil }
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
        case .message(let message): return server.hears(message) ?? handedOver(message)
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
            guard let index = server.index(of: execution.key), !server.ledger[index].mustBeCancelled else { continue }
            server.markedNow.append(index)
            server.ledger[index].mustBeCancelled = true
        }
        for run in runtime.runs where run.key.task == task && run.wasHandedOver && !run.mustBeTakenBack {
            runtime.change(run.key) { $0.mustBeTakenBack = true }
            runtime.markedNow.append(run.key)
        }
    }

    private mutating func feedAll(_ events: [SocketEvent]) -> Violation? {
        // The ends of sends and the end of their connection are one moment of the world.
        for event in events.dropLast() {
            if let violation = feed(.socket(event), whole: false) { return violation }
        }
        return events.last.flatMap { feed(.socket($0)) }
    }

    mutating func feed(_ event: Event, whole: Bool = true) -> Violation? {
        // Chance that tells the slots apart but not the paths that led here.
        let slot = event.slot
        let made = UInt64(files.entries.count &+ docker.containers.count)
        let entropy = UInt64(slot) &+ made &* 64 &+ life << 32
        let input = Input(at: now, wall: WallTime(nanoseconds: 0), entropy: entropy, event: event)
        guard !isDead else { return nil }
        sinceLook += 1
        let looks = sinceLook >= lookEvery
        if looks { sinceLook = 0 }
        let before = lookEvery == 1 ? Glance(core.worker) : Glance(core.worker, slot: slot)
        let twin = repeatsInputs ? worker : nil
        lastInputs.append(input)
        var asked: [Request] = []
        core.take(input, into: &asked)
        let requests = asked
        // One input a move is the rule, and its requests are not copied then.
        if lastRequests.isEmpty { lastRequests = requests } else { lastRequests += requests }
        if let sighted = sighting {
            let now = Sighting(worker)
            transitions += sighted.moves(to: now, by: event.kind)
            sighting = now
        }
        if looks {
            witnesses.see(worker)
            witnesses.see(runtime, capacity: scenario.settings.capacity)
        }
        if looks, let violation = deadlinesAgree() ?? reducerAgrees(twin, input, requests) { return violation }
        // By their places: a request is a large value to copy.
        for index in requests.indices {
            if requests[index].effect.reachesOut {
                if let most = diesAfter, reached >= most {
                    die()
                    return nil
                }
                reached += 1
            }
            if looks { witnesses.see(requests[index].effect) }
            if let violation = accept(requests[index]) { return violation }
        }
        guard whole else { return nil }
        return looks
            ? violated(since: before, by: event, requests) : violatedWhereTouched(since: before, by: event, requests)
    }

    mutating func accept(_ request: Request) -> Violation? {
        switch request.effect {
        case .socket(let call):
            guard journal.precedes(call) else {
                return Violation("JournalFirst", "something was said before the journal knew of it")
            }
            return network.take(call, request.id)
        case .process(let call):
            if let violation = checkStart(call, request.id) ?? checkEnding(call) { return violation }
            noteBrokenOff(call)
            return processes.take(call, request.id, at: now)
        case .files(let call):
            guard journal.precedes(call) else {
                return Violation("JournalFirst", "a path was asked for before the journal knew of it")
            }
            return files.take(call, request.id)
        case .docker(let call): return checkDocker(call, request.id) ?? docker.take(call, request.id)
        case .journal(let call):
            if case .ending(let verdict) = call.note, let violation = giveUpDispatch(of: call.run, verdict) {
                return violation
            }
            return journal.take(call)
        case .exit(let code):
            exited = code
            if code != 0 { admittedLeftovers = true }
            return nil
        case .log(let record):
            if case .stopIncomplete = record.saying { admittedLeftovers = true }
            if case .removalFailed(let path, _, givenUp: true) = record.saying { files.giveUp(path) }
            if case .docker(.dockerRemovalFailed(let name, _, givenUp: true)) = record.saying {
                docker.givenUp.append(name)
            }
            return nil
        case .measure, .forgetSecrets: return nil
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
        runtime.visit(&visitor)
        visitor.optional(signalledAt) { $0.instant($1) }
        files.visit(&visitor)
        docker.visit(&visitor)
        journal.visitWhatWasOpened(&visitor)
        visitor.number(signalsLeft)
        visitor.number(sleepsLeft)
        visitor.number(faultsLeft)
        visitor.number(crashesLeft)
        visitor.number(livesLeft)
        if mayLiveAgain {
            journal.inheritance.visit(&visitor)
            // How long ago a run was started matters only where its time is limited, and until its end is known.
            for run in journal.inheritance.runs where scenario.settings.taskTimeout != nil && run.isOpen {
                visitor.optional(run.startedAt) { $0.instant($1) }
            }
        }
        visitor.flag(isDead)
        visitor.flag(begun)
        visitor.flag(contractBroken)
        visitor.flag(admittedLeftovers)
        visitor.optional(exited) { $0.number(Int($1)) }
        return visitor.result
    }
}
