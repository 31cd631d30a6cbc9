// Every event in every state has an answer, and the same one each time.

import Codecs
import Effects
import Simulation
import Testing

@testable import WorkerModel

struct TotalityTests {
    /// Every kind of event, under names that nobody waits for, in states of all walks.
    @Test func staleCompletionsChangeNothing() {
        var tried = 0
        var wrong: [String] = []
        for (number, scenario) in Walks.rich.enumerated() {
            _ = Walks.walk(scenario, steps: 60, seed: UInt64(number) + 300) { stop in
                guard stop.worker.exitCode == nil else { return }
                let standing = stop.worker.standing
                for id in staleIDs {
                    for event in Events.completions(id) {
                        let (next, requests) = stop.worker.step(input(event, at: stop.now))
                        tried += 1
                        if next.standing == standing, requests.allSatisfy({ isOnlyTold($0.effect) }),
                            isCounted(requests, event)
                        {
                            continue
                        }
                        wrong.append("\(scenario.name): \(event)")
                    }
                }
            }
        }
        #expect(tried > 40_000)
        #expect(wrong.isEmpty)
    }

    /// Requests that nobody waits for any more, whose breaking the hands confess.
    @Test func whatNobodyWaitsForBreaksNothing() {
        var tried = 0
        var wrong: [String] = []
        for (number, scenario) in Walks.rich.enumerated() {
            _ = Walks.walk(scenario, steps: 200, seed: UInt64(number) + 900) { stop in
                guard stop.worker.exitCode == nil else { return }
                for id in staleIDs where id.slot != 0 {
                    let (next, requests) = stop.worker.step(input(.interpreter(.contractBroken(id)), at: stop.now))
                    tried += 1
                    if next.standing == stop.worker.standing, requests.allSatisfy({ isOnlyTold($0.effect) }),
                        requests.count(where: { $0.effect == .measure(.lateCompletion) }) == 1
                    {
                        continue
                    }
                    wrong.append("\(scenario.name): \(id)")
                }
            }
        }
        #expect(tried > 10_000)
        #expect(wrong.isEmpty)
    }

    /// Every kind of event, under the names of everything that was ever asked for lately, in states of all walks.
    @Test func everyEventInEveryStateHasAnAnswer() {
        var tried = 0
        var wrong: [String] = []
        for (number, scenario) in Walks.rich.enumerated() {
            var recent: [EffectID] = []
            _ = Walks.walk(scenario, steps: 60, seed: UInt64(number) + 600) { stop in
                recent = Array((stop.requests.filter(\.effect.answers).map(\.id) + recent).prefix(6))
                for event in recent.flatMap(Events.completions) + Events.others {
                    let given = input(event, at: stop.now)
                    let (once, requests) = stop.worker.step(given)
                    let (again, same) = stop.worker.step(given)
                    tried += 1
                    let agrees = once.digest == again.digest && requests == same
                    if agrees, Set(requests.map(\.id)).count == requests.count { continue }
                    wrong.append("\(scenario.name): \(event)")
                }
            }
        }
        #expect(tried > 40_000)
        #expect(wrong.isEmpty)
    }

    /// Whatever comes in whatever order: no trap, the same answer twice, and an index of deadlines that is right.
    @Test func randomInputs() {
        var dice = Dice(seed: 42)
        var steps = 0
        var lives = 0
        while steps < 100_000 {
            lives += 1
            var noise = Noise(settings: Walks.rich[lives % Walks.rich.count].settings)
            while noise.core.exitCode == nil, steps < 100_000 {
                noise.step(&dice)
                steps += 1
                if noise.disagrees || noise.indexIsWrong { break }
            }
            #expect(!noise.disagrees, "life \(lives)")
            #expect(!noise.indexIsWrong, "life \(lives)")
        }
        #expect(lives > 20)
    }

    private let staleIDs = [
        EffectID(slot: 0, sequence: .max), EffectID(slot: 1, sequence: 0), EffectID(slot: 2, sequence: .max),
        EffectID(slot: 999, sequence: 3), EffectID(slot: .max, sequence: .max),
    ]

