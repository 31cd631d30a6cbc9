// What may happen in a world, what it costs, and that the explorer can tell its states apart.

import Codecs
import Effects
import Testing

@testable import Simulation
@testable import WorkerModel

struct WorldMovesTests {
    /// Every world of seeded walks, with the moves that it offers.
    private func visit(seed: UInt64, _ look: (World, [Move]) -> Void) {
        for scenario in Walks.rich {
            var dice = Dice(seed: seed)
            var world = World(scenario)
            for step in 0..<200 {
                let moves = world.moves()
                look(world, moves)
                guard let move = dice.pick(moves), !step.isMultiple(of: 60) else {
                    world = World(scenario)
                    continue
                }
                #expect(world.make(move) == nil)
            }
        }
    }

    @Test func aFaultCostsOneAndNothingElseCosts() {
        var faults = 0
        visit(seed: 11) { world, moves in
            for move in moves {
                var next = world
                let costs = world.isFault(move)
                _ = next.make(move)
                #expect(world.faultsLeft - next.faultsLeft == (costs ? 1 : 0), "\(move)")
                if costs { faults += 1 }
            }
        }
        #expect(faults > 300)
    }

    @Test func withoutABudgetThereIsNoFault() {
        visit(seed: 12) { world, _ in
            // The budget limits faults and nothing else.
            let rest = world.moves().filter { !world.isFault($0) }
            #expect(movesOfThePoor(world) == rest)
        }
    }

    private func movesOfThePoor(_ world: World) -> [Move] {
        var poor = world
        poor.faultsLeft = 0
        return poor.moves()
    }

    @Test func onlyAllowedKindsOfFaultsHappen() {
        let kinds: [(Fault, (Move) -> Bool)] = [
            (.drop, { $0 == .drop }), (.refuse, { $0 == .refuseDial }), (.brokenContract, { $0 == .breakContract }),
            (.fileFails, { if case .answerFile(_, fails: true) = $0 { true } else { false } }),
            (.agentFails, { if case .process(_, .endsBadly) = $0 { true } else { false } }),
            (.leavesDescendants, { if case .process(_, .endsLeavingDescendants) = $0 { true } else { false } }),
        ]
        var seen: Set<Fault> = []
        visit(seed: 13) { world, moves in
            for (kind, isOne) in kinds where moves.contains(where: isOne) {
                seen.insert(kind)
                #expect(world.scenario.allowed.contains(kind))
            }
        }
        #expect(seen.count == kinds.count)
    }

