// The index of deadlines beside the state: what it says is what a walk says, and it does not grow.

import Effects
import Testing

@testable import WorkerModel

struct DeadlineIndexTests {
    private func at(_ number: Int) -> Instant { Instant(nanoseconds: UInt64(number)) }

    /// How many entries its heap holds.
    private func size(_ index: DeadlineIndex) -> Int? {
        Mirror(reflecting: index).children.first { $0.label == "heap" }.map {
            Mirror(reflecting: $0.value).children.count
        }
    }

    @Test func itSaysWhatAWalkSays() {
        var dice = Dice(seed: 9)
        for slots in [1, 2, 7, 40] {
            var index = DeadlineIndex()
            var walk: [UInt32: Instant] = [:]
            for _ in 0..<2_000 {
                let slot = UInt32(1 + dice.below(slots))
                let deadline = dice.below(4) == 0 ? nil : at(dice.below(1_000))
                index.set(slot, deadline)
                walk[slot] = deadline
                if dice.below(3) == 0 { #expect(index.next() == walk.values.min()) }
            }
            #expect(index.next() == walk.values.min())
        }
    }

    @Test func overtakenEntriesDoNotPileUp() throws {
        var index = DeadlineIndex()
        var largest = 0
        for number in 0..<5_000 {
            // Later and later, so that none of them surfaces.
            index.set(UInt32(1 + number % 3), at(1_000 + number))
            if number.isMultiple(of: 100) { largest = max(largest, try #require(size(index))) }
        }
        #expect(largest <= 65)
        #expect(index.next() == at(1_000 + 4_997))
    }

    /// Rebuilding costs a walk over all slots: only where most of the entries are stale.
    @Test func whatIsNotStaleIsKept() throws {
        var index = DeadlineIndex()
        for slot in 1...200 as ClosedRange<UInt32> { index.set(slot, at(10_000 - Int(slot))) }
        for slot in 1...200 as ClosedRange<UInt32> { index.set(slot, at(20_000 - Int(slot))) }
        #expect(try #require(size(index)) == 400)
        #expect(index.next() == at(20_000 - 200))
    }

    @Test func onlySlotsThatWereUsedAreKnown() {
        var index = DeadlineIndex()
        #expect(!index.knows(0) && !index.knows(3))
        index.set(3, at(5))
        #expect(index.knows(3) && !index.knows(4))
        index.set(3, nil)
        #expect(index.knows(3) && index.next() == nil)
    }
}
