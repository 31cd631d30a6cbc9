// When to dial, when to ping, and when a connection is dead.

import Codecs
import Effects
import Testing

@testable import WorkerModel

struct ConnectionTests {
    // MARK: - Back-off

    @Test func waitsLieBetweenNothingAndTheirCeiling() {
        let timing = Timing()
        var least = Backoff()
        var most = Backoff()
        for ceiling in [1, 2, 4, 8, 16, 32, 60, 60, 60] as [UInt64] {
            #expect(least.next(timing, chance: 0) == .zero)
            let wait = most.next(timing, chance: .max)
            #expect(wait < .seconds(ceiling))
            #expect(wait >= Span(nanoseconds: ceiling * 999_999_999))
        }
        for _ in 0..<1_000 { _ = most.next(timing, chance: .max) }
        #expect(most.next(timing, chance: .max) < .seconds(60))
    }

    @Test func waitsAreSpreadEvenly() {
        let timing = Timing()
        var dice = Dice(seed: 4)
        var tenths = [Int](repeating: 0, count: 10)
        for _ in 0..<10_000 {
            var backoff = Backoff()
            let wait = backoff.next(timing, chance: dice.next())
            tenths[min(9, Int(wait.nanoseconds / 100_000_000))] += 1
        }
        #expect(tenths.allSatisfy { $0 > 850 && $0 < 1_150 })
    }

    @Test func onlyAConnectionThatHeldResetsIt() {
        var stage = WorkerStage.started()
        for _ in 0..<10 {
            stage.feed(.socket(.refused(stage.dial, .timedOut)))
            stage.passToDeadline()
        }
        stage.opens()
        stage.pass(.milliseconds(29_999))
        stage.breaks()
        // Longer than any first wait.
        #expect(stage.passToDeadline() ?? .zero > .seconds(1))
        stage.opens()
        stage.pass(.seconds(30))
        stage.breaks()
        #expect(stage.passToDeadline() ?? .seconds(60) <= .seconds(1))
    }

    @Test func attemptsAreCountedFromTheLastOpenConnectionOn() {
        var stage = WorkerStage.started()
        for number in 2...40 {
            stage.feed(.socket(.refused(stage.dial, number % 3 == 0 ? .status(401, retryAfter: nil) : .timedOut)))
            #expect(attempt(&stage) == number)
        }
        stage.opens()
        stage.breaks()
        // The first since a connection was open, whether that one held or not.
        #expect(attempt(&stage) == 1)
        stage.feed(.socket(.refused(stage.dial, .timedOut)))
        #expect(attempt(&stage) == 2)
    }

    /// The attempt that the next dial names.
    private func attempt(_ stage: inout WorkerStage) -> Int? {
        stage.passToDeadline()
        for saying in stage.sayings {
            if case .dialling(let attempt) = saying { return attempt }
        }
        return nil
    }

    @Test(arguments: [401, 403])
    func aRefusedKeyIsTriedSlowly(status: Int) {
        var stage = WorkerStage.started()
        var dice = Dice(seed: 1)
        for _ in 0..<200 {
            stage.entropy = dice.next()
            stage.feed(.socket(.refused(stage.dial, .status(status, retryAfter: .seconds(1)))))
            #expect(stage.sayings.contains { if case .keyRefused(status, _) = $0 { true } else { false } })
            let wait = stage.passToDeadline() ?? .zero
            #expect(wait >= .seconds(30) && wait <= .seconds(60))
            #expect(stage.dials == 1)
        }
    }

    @Test(arguments: [429, 503])
    func retryAfterIsHonouredAndCapped(status: Int) {
        var stage = WorkerStage.started()
        stage.feed(.socket(.refused(stage.dial, .status(status, retryAfter: .seconds(120)))))
        #expect(stage.passToDeadline() == .seconds(120))
        stage.feed(.socket(.refused(stage.dial, .status(status, retryAfter: .seconds(.max)))))
        #expect(stage.passToDeadline() == stage.worker.settings.timing.retryAfterCap)
        stage.feed(.socket(.refused(stage.dial, .status(status, retryAfter: .zero))))
        #expect((stage.passToDeadline() ?? .seconds(99)) < .seconds(4))
    }

    @Test func aPatternOfShortConnectionsIsSaid() {
        var stage = WorkerStage.connected()
        var said: [Int] = []
        for _ in 0..<5 {
            stage.breaks()
            for saying in stage.sayings {
                if case .connectionShortLived(let times) = saying { said.append(times) }
            }
            stage.reconnects()
        }
        #expect(said == [3, 4, 5])
        stage.pass(.seconds(30))
        stage.breaks()
        #expect(!stage.sayings.contains { if case .connectionShortLived = $0 { true } else { false } })
    }

    @Test func aStopInterruptsTheWait() {
        var stage = WorkerStage.connected()
        stage.breaks()
        stage.feed(.operator(.stopRequested(signal: 15)))
        #expect(stage.exitCode == 0)
    }

    @Test func aHandshakeHasThirtySeconds() {
        var stage = WorkerStage.started()
        #expect(stage.passToDeadline() == .seconds(30))
        #expect(stage.abandons)
        #expect(stage.dials == 0)
        stage.feed(.socket(.refused(stage.dial, .abandoned)))
        // Not "given up", which would tell the operator nothing.
        #expect(stage.sayings.contains { if case .dialFailed(.timedOut, _) = $0 { true } else { false } })
        stage.passToDeadline()
        #expect(stage.dials == 1)
    }

