// The process table: what it refuses, what it offers, and what comes of each of its moves.

import Effects
import Testing

@testable import Simulation

struct ProcessTableTests {
    private func table(_ role: ProcessRole = .agent, _ state: ProcessTable.State = .running) -> ProcessTable {
        var table = ProcessTable()
        _ = table.take(launch(role, of: key("a", "1")), id(1))
        table.processes[0].state = state
        return table
    }

    @Test(arguments: [ProcessRole.agent, .setup])
    func whoRunsIsAskedBeforeItIsKilled(role: ProcessRole) {
        var table = table(role)
        #expect(table.take(.kill(process: id(1)), id(2))?.invariant == "AskedBeforeKilled")
        _ = table.take(.signal(process: id(1), .terminate), id(3))
        #expect(table.take(.kill(process: id(1)), id(4)) == nil)
        #expect(table.processes[0].killed && table.processes[0].terminated)
    }

    @Test func whoWasKilledOnceMayBeKilledAgainAndWhoDoesNotRunAtOnce() {
        for state in [ProcessTable.State.requested, .left, .cleared] {
            var table = table(.agent, state)
            #expect(table.take(.kill(process: id(1)), id(2)) == nil)
            table.processes[0].state = .running
            #expect(table.take(.kill(process: id(1)), id(3)) == nil)
        }
    }

    @Test func aTeardownMayBeKilledAtOnceAndWhatIsGoneAtAnyTime() {
        var table = table(.teardown)
        #expect(table.take(.kill(process: id(1)), id(2)) == nil)
        #expect(table.take(.kill(process: id(9)), id(2)) == nil)
        #expect(table.take(.signal(process: id(9), .terminate), id(2)) == nil)
        #expect(table.take(.abandonOutput(process: id(9)), id(2)) == nil)
        #expect(!table.processes[0].terminated)
    }

    @Test func outputIsAbandonedOnlyWhereAllAreDead() {
        for state in [ProcessTable.State.requested, .running, .left] {
            var table = table(.agent, state)
            #expect(table.take(.abandonOutput(process: id(1)), id(2))?.invariant == "VerdictAfterDeath")
        }
        var table = table(.agent, .cleared)
        #expect(table.take(.abandonOutput(process: id(1)), id(2)) == nil)
    }

    @Test func lifeIsRunningOrLeavingSomething() {
        let lives = [ProcessTable.State.requested, .running, .left, .cleared].map {
            table(.agent, $0).processes[0].lives
        }
        #expect(lives == [false, true, true, false])
    }

    /// What may happen to the first process, each with the kind of fault that it is: that without which it is missing.
    private func offered(by table: ProcessTable) -> [String] {
        func moves(_ allowed: FaultSet) -> [Move] {
            var list = MoveList(allowing: allowed)
            table.addMoves(of: 0, to: &list)
            return list.moves.map(\.move)
        }
        let always = moves([])
        return moves(FaultSet(Fault.allCases)).map { move in
            guard case .process(0, let what) = move else { return "of another" }
            if always.contains(move) { return "\(what)" }
            let kind = Fault.allCases.first { moves([$0]).contains(move) }
            return "\(what) \(kind.map { "\($0)" } ?? "by no fault")"
        }
    }

    @Test func movesAndTheirFaults() {
        func moves(_ state: ProcessTable.State, killed: Bool = false, told: Bool = false) -> [String] {
            var table = table(.agent, state)
            table.processes[0].killed = killed
            table.processes[0].terminated = told
            return offered(by: table)
        }
        #expect(moves(.requested) == ["starts", "failsToStart startFails"])
        #expect(moves(.requested, told: true) == ["failsToStart", "starts"])
        #expect(moves(.requested, killed: true) == ["failsToStart", "starts"])
        #expect(moves(.running) == ["ends", "endsBadly agentFails", "endsLeavingDescendants leavesDescendants"])
        #expect(moves(.running, killed: true) == ["ends"])
        #expect(moves(.left) == ["clears"])
        #expect(moves(.cleared) == ["finishes"])
    }

    @Test func whatComesOfAStart() {
        for role in ProcessRole.allCases {
            var table = table(role, .requested)
            #expect(table.make(.starts, 0) == .started(id(1)))
            #expect(table.processes[0].state == .running)
            #expect(table.agentStarts == (role == .agent || role == .dispatch ? [key("a", "1")] : []))
            #expect(table.teardownStarts == (role == .teardown ? [key("a", "1")] : []))
            #expect(table.badEnds.isEmpty)
            var failing = self.table(role, .requested)
            #expect(failing.make(.failsToStart, 0) == .startFailed(id(1), .exec(errno: 2)))
            #expect(failing.processes.isEmpty)
            // A teardown that can't start was tried, which is all that is asked.
            #expect(failing.teardownStarts == (role == .teardown ? [key("a", "1")] : []))
            #expect(failing.badEnds == (role == .teardown || role == .cancel ? [] : [key("a", "1")]))
        }
    }

    @Test func whatComesOfAnEnd() {
        func end(_ move: ProcessMove, killed: Bool = false, told: Bool = false) -> (ProcessEvent?, [ExecutionKey]) {
            var table = table()
            table.processes[0].killed = killed
            table.processes[0].terminated = told
            let event = table.make(move, 0)
            return (event, table.badEnds)
        }
        #expect(end(.ends) == (.finished(id(1), .exit(0)), []))
        #expect(end(.ends, told: true) == (.finished(id(1), .signal(15)), [key("a", "1")]))
        #expect(end(.ends, killed: true, told: true) == (.finished(id(1), .signal(9)), [key("a", "1")]))
        #expect(end(.endsBadly) == (.finished(id(1), .exit(3)), [key("a", "1")]))
        #expect(end(.endsLeavingDescendants) == (.exited(id(1), .exit(0)), []))
        #expect(end(.endsLeavingDescendants, told: true) == (.exited(id(1), .signal(15)), [key("a", "1")]))
    }

    @Test func aTeardownThatEndsBadlyIsNoCauseOfAFailure() {
        var table = table(.teardown)
        _ = table.make(.endsBadly, 0)
        #expect(table.badEnds.isEmpty && table.processes.isEmpty)
        var leaving = self.table(.teardown)
        leaving.processes[0].terminated = true
        _ = leaving.make(.endsLeavingDescendants, 0)
        #expect(leaving.badEnds.isEmpty)
    }

    @Test func descendantsOutliveTheirCommand() {
        var table = table()
        table.processes[0].terminated = true
        _ = table.make(.endsLeavingDescendants, 0)
        #expect(table.processes[0].state == .left)
        #expect(table.make(.clears, 0) == .cleared(id(1), .signal(15)))
        #expect(table.processes[0].state == .cleared)
        #expect(table.make(.finishes, 0) == .finished(id(1), .signal(15)))
        #expect(table.processes.isEmpty)
        #expect(table.index(id(1)) == nil)
    }
}
