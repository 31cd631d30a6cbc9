// The keeping of the journal over a disk on which everything may fail: every course of events within small bounds, and
// in each of its states both deaths. What must hold is said in spec/invariants.md.

import Effects
import Testing

@testable import WorkerModel

struct KeepingTests {
    private static func bounds(
        _ notes: Int, _ faults: Int, outlastsPower: Bool = true, _ beginning: KeepingWorld.Beginning = .well
    ) -> KeepingWorld.Bounds {
        KeepingWorld.Bounds(notes: notes, faults: faults, outlastsPower: outlastsPower, beginning: beginning)
    }

    /// What waits for the disk and what does not; a worker whose disk was full at its start, and one whose new journal
    /// may be gone with the power.
    private static let searches = [
        (bounds(3, 2), 50_000), (bounds(4, 1), 40_000), (bounds(4, 2, outlastsPower: false), 20_000),
        (bounds(2, 2, .without), 10_000), (bounds(2, 2, .unsure), 10_000),
    ]

    @Test(arguments: searches)
    func everyFaultAndEveryDeath(bounds: KeepingWorld.Bounds, atLeast: Int) {
        let exploration = KeepingExploration(bounds)
        if let failure = exploration.failure {
            Issue.record("\(failure.broken): \(failure.moves), and when nothing fails any more \(failure.rest)")
        }
        #expect(exploration.states > atLeast)
    }

    /// A model that finds nothing would be worth nothing: each mistake breaks its promise.
    @Test(arguments: KeepingMistake.allCases)
    func everyMistakeIsFound(mistake: KeepingMistake) {
        let exploration = KeepingExploration(KeepingWorld.Bounds(), mistake: mistake)
        #expect(exploration.failure?.broken.promise == mistake.breaks, "\(exploration.failure?.moves ?? [])")
    }

    @Test func aDiskThatFailsIsTriedAgainAfterPausesThatGrowToTheLongest() throws {
        var keeping = JournalKeeping()
        var now = Instant(nanoseconds: 1)
        var effects: [KeepingEffect] = []
        keeping.take(.openFailed(errno: 28), at: now, into: &effects)
        #expect(effects == [.tellFailing(errno: 28)])
        var pauses: [UInt64] = []
        for _ in 0..<8 {
            let next = try #require(keeping.nextDeadline)
            pauses.append(next.since(now).nanoseconds / 1_000_000_000)
            now = next
            effects = []
            keeping.take(.timePassed, at: now, into: &effects)
            // While the next journal is under way there is nothing to wait for but its answer.
            #expect(effects == [.prepare] && keeping.nextDeadline == nil)
            effects = []
            keeping.take(.prepareFailed(errno: 28), at: now, into: &effects)
            #expect(effects == [.dropKept])
        }
        #expect(pauses == [1, 2, 4, 8, 16, 30, 30, 30])
    }

    @Test func howMuchIsInTheFileCounts() {
        func digest(_ events: [KeepingEvent]) -> UInt64 {
            var keeping = JournalKeeping()
            var effects: [KeepingEffect] = []
            for event in events { keeping.take(event, at: Instant(nanoseconds: 1), into: &effects) }
            var visitor = Visitor()
            keeping.visit(&visitor)
            return visitor.result
        }
        let digests = [[], [100], [101]].map { digest($0.map { .opened(length: $0) }) }
        #expect(Set(digests).count == 3)
    }

    @Test func thePageTellsEveryPromise() {
        let lines = (SpecFiles.read(SpecFiles.page("invariants.md")) ?? "").split(separator: "\n")
        let told = lines.filter { $0.contains("KeepingTests.swift") }
            .compactMap { $0.split(separator: "|").first?.filter { $0 != " " } }
        #expect(told.map { $0.lowercased() } == Promise.allCases.map { $0.rawValue.lowercased() })
    }
}
