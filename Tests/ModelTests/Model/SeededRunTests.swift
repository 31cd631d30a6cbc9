// Seeded runs: a seed is all that is needed to repeat one, and what they find is made short.

import Codecs
import Effects
import Recording
import Testing
import WorkerModel

@testable import Simulation

@Suite("Seeded runs")
struct SeededRunTests {
    private func options(_ seed: UInt64, _ settings: [Settings]) -> SeededRun.Options {
        SeededRun.Options(
            seed: seed, tasks: 200, faults: Set(Fault.allCases).subtracting([.brokenContract]), crashes: true,
            settings: settings)
    }

    @Test("The same seed gives the same run, another seed another one")
    func repeatable() throws {
        var runs: [SeededRun] = []
        for seed: UInt64 in [7, 7, 8] {
            var run = try #require(SeededRun(options(seed, SeededSettings.direct)))
            run.run()
            runs.append(run)
        }
        #expect(runs.allSatisfy { $0.failure == nil && $0.tasks == 200 })
        #expect(runs[0].steps == runs[1].steps && runs[0].simulated == runs[1].simulated)
        #expect(runs[0].steps != runs[2].steps)
    }

    @Test("Runs see tasks end in every way, faults, and more than one life")
    func eventful() throws {
        var run = try #require(SeededRun(options(3, SeededSettings.direct + SeededSettings.command)))
        run.run()
        #expect(run.failure == nil)
        #expect(run.ends.completed > 0 && run.ends.failed > 0 && run.ends.cancelled > 0)
        #expect(run.faults > 0 && run.lives > 1)
    }

    @Test("A failure is made short, and still is that failure")
    func shrinks() throws {
        // The world believes in a limit of two that the worker was never told of.
        var scenario = Scenario("planted", SeededSettings.direct[0], [])
        for index in 0..<12 {
            let key = ExecutionKey(
                task: TaskID(Bytes(text: "t\(index)")), execution: ExecutionID(Bytes(text: "1")))
            scenario.assignments.append(Assignment(key: key, agentTaskID: key.task.bytes))
        }
        scenario.quickFiles = true
        var start = World(scenario)
        start.scenario.settings.capacity = 2
        var world = start
        var moves: [Happening] = []
        var dice = Dice(seed: 1)
        var violation: Violation?
        while violation == nil, moves.count < 5_000 {
            let list = world.moves()
            let move = try #require(list.isEmpty ? nil : list[dice.below(list.count)])
            moves.append(Happening(move))
            violation = world.make(move)
        }
        let found = try #require(violation)
        #expect(found.invariant == "SlotsAreStates")
        let failure = SeededRun.Failure(violation: found, start: start, moves: moves, restFrom: nil)
        let shrunk = Shrinker.shrink(failure)
        #expect(shrunk.violation.invariant == "SlotsAreStates")
        #expect(shrunk.moves.count < moves.count)
        // Start and dial, then three tasks are assigned; what is heard of them comes by itself.
        #expect(shrunk.restFrom ?? shrunk.moves.count <= 2 + 3 * 2)
        #expect(story(of: shrunk).count > shrunk.moves.count)
    }

    @Test("What was lived through is recorded life by life, and replays")
    func recorded() throws {
        let deadly = Scenarios.all.filter { $0.crashes > 0 }
        let scenario = try #require(deadly.max { $0.assignments.count < $1.assignments.count })
        var sums = (lives: 0, inputs: 0)
        for seed in UInt64(1)...40 {
            let start = World(scenario)
            var world = start
            var moves: [Happening] = []
            var dice = Dice(seed: seed)
            while moves.count < 60, let choice = dice.pick(world.moves()) {
                let dies = world.crashesLeft > 0 && !world.isDead && dice.below(10) == 0
                let move = Happening(choice, diesAfter: dies ? dice.below(4) : nil)
                moves.append(move)
                #expect(world.make(move) == nil)
            }
            let broken = Violation("None", "planted")
            let shrunk = Shrunk(
                start: start, moves: moves, restFrom: nil, violation: broken, isFromTheBeginning: true)
            for life in shrunk.lives {
                let recording = MemoryRecording(
                    of: life.inputs, from: life.worker,
                    by: Build(version: Bytes(text: "1"), commit: Bytes(text: "c")), life: Bytes(text: "l"))
                let playback = Playback(recording.bytes)
                #expect(recording.problem == nil && playback.problem == nil)
                #expect(playback.moves.count == life.inputs.count && playback.firstDifference == nil)
                sums.inputs += life.inputs.count
            }
            sums.lives += shrunk.lives.count
            // The last worker told so is the worker of the world, unless that one is dead.
            if let last = shrunk.lives.last, world.exited == nil, world.begun {
                var worker = last.worker
                var requests: [Request] = []
                for input in last.inputs { worker.take(input, into: &requests) }
                #expect(worker == world.worker)
            }
        }
        #expect(sums.lives > 25 && sums.inputs > 300)
    }
}