    @Test func aScriptIsSentOnceAndInOrder() {
        visit(seed: 14) { world, moves in
            let isOpen = world.network.link?.state == .open
            for move in moves {
                switch move {
                case .assign(let index): #expect(isOpen && index == world.server.nextAssignment)
                case .cancel(let index):
                    let task = world.scenario.cancellations[index]
                    #expect(isOpen && !world.server.cancelled[index])
                    #expect(world.server.ledger.contains { $0.key.task == task })
                case .sayNonsense(let index):
                    #expect(isOpen && world.server.saidNonsense.firstIndex(of: false) == index)
                case .signal: #expect(world.signalsLeft > 0)
                case .sleep: #expect(world.sleepsLeft > 0 && isOpen)
                case .begin: #expect(moves == [.begin])
                default: break
                }
            }
            if isOpen, world.begun, world.exited == nil, world.server.nextAssignment < world.scenario.assignments.count
            {
                #expect(moves.contains(.assign(world.server.nextAssignment)))
            }
            if world.exited != nil { #expect(moves == (world.livesLeft > 0 ? [.startAgain] : [])) }
        }
    }

    @Test func whatIsOfferedAsAFaultIsOne() {
        var faults = 0
        visit(seed: 17) { world, moves in
            let offered = world.weighable()
            #expect(offered.map(\.move) == moves)
            for (move, isFault) in offered {
                #expect(isFault == world.isFault(move), "\(move)")
                if isFault { faults += 1 }
            }
        }
        #expect(faults > 300)
    }

    @Test func whatIsPromptComesWithItsFaultyTwinBehindIt() {
        var twins = 0
        visit(seed: 18) { world, _ in
            let prompt = world.promptMoves().moves
            for (index, (move, isFault)) in prompt.enumerated() {
                guard case .answerFile(let file, fails: true) = move else { continue }
                #expect(isFault && index > 0)
                #expect(prompt[index - 1].move == .answerFile(file, fails: false))
                twins += 1
            }
        }
        #expect(twins > 100)
    }

    @Test func filesThatComeAtOnceAreNeverPending() {
        visit(seed: 15) { world, _ in
            if world.scenario.quickFiles, world.exited == nil { #expect(world.files.pending.isEmpty) }
        }
    }

    @Test func timeGoesOnlyForward() {
        visit(seed: 16) { world, moves in
            var next = world
            guard moves.contains(.wait), let deadline = world.worker.nextDeadline() else { return }
            _ = next.make(.wait)
            #expect(next.now == max(world.now, deadline))
        }
    }

    @Test func whoIsCancelledInTimeMustBeCancelled() {
        var early = WorldStage.running()
        early.make(.cancel(0))
        #expect(!early.world.server.ledger[0].mustBeCancelled)
        early.make(.deliverToWorker)
        #expect(early.world.server.ledger[0].mustBeCancelled)
        var late = WorldStage.reported()
        late.make(.cancel(0))
        late.make(.deliverToWorker)
        #expect(!late.world.server.ledger[0].mustBeCancelled)
    }

    @Test func aNewConnectionGivesTheServerNewPatience() {
        var stage = WorldStage.resting()
        #expect(stage.world.server.ledger[0].finalWordsHere == 1)
        stage.make(.drop)
        stage.goOn { $0.network.link?.state == .open }
        #expect(stage.world.server.ledger[0].finalWordsHere == 0)
    }

    // MARK: - States

    /// A small change that makes it another state, by the part of the world that it is about.
    private static let changes: [(String, @Sendable (inout World) -> Void)] = [
        ("signals", { $0.signalsLeft += 1 }), ("faults", { $0.faultsLeft += 1 }),
        ("sleeps", { $0.sleepsLeft += 1 }), ("begun", { $0.begun.toggle() }),
        ("contract", { $0.contractBroken.toggle() }), ("excuse", { $0.admittedLeftovers.toggle() }),
        ("exit", { $0.exited = 0 }), ("journal", { _ = $0.journal.take(.intended(.file([1]))) }),
        ("next assignment", { $0.server.nextAssignment += 1 }), ("cancelled", { $0.server.cancelled[0].toggle() }),
        ("nonsense", { $0.server.saidNonsense.append(true) }), ("ledger", { $0.server.assigned(key("z")) }),
        ("times assigned", { $0.server.ledger[0].timesAssigned += 1 }),
        ("claimed", { $0.server.ledger[0].claimed.toggle() }), ("rejected", { $0.server.ledger[0].rejected.toggle() }),
        ("final word", { $0.server.ledger[0].finalWord = .completed(key("a", "1")) }),
        ("words here", { $0.server.ledger[0].finalWordsHere += 1 }),
        ("words allowed", { $0.server.ledger[0].finalWordsAllowed += 1 }),
        ("must be cancelled", { $0.server.ledger[0].mustBeCancelled.toggle() }),
        ("link", { $0.network.link = nil }), ("link's state", { $0.network.link?.state = .closing }),
        ("was open", { $0.network.link?.wasOpen.toggle() }),
        ("writes", { $0.network.link?.writes.append(.write(.init(id: id(900), message: claim("z")))) }),
        ("a ping's place", { $0.network.link?.writes.append(.ping(900)) }),
        ("to the server", { $0.network.link?.toServer.append(.message(claim("z"))) }),
        ("a ping on its way", { $0.network.link?.toServer.append(.ping(900)) }),
        ("to the worker", { $0.network.link?.toWorker.append(.message(.heartbeat)) }),
        ("a pong on its way", { $0.network.link?.toWorker.append(.pong(900)) }),
        ("claims taken", { $0.network.claimsTaken.append(TaskID([9])) }),
        ("agent starts", { $0.processes.agentStarts.append(key("z")) }),
        ("teardown starts", { $0.processes.teardownStarts.append(key("z")) }),
        ("bad ends", { $0.processes.badEnds.append(key("z")) }),
        ("process", { _ = $0.processes.take(launch(.agent, of: key("z")), id(900)) }),
        ("process's state", { $0.processes.processes[0].state = .left }),
        ("asked", { $0.processes.processes[0].terminated.toggle() }),
        ("killed", { $0.processes.processes[0].killed.toggle() }),
        ("end", { $0.processes.processes[0].end = .signal(9) }),
        ("heard", { $0.processes.processes[0].isHeard.toggle() }),
        ("given up", { $0.processes.processes[0].givenUp.toggle() }),
        ("adoption", { $0.processes.adoptions.append(.init(id: id(900), name: name(900))) }),
        ("death", { $0.isDead.toggle() }), ("what may be missed", { $0.files.mayMiss.toggle() }),
        ("files", { $0.files.entries.append(.init(path: [9], foreign: false)) }),
        ("file failures", { $0.files.failures += 1 }),
        ("file request", { _ = $0.files.take(.makeFile([9]), id(900)) }),
        ("worker", { tickLater(&$0) }),
    ]

    /// The worker alone hears of time.
    private static func tickLater(_ world: inout World) {
        var ignored: [Request] = []
        let at = world.now.after(.seconds(31))
        world.core.take(Input(at: at, wall: WallTime(nanoseconds: 0), entropy: 0, event: .tick), into: &ignored)
    }

    @Test(arguments: changes.indices)
    func everyPartOfTheWorldCounts(index: Int) {
        let stage = WorldStage.running()
        var other = stage.world
        Self.changes[index].1(&other)
        #expect(other.fingerprint != stage.world.fingerprint, "\(Self.changes[index].0)")
    }

    @Test func whatIsShownIsNoPartOfTheState() {
        let plain = WorldStage.running().world
        var watched = plain
        _ = watched.make(.wait)
        var other = plain
        _ = other.make(.wait)
        #expect(watched.fingerprint == other.fingerprint)
        #expect(watched.fingerprint != plain.fingerprint)
    }

    @Test func onlyTheLastMoveIsShown() {
        var stage = WorldStage.running { $0.signals = 2 }
        for move in [Move.signal, .wait] {
            stage.make(move)
            #expect(stage.world.lastInputs.count == 1)
            #expect(stage.world.lastRequests.count < 12)
        }
        stage.make(.cancel(0))
        #expect(stage.world.lastInputs.isEmpty && stage.world.lastRequests.isEmpty)
    }

    /// Which of two answers somebody waits for tells two states apart.
    @Test func theNameOfARequestCounts() {
        var known = WorldStage.running().world
        var fresh = known
        _ = known.files.take(.makeFile([9]), known.processes.processes[0].id)
        _ = fresh.files.take(.makeFile([9]), id(900))
        #expect(known.fingerprint != fresh.fingerprint)
    }

    @Test func everyPartOfTheRuntimeCounts() {
        let changes: [(inout RuntimeModel.Run) -> Void] = [
            { _ in }, { $0.isHeld = true }, { $0.wasHandedOver = true }, { $0.wasBrokenOff = true },
            { $0.mustBeTakenBack = true }, { $0.cancelTries = 1 }, { $0.cancelTries = 2 },
        ]
        var seen: Set<UInt64> = [WorldStage.running().world.fingerprint]
        for change in changes {
            var world = WorldStage.running().world
            world.runtime.change(key("a", "1"), change)
            seen.insert(world.fingerprint)
        }
        #expect(seen.count == 1 + changes.count)
    }

    /// Kinds of messages, of file calls and of frames are told apart, too.
    @Test func kindsCount() {
        func print(_ change: (inout World) -> Void) -> UInt64 {
            var world = WorldStage.running().world
            change(&world)
            return world.fingerprint
        }
        let problem = WireProblem(kind: .missing, path: [])
        var hooked = assignment("z")
        hooked.hooksRequired = true
        let messages: [IncomingMessage] = [
            .heartbeat, .unreadable(problem), .unknown(type: []), .unknown(type: [1]), .cancellation(TaskID([])),
            .cancellation(TaskID([1])), .unreadableAssignment(key("z"), problem),
            .unreadableAssignment(key("y"), problem),
            .assignment(assignment("z")), .assignment(assignment("y")), .assignment(hooked),
        ]
        let told = messages.map { message in print { $0.network.link?.toWorker.append(.message(message)) } }
        #expect(Set(told).count == messages.count)
        let calls: [FilesCall] = [
            .findExecutable(path: nil), .checkDirectory([]), .prepareRoot([]), .makeDirectory([]), .makeFile([]),
            .readEnvironment([]), .rename(from: [], to: []), .rename(from: [], to: [1]), .removeFile([]),
            .removeTree([]),
        ]
        let asked = calls.map { call in print { _ = $0.files.take(call, id(900)) } }
        #expect(Set(asked).count == calls.count)
    }
}
