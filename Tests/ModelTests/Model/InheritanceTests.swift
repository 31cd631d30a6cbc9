// The sum of a journal: total, bounded, the same after a compaction, and good for a start wherever the journal breaks
// off.

import Codecs
import Simulation
import Testing

@testable import Effects
@testable import WorkerModel

struct InheritanceTests {
    @Test func aCompactionKeepsTheSum() {
        for journal in Journals.ofWalks {
            var sum = Inheritance()
            for note in journal {
                sum.take(note)
                #expect(Inheritance(sum.records) == sum)
            }
        }
    }

    @Test func aCompactionOnTheWayChangesNothing() {
        for journal in Journals.ofWalks {
            let whole = Inheritance(journal.map { .noted($0) })
            for cut in stride(from: 0, through: journal.count, by: 3) {
                let first = Inheritance(journal[..<cut].map { .noted($0) })
                #expect(Inheritance(first.records + journal[cut...].map { .noted($0) }) == whole)
            }
        }
    }

    @Test func aJournalThatIsToldTwiceSaysNothingNew() {
        for journal in Journals.ofWalks {
            let records: [JournalRecord] = journal.map { .noted($0) }
            let once = Inheritance(records)
            let twice = Inheritance(records + records)
            #expect(twice.runs.map(\.number) == once.runs.map(\.number))
            #expect(twice.highest == once.highest)
        }
    }

    @Test func nonsenseHasASumWithinItsBounds() {
        var dice = Dice(seed: 5)
        var sum = Inheritance()
        for number in 0..<200_000 as Range<UInt64> { sum.take(Journals.nonsense(&dice, from: number)) }
        #expect(sum.runs.count <= Inheritance.mostRuns)
        #expect(sum.remembered.count <= Inheritance.mostRemembered * 5 / 4)
        #expect(sum.elsewhere.count <= Inheritance.mostElsewhere * 5 / 4)
        #expect(sum.runs.allSatisfy { $0.belongings.count <= Inheritance.Run.mostBelongings })
        #expect(sum.runs.allSatisfy { $0.ends.count <= Inheritance.Run.mostEnds })
        #expect(zip(sum.runs, sum.runs.dropFirst()).allSatisfy { $0.number < $1.number })
        #expect(Inheritance(sum.records) == sum)
        #expect(sum.runs.count > 100)
    }