    private func input(_ event: Event, at now: Instant) -> Input {
        Input(at: now, wall: WallTime(nanoseconds: 0), entropy: 3, event: event)
    }

    /// Late completions of files, processes and the Docker daemon are counted. Those of a connection have its end as
    /// their sign.
    private func isCounted(_ requests: [Request], _ event: Event) -> Bool {
        switch event {
        case .files, .process, .docker: requests.count(where: { $0.effect == .measure(.lateCompletion) }) == 1
        case .socket, .began, .tick, .operator, .interpreter: true
        }
    }

    private func isOnlyTold(_ effect: Effect) -> Bool {
        switch effect {
        case .log, .measure, .journal, .forgetSecrets: true
        case .docker(.abandon): true
        case .socket, .process, .files, .docker, .exit: false
        }
    }
}

enum Events {
    static func completions(_ id: EffectID) -> [Event] {
        let ends: [ProcessEnd] = [.exit(0), .exit(1), .signal(9), .unseen]
        var list: [Event] = [
            .process(.started(id)), .process(.startFailed(id, .exec(errno: 2))), .process(.notFound(id)),
        ]
        for end in ends {
            list += [.process(.exited(id, end)), .process(.cleared(id, end)), .process(.finished(id, end))]
        }
        let read = FilesEvent.environmentRead(
            id, [EnvironmentVariable("A", .secret(SecretRef(number: 800)))],
            secrets: SecretRange(first: 800, count: 1), malformed: [3])
        let files: [FilesEvent] = [
            .done(id), .exists(id), .failed(id, .system(errno: 28)), .failed(id, .notFound),
            .found(id, path: Bytes(text: "/bin/other")), read,
        ]
        list += files.map { .files($0) }
        list += docker(id).map { .docker($0) }
        let socket: [SocketEvent] = [
            .opened(id), .refused(id, .timedOut), .refused(id, .status(401, retryAfter: nil)), .heard(id),
            .ponged(id, number: id.sequence), .closed(id, .closedByPeer(code: nil)), .closed(id, .abandoned),
            .written(id), .notWritten(id), .received(id, .assignment(assignment("z"))),
            .received(id, .cancellation(TaskID(Bytes(text: "a")))), .received(id, .unknown(type: [])),
        ]
        return list + socket.map { .socket($0) }
    }

    private static func listed(_ id: EffectID) -> DockerEvent {
        let own = Labels.hash(Bytes(text: "i"))
        let owners: [(String, Bytes?, Bytes?)] = [
            ("oz-task-x", own, own), ("oz-task-y", [1], own), ("oz-sidecar-x", own, nil),
            ("oz-sidecar-y.ready", own, nil),
            ("", nil, nil),
        ]
        return .listed(
            id,
            owners.map { name, instance, execution in
                DockerListed(id: Bytes(text: name), name: Bytes(text: name), instance: instance, execution: execution)
            })
    }

    private static func docker(_ id: EffectID) -> [DockerEvent] {
        let image = DockerImage(id: Bytes(text: "sha256:1"), digests: [], platform: Bytes(text: "linux/amd64"))
        let failures: [DockerFailure] = [
            .refused(status: 404, Detail("no")), .refused(status: 500, Detail("no")), .lost(Detail("x")), .timedOut,
            .pull(Detail("denied")), .notReached(Detail("x")), .abandoned,
        ]
        let states: [DockerContainer.State] = [.created, .running, .ended]
        return [.done(id), .exists(id), .image(id, image), .volume(id, isLabelled: true), listed(id)]
            + failures.map { .failed(id, $0) } + [.ended(id, code: 0), .ended(id, code: 137)]
            + states.map {
                .container(
                    id,
                    DockerContainer(
                        id: [1], state: $0, exitCode: 1, outOfMemory: true, instance: nil, task: nil, execution: nil))
            }
    }

