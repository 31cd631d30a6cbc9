// What the parts of the Docker backend wait for, and until when.

import Codecs
import Effects
import Testing

@testable import WorkerModel

struct DockerWaitsTests {
    private let key = ExecutionKey(task: TaskID(Bytes(text: "a")), execution: nil)

    private func turn(at seconds: UInt64, after sequence: UInt64 = 0) -> Turn {
        let settings = Settings(
            workerID: Bytes(text: "w"), instanceID: Bytes(text: "i"), url: [], backend: .docker(DockerSettings()))
        let input = Input(
            at: Instant(nanoseconds: seconds * 1_000_000_000), wall: WallTime(nanoseconds: 0), entropy: 0, event: .tick
        )
        return Turn(input, settings: .fixed(settings), sequence: sequence, requests: [])
    }

    private func calls(_ turn: Turn) -> [DockerCall] {
        turn.requests.compactMap { if case .docker(let call) = $0.effect { call } else { nil } }
    }

    /// The call that is waited for.
    private func last(_ turn: Turn) -> EffectID {
        let call = turn.requests.last { if case .docker = $0.effect { true } else { false } }
        return call?.id ?? EffectID(slot: 0, sequence: 0)
    }

    private let busy = DockerFailure.refused(status: 503, Detail("busy"))

    @Test func aPullIsTriedAgainAtItsTimeAndNoSooner() throws {
        var first = turn(at: 100)
        var pull = ImagePull(
            Bytes(text: "x"), platform: Bytes(text: "linux/amd64"), alsoAnonymously: false, key, &first)
        #expect(pull.take(.failed(last(first), busy), key, &first))
        let until = try #require(pull.deadline)
        #expect(until > Instant(nanoseconds: 100_000_000_000))
        var early = turn(at: 100, after: 10)
        pull.tick(&early)
        #expect(calls(early).isEmpty && pull.deadline == until)
        var late = turn(at: until.nanoseconds / 1_000_000_000 + 1, after: 10)
        pull.tick(&late)
        #expect(calls(late).count == 1 && pull.deadline == nil)
    }

    @Test func aRemovalIsTriedAgainAtItsTimeAndNoSooner() throws {
        var first = turn(at: 100)
        var holding = DockerHolding(.volume(Bytes(text: "oz-volume-a-1-0123456789abcdef-0")))
        holding.ask(.createVolume(holding.name, labels: .object([])), key, &first)
        #expect(holding.take(.done(last(first)), key, &first) == .held)
        holding.relinquish(key, &first)
        _ = holding.take(.failed(last(first), busy), key, &first)
        let until = try #require(holding.deadline)
        #expect(until > Instant(nanoseconds: 100_000_000_000))
        var early = turn(at: 100, after: 10)
        holding.tick(key, &early)
        #expect(calls(early).isEmpty && holding.deadline == until)
        var late = turn(at: until.nanoseconds / 1_000_000_000 + 1, after: 10)
        holding.tick(key, &late)
        #expect(calls(late) == [.removeVolume(holding.name)])
    }

    /// A filling's time is counted for who fills: whoever found the lock taken waits without an end of its own, and
    /// has no deadline that has passed.
    @Test func whoeverWaitsForAnotherFillsNothing() throws {
        var now = turn(at: 100)
        var volume = SidecarVolume(
            Sidecar(image: Bytes(text: "x"), mountPath: Bytes(text: "/x"), readWrite: false), ownName: [],
            platform: Bytes(text: "linux/amd64"), key, &now)
        let image = DockerImage(
            id: Bytes(text: "sha256:feedfacefeedface"), digests: [], platform: Bytes(text: "linux/amd64"))
        let missing = DockerFailure.refused(status: 404, Detail("no"))
        func id() -> EffectID { last(now) }
        #expect(volume.take(.done(id()), &now))
        #expect(volume.take(.image(id(), image), &now))
        #expect(volume.take(.failed(id(), missing), &now))
        guard case .locking = volume.phase else {
            Issue.record("not locking: \(volume.phase)")
            return
        }
        #expect(volume.take(.exists(id()), &now))
        guard case .lookingAtLock = volume.phase else {
            Issue.record("not looking at the lock: \(volume.phase)")
            return
        }
        let filling = Instant(nanoseconds: 100_000_000_000).after(Timing().sidecarFill)
        #expect(volume.deadline.map { $0 < filling } ?? true)
        var later = turn(at: 800, after: now.sequence)
        volume.tick(&later)
        #expect(volume.deadline.map { $0 >= later.at } ?? true)
        #expect(volume.outcome == nil)
    }

    // MARK: - What tells two states apart

    private func digest(_ part: some Visited) -> UInt64 {
        var visitor = Visitor()
        part.visit(&visitor)
        return visitor.result
    }

    /// A container that runs and was told to end at that time, as the daemon has heard.
    private func toldToEnd(at seconds: UInt64) -> Contained {
        var now = turn(at: seconds)
        var contained = Contained(adopting: Bytes(text: "c"), &now)
        let running = DockerContainer(
            id: Bytes(text: "c"), state: .running, exitCode: 0, outOfMemory: false, instance: nil, task: nil,
            execution: nil)
        #expect(contained.take(.container(last(now), running), key, &now))
        contained.terminate(&now)
        #expect(contained.take(.done(last(now)), key, &now))
        return contained
    }

    /// Two that end at the same time, each on a rung of its own, are two states.
    @Test func theRungOfTheLadderCounts() throws {
        let timing = Timing()
        let begun: UInt64 = 100
        let first = toldToEnd(at: begun + timing.deathUnseen.nanoseconds / 1_000_000_000)
        var second = toldToEnd(at: begun)
        let killAt = try #require(second.deadline)
        var then = turn(at: killAt.nanoseconds / 1_000_000_000, after: 10)
        second.tick(key, &then)
        #expect(second.take(.done(last(then)), key, &then))
        #expect(first.deadline == second.deadline && first.awaited == second.awaited)
        #expect(digest(first) != digest(second))
    }

    @Test func whatIsReadAndWhatHauntsCount() {
        var (now, later) = (turn(at: 1), turn(at: 1, after: 5))
        var (one, other) = (OutputFollow(), OutputFollow())
        one.begin(Bytes(text: "c"), key, .none, &now)
        other.begin(Bytes(text: "c"), key, .none, &later)
        #expect(digest(one) != digest(other))
        var (old, new) = (DockerTidying(key, inherited: []), DockerTidying(key, inherited: []))
        old.haunt(toldToEnd(at: 1))
        new.haunt(toldToEnd(at: 2))
        #expect(digest(old) != digest(new))
    }
}
