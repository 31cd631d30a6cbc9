// The explorer finds what is wrong, tells the shortest way there, and says when it did not look everywhere.

import Codecs
import Effects
import Testing

@testable import Simulation
@testable import WorkerModel

struct ExplorerTests {
    private func small(_ change: (inout Scenario) -> Void = { _ in }) -> Scenario {
        WorldStage {
            $0.cancellations = []
            $0.signals = 0
            $0.faults = 1
            $0.quickFiles = true
            change(&$0)
        }.world.scenario
    }

    @Test func allIsWellInASmallScenario() {
        let result = Explorer.explore(small())
        #expect(result.failure == nil && !result.truncated)
        #expect(result.states > 100 && result.transitions > result.states)
    }

    @Test func aSearchIsTheSameEachTime() {
        let one = Explorer.explore(small(), watchingTransitions: true)
        let other = Explorer.explore(small(), watchingTransitions: true)
        #expect(one.states == other.states && one.transitions == other.transitions && one.depth == other.depth)
        #expect(one.table.page == other.table.page)
        let unwatched = Explorer.explore(small())
        #expect(unwatched.states == one.states && unwatched.table.isEmpty && !one.table.isEmpty)
    }

    @Test func moreFaultsAreMoreStates() {
        let none = Explorer.explore(small { $0.faults = 0 })
        let one = Explorer.explore(small())
        #expect(none.states * 2 < one.states)
    }

    @Test func aBoundThatIsHitIsSaid() {
        let result = Explorer.explore(small { $0.statesMax = 100 })
        #expect(result.truncated && result.failure == nil)
        #expect(result.states == 100)
    }

    /// The world takes two runs without an execution for one: the first one's final word beside the second one's agent
    /// is a violation to it.
    @Test func aViolationIsFoundAndToldByTheShortestWay() throws {
        let scenario = small {
            $0.assignments = [assignment("a", nil), assignment("a", nil)]
            $0.allowed = []
        }
        let result = Explorer.explore(scenario)
        let failure = try #require(result.failure)
        #expect(failure.violation.invariant == "VerdictAfterDeath")
        let told = story(of: failure, in: scenario)
        #expect(told.first?.hasPrefix(failure.violation.invariant) == true)
        #expect(told.contains { $0.contains("the server assigns") })
        // The way is a way: made once more it ends in the same violation.
        var world = World(scenario)
        var found: Violation?
        for (index, move) in failure.moves.enumerated() {
            if index == failure.restFrom { world.calmDown() }
            #expect(found == nil)
            found = world.make(move)
        }
        #expect((found ?? world.violatedAtRest()) == failure.violation)
    }

    @Test func theTableTellsWhatIsSeen() {
        let page = Explorer.explore(small(), watchingTransitions: true).table.page
        let lines = [
            "| idle | fileDone | dialling |", "| dialling | opened | open |", "| sending | written | written |",
            "| claimed | written | running |", "| alive | finished | (none) |",
            "| findingAgent | fileFound | checkingGround |",
        ]
        for line in lines where !page.contains(line) {
            // Files that come at once hide the steps of the start in one.
            Issue.record("\(line) is not in the table:\n\(page)")
        }
    }
}
