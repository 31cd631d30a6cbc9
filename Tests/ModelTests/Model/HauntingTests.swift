// Deaths that are not seen, and commands that are lost, in the order in which only a bad day brings them.

import Codecs
import Effects
import Testing

@testable import WorkerModel

struct HauntingTests {
    private static func handingOver(_ change: (inout Settings) -> Void = { _ in }) -> WorkerStage {
        var command = CommandSettings(dispatchCommand: Bytes(text: "hand over"), directory: Bytes(text: "/home"))
        command.cancelCommand = Bytes(text: "take back")
        var stage = WorkerStage {
            $0.backend = .command(command)
            change(&$0)
        }
        stage.feed(.began(.nothing))
        stage.opens()
        return stage
    }

    private let cancellation = IncomingMessage.cancellation(TaskID(Bytes(text: "a")))

    // MARK: - What is not seen dead is killed again, once a minute

    private func kills(_ id: EffectID, while seconds: Int, _ stage: inout WorkerStage) -> Int {
        var count = 0
        for _ in 0..<seconds {
            stage.pass(.seconds(1))
            count += stage.asked.count { $0.effect == .process(.kill(process: id)) }
            if let number = stage.ping { stage.ponged(number) }
        }
        return count
    }

    @Test func anAgent() {
        var stage = WorkerStage.connected()
        let agent = stage.runs(assignment("a"))
        stage.receives(cancellation)
        #expect(kills(agent, while: 9, &stage) == 0)
        #expect(kills(agent, while: 1, &stage) == 1)
        #expect(kills(agent, while: 59, &stage) == 0)
        for _ in 0..<3 {
            #expect(kills(agent, while: 1, &stage) == 1)
            #expect(kills(agent, while: 59, &stage) == 0)
        }
    }

    @Test func whatACancelCommandLeavesBehind() {
        var stage = Self.handingOver()
        stage.claims(assignment("a"))
        stage.feed(.process(.finished(stage.launch.id, .exit(0))))
        stage.receives(cancellation)
        let cancel = stage.launch.id
        stage.feed(.process(.started(cancel)))
        stage.feed(.process(.exited(cancel, .exit(0))))
        #expect(kills(cancel, while: 59, &stage) == 0)
        for _ in 0..<3 {
            #expect(kills(cancel, while: 1, &stage) == 1)
            #expect(kills(cancel, while: 59, &stage) == 0)
        }
        stage.feed(.process(.cleared(cancel, .exit(0))))
        stage.passToDeadline()
        #expect(stage.asked.contains { $0.effect == .process(.abandonOutput(process: cancel)) })
        stage.feed(.process(.finished(cancel, .exit(0))))
        #expect(stage.sayings.contains(.dispatch(.cancelDone)) && stage.worker.roster.isEmpty)
    }

    // MARK: - Taking back

    @Test func whatHauntsIsNotYetTakenBack() {
        var stage = Self.handingOver()
        stage.claims(assignment("a"))
        let dispatch = stage.launch.id
        stage.feed(.process(.exited(dispatch, .exit(0))))
        #expect(kills(dispatch, while: 60, &stage) == 1)
        #expect(stage.worker.handedOver.count == 1 && !stage.worker.roster.isEmpty)
        stage.receives(cancellation)
        #expect(stage.launch.launch.role == .cancel)
        stage.receives(cancellation)
        #expect(stage.launch.launch.role != .cancel)
        #expect(stage.sayings.contains(.dispatch(.cancelUnderWay)))
    }

    /// Without an execution's id both runs have one name; the one under way is taken back by its own step.
    @Test func whatIsUnderWayAgainIsNotTakenBackBesides() {
        var stage = Self.handingOver()
        stage.claims(assignment("a", nil))
        stage.feed(.process(.finished(stage.launch.id, .exit(0))))
        stage.claims(assignment("a", nil))
        let second = stage.launch.id
        #expect(stage.launch.launch.role == .dispatch)
        stage.receives(cancellation)
        #expect(stage.asked.contains { $0.effect == .process(.signal(process: second, .terminate)) })
        #expect(stage.launch.launch.role != .cancel)
        stage.feed(.process(.finished(second, .signal(15))))
        #expect(stage.launch.launch.role == .cancel)
    }

    /// The dispatch command ended well after the cancel command had looked, and the last try was lost by the hands.
    @Test func whatArrivedTooLateIsTakenBackAfterALostTry() {
        var stage = Self.handingOver()
        stage.claims(assignment("a"))
        let dispatch = stage.launch.id
        stage.feed(.process(.started(dispatch)))
        stage.receives(cancellation)
        while stage.launch.launch.role != .cancel, stage.passToDeadline() != nil {
            if let number = stage.ping { stage.ponged(number) }
        }
        for _ in 0..<2 {
            stage.feed(.process(.finished(stage.launch.id, .exit(1))))
            stage.pass(.seconds(1))
        }
        let last = stage.launch.id
        stage.feed(.process(.finished(dispatch, .exit(0))))
        #expect(stage.sayings.contains(.deathConfirmed))
        stage.feed(.interpreter(.contractBroken(last)))
        #expect(stage.launch.launch.role == .cancel)
        #expect(!stage.asked.contains { $0.effect == .measure(.lateCompletion) })
        stage.feed(.process(.finished(stage.launch.id, .exit(0))))
        #expect(stage.worker.roster.isEmpty)
    }

    // MARK: - Two limits of time

    @Test func theShorterLimitCounts() {
        var stage = Self.handingOver { $0.taskTimeout = .seconds(100) }
        stage.claims(assignment("a"))
        let dispatch = stage.launch.id
        stage.feed(.process(.started(dispatch)))
        #expect(kills(dispatch, while: 59, &stage) == 0)
        #expect(kills(dispatch, while: 1, &stage) == 1)
        #expect(!stage.history.contains { $0.effect == .process(.signal(process: dispatch, .terminate)) })
        stage.feed(.process(.finished(dispatch, .signal(9))))
        stage.feed(.process(.finished(stage.launch.id, .exit(0))))
        #expect(stage.messages == [.failed(key("a", "1"), .dispatchTimeout(.seconds(60)), exitCode: nil)])
    }
}