    // MARK: - Keep-alive

    @Test func pingsEveryThirtySeconds() {
        var stage = WorkerStage.connected()
        for _ in 0..<5 {
            #expect(stage.passToDeadline() == .seconds(30))
            let number = stage.ping ?? 0
            #expect(number > 0)
            stage.pass(.seconds(1))
            stage.ponged(number)
            stage.now = Instant(nanoseconds: stage.now.nanoseconds - 1_000_000_000)
        }
    }

    @Test func aPingWithoutItsPongMeansDeath() {
        var stage = WorkerStage.connected()
        stage.pass(.seconds(30))
        let number = stage.ping ?? 0
        // Whatever else arrives is no pong.
        stage.feed(.socket(.heard(stage.dial)))
        stage.receives(.heartbeat)
        stage.ponged(number + 1)
        stage.pass(.milliseconds(19_999))
        #expect(!stage.abandons)
        stage.pass(.milliseconds(1))
        #expect(stage.abandons)
        #expect(!stage.worker.connection.isOpen)
        #expect(stage.worker.nextDeadline() == nil)
        stage.feed(.socket(.closed(stage.dial, .abandoned)))
        stage.passToDeadline()
        #expect(stage.dials == 1)
    }

    /// Silence from the start, with no ping missing: never longer than 60 s.
    @Test func silenceEndsAConnection() {
        var stage = WorkerStage.connected()
        let opened = stage.now
        while !stage.abandons, stage.passToDeadline() != nil {}
        #expect(stage.abandons)
        #expect(stage.now.since(opened) <= .seconds(60))
    }

    @Test func aWriteWithoutProgressMeansDeath() {
        var stage = WorkerStage.connected()
        stage.receives(.assignment(assignment("a")))
        stage.pass(.milliseconds(9_999))
        #expect(!stage.abandons)
        stage.pass(.milliseconds(1))
        #expect(stage.abandons)
        // Nothing goes out on it any more.
        stage.receives(.assignment(assignment("b")))
        #expect(stage.messages.isEmpty)
    }

    // MARK: - A machine that slept: the clock has jumped, and what came meanwhile is read first

    private static let hour = Span.seconds(3_600)

    @Test func aSleepWithoutAPingOnItsWayIsNoDeath() {
        var stage = WorkerStage.connected()
        stage.pass(Self.hour)
        #expect(!stage.abandons)
        let number = stage.ping ?? 0
        #expect(number > 0)
        stage.pass(.milliseconds(19_999))
        #expect(!stage.abandons)
        stage.ponged(number)
        stage.pass(.seconds(29))
        #expect(!stage.abandons && stage.worker.connection.isOpen)
    }

    @Test func aPongThatIsReadBeforeTheTickKeepsTheConnection() {
        var stage = WorkerStage.connected()
        stage.pass(.seconds(30))
        let number = stage.ping ?? 0
        stage.now = stage.now.after(Self.hour)
        stage.receives(.heartbeat)
        stage.ponged(number)
        stage.feed(.tick)
        #expect(!stage.abandons && stage.worker.connection.isOpen)
    }

    @Test func aWriteThatIsTakenBeforeTheTickKeepsTheConnection() {
        var stage = WorkerStage.connected()
        stage.receives(.assignment(assignment("a")))
        let claim = stage.sends[0].id
        stage.now = stage.now.after(Self.hour)
        stage.written(claim)
        stage.feed(.tick)
        #expect(!stage.abandons && stage.worker.connection.isOpen)
    }

    @Test func aPongThatDoesNotComeIsDeathAlsoAfterASleep() {
        var stage = WorkerStage.connected()
        stage.pass(.seconds(30))
        stage.now = stage.now.after(Self.hour)
        stage.receives(.heartbeat)
        stage.feed(.tick)
        #expect(stage.abandons)
    }

    @Test func progressOfWritesGivesTheNextOnesTheirTime() {
        var stage = WorkerStage.connected()
        stage.receives(.assignment(assignment("a")))
        let first = stage.sends[0].id
        stage.receives(.assignment(assignment("b")))
        stage.pass(.seconds(9))
        stage.written(first)
        stage.pass(.seconds(9))
        #expect(!stage.abandons)
        stage.pass(.seconds(1))
        #expect(stage.abandons)
    }

    @Test func aCleanStopSaysOneThousand() {
        var stage = WorkerStage.connected()
        stage.feed(.operator(.stopRequested(signal: 15)))
        #expect(stage.asked.contains { $0.effect == .socket(.close(connection: stage.dial, code: 1000)) })
        #expect(stage.exitCode == nil)
        stage.feed(.socket(.closed(stage.dial, .closedByUs)))
        #expect(stage.exitCode == 0)
    }

    @Test func aCloseThatIsNotAnsweredIsBounded() {
        var stage = WorkerStage.connected()
        stage.feed(.operator(.stopRequested(signal: 15)))
        #expect(stage.passToDeadline() == .seconds(2))
        #expect(stage.abandons)
        stage.feed(.socket(.closed(stage.dial, .abandoned)))
        #expect(stage.exitCode == 0)
    }
}