    /// Hands that lose something else are no reason to give up a setup command that was taken over.
    @Test func onlyItsOwnLossEndsWhatWasTakenOver() throws {
        let run = key("a", "1")
        let setup = Possession.process(name(5), .setup)
        let workspace = Possession.workspace(Bytes(text: "/w/a"))
        let notes: [JournalNote] = [
            .claimed(run, at: Instant(nanoseconds: 1)), .claimHeard, .started(at: Instant(nanoseconds: 1)),
            .intended(workspace), .acquired(workspace), .intended(setup), .acquired(setup),
        ]
        var stage = WorkerStage()
        stage.feed(.began(Inheritance(notes.map { .noted(JournalCall(run: 1, $0)) })))
        stage.answerFile { .found($0, path: Bytes(text: "/bin/oz")) }
        stage.answerFile { .done($0) }
        let adoption = try #require(
            stage.asked.first { if case .process(.adopt) = $0.effect { true } else { false } }?.id)
        stage.feed(.interpreter(.contractBroken(EffectID(slot: adoption.slot, sequence: adoption.sequence + 9))))
        #expect(stage.asked.contains { $0.effect == .measure(.lateCompletion) })
        #expect(!stage.asked.contains { if case .process = $0.effect { true } else { false } })
        stage.feed(.interpreter(.contractBroken(adoption)))
        #expect(stage.asked.contains { if case .process(.kill) = $0.effect { true } else { false } })
    }

    /// Where the operator has taken the cancel command away, what was to be taken back is given up, and nothing else.
    @Test(arguments: [false, true])
    func withoutACancelCommandOnlyWhatWasOwedIsGivenUp(owed: Bool) {
        let run = key("a", "1")
        let dispatch = Possession.process(name(5), .dispatch)
        let notes: [JournalNote] =
            [
                .claimed(run, at: Instant(nanoseconds: 1)), .claimHeard, .started(at: Instant(nanoseconds: 1)),
                .intended(dispatch), .acquired(dispatch), .ended(name(5), .dispatch, .signal(9)), .released(dispatch),
            ] + (owed ? [.recallBegan] : [])
        var stage = WorkerStage {
            $0.backend = .command(CommandSettings(dispatchCommand: Bytes(text: "x"), directory: Bytes(text: "/")))
        }
        stage.feed(.began(Inheritance(notes.map { .noted(JournalCall(run: 1, $0)) })))
        let noted = stage.history.compactMap { if case .journal(let call) = $0.effect { call.note } else { nil } }
        #expect(noted.contains(.recallEnded(succeeded: false)) == owed)
        #expect(noted.contains { if case .verdictDecided = $0 { true } else { false } })
    }

    @Test func ofHeardWordsAndOfHandedOverRunsTheLatestAreKept() {
        var sum = Inheritance()
        let count = Inheritance.mostElsewhere * 3 / 2
        for number in 1...UInt64(count) {
            let run = key("t\(number)", "1")
            sum.take(JournalCall(run: number * 2, .claimed(run, at: Instant(nanoseconds: 1))))
            sum.take(JournalCall(run: number * 2, .verdictDecided(.completed(run))))
            sum.take(JournalCall(run: number * 2, .verdictHeard))
            sum.take(JournalCall(run: number * 2 + 1, .claimed(run, at: Instant(nanoseconds: 1))))
            sum.take(JournalCall(run: number * 2 + 1, .claimHeard))
            sum.take(JournalCall(run: number * 2 + 1, .handedOver))
        }
        #expect(sum.runs.isEmpty)
        let (remembered, elsewhere) = (Inheritance.mostRemembered, Inheritance.mostElsewhere)
        #expect((remembered...remembered * 5 / 4).contains(sum.remembered.count))
        #expect((elsewhere...elsewhere * 5 / 4).contains(sum.elsewhere.count))
        #expect(sum.remembered.last == .completed(key("t\(count)", "1")))
        #expect(sum.elsewhere.first == key("t\(count - sum.elsewhere.count + 1)", "1"))
    }

    /// Whatever a journal breaks off at: the worker starts, goes on with what it is told, and comes to rest.
    @Test func everyPrefixBoots() {
        var booted = 0
        for (number, journal) in Journals.ofWalks.enumerated() {
            let settings = Journals.scenarios[number % Journals.scenarios.count].settings
            for cut in 0...journal.count {
                let sum = Inheritance(journal[..<cut].map { .noted($0) })
                let left = Boot.rest(sum, settings)
                #expect(left == nil, "\(left ?? "") after \(cut) notes of journal \(number)")
                booted += 1
            }
        }
        #expect(booted > 250)
    }

    /// The state directory may come from a worker with another backend.
    @Test func aJournalOfAnotherBackendBoots() {
        for (number, journal) in Journals.ofWalks.enumerated() {
            let settings = Journals.scenarios[(number + 1) % Journals.scenarios.count].settings
            for cut in stride(from: 0, through: journal.count, by: 2) {
                let left = Boot.rest(Inheritance(journal[..<cut].map { .noted($0) }), settings)
                #expect(left == nil, "\(left ?? "") after \(cut) notes of journal \(number)")
            }
        }
    }

    @Test func nonsenseBoots() {
        var dice = Dice(seed: 11)
        for round in 0..<60 {
            var sum = Inheritance()
            for number in 0..<300 as Range<UInt64> { sum.take(Journals.nonsense(&dice, from: number / 4)) }
            let left = Boot.rest(sum, Journals.scenarios[round % Journals.scenarios.count].settings)
            #expect(left == nil, "\(left ?? "") in round \(round)")
        }
    }
}

/// Journals as workers write them, and as nobody would.
private enum Journals {
    /// By turns of another backend than their neighbours.
    static let scenarios: [Scenario] = {
        let plain = Scenarios.all.filter { $0.crashes == 0 && $0.settings.journals && $0.name != "broken hands" }
        let direct = plain.filter { if case .direct = $0.settings.backend { true } else { false } }
        let command = plain.filter { if case .command = $0.settings.backend { true } else { false } }
        return zip(direct, command).flatMap { [$0, $1] }
    }()

    static let ofWalks: [[JournalCall]] = scenarios.enumerated().map { number, scenario in
        var dice = Dice(seed: UInt64(number) + 3)
        var world = World(scenario)
        var notes: [JournalCall] = []
        for _ in 0..<150 {
            guard let move = dice.pick(world.moves()), world.make(move) == nil else { break }
            for request in world.lastRequests {
                if case .journal(let call) = request.effect { notes.append(call) }
            }
        }
        return notes
    }