    /// Those without the name of a request, or that concern somebody by any name.
    static let others: [Event] = [
        .began(.nothing), .tick, .operator(.stopRequested(signal: 15)), .operator(.stopRequested(signal: .min)),
        .operator(.stopRequested(signal: .max)), .interpreter(.contractBroken(EffectID(slot: 0, sequence: 1))),
        .interpreter(.contractBroken(EffectID(slot: 1, sequence: 1))),
        .interpreter(.contractBroken(EffectID(slot: .max, sequence: .max))),
        .interpreter(.journalFailed(errno: 28)), .interpreter(.journalRestored),
    ]
}

/// A worker among people who answer anything with anything.
private struct Noise {
    var core: Core
    private var twin: Worker
    private var now = Instant(nanoseconds: 1_000_000_000)
    private var names: [EffectID] = []
    private(set) var disagrees = false
    private(set) var indexIsWrong = false

    init(settings: Settings) {
        core = Core(settings: settings)
        twin = Worker(settings: settings)
    }

    mutating func step(_ dice: inout Dice) {
        let event = event(&dice)
        pass(&dice)
        let input = Input(at: now, wall: WallTime(nanoseconds: -1), entropy: dice.next(), event: event)
        var requests: [Request] = []
        core.take(input, into: &requests)
        let (next, again) = twin.step(input)
        twin = next
        disagrees = requests != again || core.worker.digest != twin.digest
        indexIsWrong = core.nextDeadline() != core.worker.nextDeadline()
        for request in requests where request.effect.answers { names.append(request.id) }
        if names.count > 24 { names.removeFirst(names.count - 24) }
    }

    private mutating func pass(_ dice: inout Dice) {
        switch dice.below(4) {
        case 0: now = now.after(Span(nanoseconds: dice.next() % 20_000_000_000))
        case 1: if let deadline = core.worker.nextDeadline() { now = max(now, deadline) }
        default: now = now.after(.milliseconds(UInt64(dice.below(300))))
        }
    }

    private func event(_ dice: inout Dice) -> Event {
        if case .starting = core.worker.life, names.isEmpty { return .began(.nothing) }
        let id = dice.pick(names) ?? EffectID(slot: 0, sequence: dice.next() % 50)
        switch dice.below(12) {
        case 0, 1: return .tick
        case 2, 3, 4: return .socket(.received(connection ?? id, message(&dice)))
        case 5: return .socket(.written(id))
        case 6: return .socket(.ponged(connection ?? id, number: id.sequence &+ UInt64(dice.below(3))))
        case 7 where dice.below(40) == 0: return dice.pick(Events.others) ?? .tick
        case 8: return kindly(id)
        default: return dice.pick(Events.completions(id)) ?? .tick
        }
    }

    private var connection: EffectID? { core.worker.connection.awaited }

    /// What would be right, so that lives get somewhere.
    private func kindly(_ id: EffectID) -> Event {
        switch core.worker.life {
        case .starting(let starting):
            if case .findingAgent(let id) = starting.phase { return .files(.found(id, path: Bytes(text: "/oz"))) }
            if case .preparing(let start) = starting.phase { return .docker(kindly(start, id)) }
            return .files(.done(id))
        case .running, .draining, .stopping, .closing, .stopped:
            if let connection, !core.worker.connection.isOpen { return .socket(.opened(connection)) }
            return .files(.done(id))
        }
    }

    private func kindly(_ start: DockerStart, _ id: EffectID) -> DockerEvent {
        guard case .reaching(let id) = start.phase else { return .listed(start.awaits ?? id, []) }
        let daemon = DockerDaemon(
            platform: Bytes(text: "linux/amd64"), version: [], api: Bytes(text: "1.41"), place: [], remarks: [])
        return .reached(id, daemon)
    }

    private func message(_ dice: inout Dice) -> IncomingMessage {
        let task = ["a", "b", "c", "..", "d/e"][dice.below(5)]
        let execution = ["1", "2", nil][dice.below(3)]
        switch dice.below(6) {
        case 0: return .cancellation(TaskID(Bytes(text: task)))
        case 1: return .unknown(type: Bytes(decimal: dice.below(40)))
        case 2: return .unreadableAssignment(key(task), WireProblem(kind: .empty, path: []))
        default:
            var given = assignment(task, execution)
            given.secrets = SecretRange(first: dice.next(), count: dice.next())
            return .assignment(given)
        }
    }
}