    /// About runs whose numbers go upwards, by and large.
    static func nonsense(_ dice: inout Dice, from first: UInt64 = 0) -> JournalRecord {
        let run = first + dice.next() % 500
        let execution = key("t\(dice.below(40))", dice.below(3) == 0 ? nil : "\(dice.below(3))")
        let at = Instant(nanoseconds: dice.next() % 3_000_000_000_000)
        let name = ProcessName(number: dice.next() % 500)
        let role = dice.pick(ProcessRole.allCases) ?? .agent
        let end = dice.pick([ProcessEnd.exit(0), .exit(1), .signal(9), .unseen]) ?? .unseen
        let path = Bytes(text: "/w/\(dice.below(20))")
        let things: [Possession] = [.workspace(path), .directory(path), .file(path), .process(name, role)]
        let thing = dice.pick(things) ?? .file(path)
        let words: [OutgoingMessage] = [
            .completed(execution), .cancelled(execution), .claimed(execution.task, worker: []),
            .failed(execution, .internal(.interrupted), exitCode: nil),
        ]
        let word = dice.pick(words) ?? .completed(execution)
        let verdicts: [Verdict] = [.completed, .cancelled, .dispatched, .failed(.gracefulShutdown)]
        let notes: [JournalNote] = [
            .claimed(execution, at: at), .recalled(execution), .claimHeard, .started(at: at),
            .ending(dice.pick(verdicts) ?? .cancelled), .intended(thing), .acquired(thing), .ended(name, role, end),
            .released(thing), .verdictDecided(word), .handedOver, .verdictHeard, .verdictWithdrawn, .forgotten,
            .recallBegan, .recallEnded(succeeded: dice.below(2) == 0),
        ]
        switch dice.below(40) {
        case 0: return .remembered(word)
        case 1: return .elsewhere(execution)
        case 2: return .kept(Inheritance.Run(number: run, key: execution, kind: .recalled))
        case 3 where dice.below(50) == 0: return .counted(run)
        default: return .noted(JournalCall(run: run, dice.pick(notes) ?? .forgotten))
        }
    }
}

/// A machine on which nothing of earlier lives is left, and all goes well.
private enum Boot {
    /// Nil once the worker is at rest, else what it still has.
    static func rest(_ inheritance: Inheritance, _ settings: Settings) -> String? {
        var core = Core(settings: settings)
        var now = Instant(nanoseconds: 2_000_000_000_000)
        var events: [Event] = [.began(inheritance)]
        for _ in 0..<20_000 {
            if events.isEmpty {
                let worker = core.worker
                if worker.roster.isEmpty, worker.connection.outbox.letters.isEmpty, worker.life.admits { return nil }
                guard let deadline = core.nextDeadline() else { return "nothing to wait for" }
                now = max(now, deadline)
                events.append(.tick)
            }
            let input = Input(
                at: now, wall: WallTime(nanoseconds: 0), entropy: now.nanoseconds, event: events.removeFirst())
            var requests: [Request] = []
            core.take(input, into: &requests)
            for request in requests { events += answers(to: request) }
        }
        return "\(core.worker.roster.tasks.count) tasks"
    }

    private static func answers(to request: Request) -> [Event] {
        let id = request.id
        switch request.effect {
        case .socket(.dial): return [.socket(.opened(id))]
        case .socket(.send): return [.socket(.written(id))]
        case .socket(.ping(let connection, let number)): return [.socket(.ponged(connection, number: number))]
        case .socket(.close(let connection, _)): return [.socket(.closed(connection, .closedByUs))]
        case .socket(.abandon(let connection)): return [.socket(.closed(connection, .abandoned))]
        case .process(.start): return [.process(.started(id)), .process(.finished(id, .exit(0)))]
        case .process(.adopt): return [.process(.notFound(id))]
        case .files(.findExecutable): return [.files(.found(id, path: Bytes(text: "/bin/oz")))]
        case .files(.rename): return [.files(.failed(id, .notFound))]
        case .files: return [.files(.done(id))]
        case .process, .docker, .journal, .log, .measure, .forgetSecrets, .exit: return []
        }
    }
}
