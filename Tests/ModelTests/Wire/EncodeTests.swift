// What the worker says, byte for byte.

import Codecs
import Effects
import Testing

@Suite struct EncodeTests {
    static let key = ExecutionKey(task: TaskID(Bytes(text: "t")), execution: ExecutionID(Bytes(text: "e")))
    static let bare = ExecutionKey(task: TaskID(Bytes(text: "t")), execution: nil)

    func text(_ message: OutgoingMessage) -> String { encodeMessage(message).text }

    @Test func exactBytes() {
        #expect(
            text(.claimed(Self.key.task, worker: Bytes(text: "w")))
                == #"{"type":"task_claimed","data":{"task_id":"t","worker_id":"w"}}"#)
        #expect(
            text(.completed(Self.key))
                == #"{"type":"task_completed","data":{"task_id":"t","execution_id":"e","#
                + #""message":"Task completed successfully"}}"#
        )
        #expect(
            text(.cancelled(Self.bare))
                == #"{"type":"task_completed","data":{"task_id":"t","message":"Task cancelled by user request.","#
                + #""task_state":"CANCELLED"}}"#
        )
        #expect(
            text(.failed(Self.key, .agentInvocation(.ended(.exit(3))), exitCode: 3))
                == #"{"type":"task_failed","data":{"task_id":"t","execution_id":"e","#
                + #""message":"Failed to execute task: the agent ended with exit code 3.","#
                + #""failure_reason":"agent_invocation","exit_code":3}}"#
        )
        #expect(
            text(.rejected(Self.key.task, .atCapacity))
                == #"{"type":"task_rejected","data":{"task_id":"t","reason":"worker at maximum concurrency"}}"#)
    }

    @Test func theExitCodeIsThereOnlyWhereOneWasSeen() {
        let message = text(.failed(Self.bare, .taskTimeout(.seconds(5400)), exitCode: nil))
        #expect(message.contains(#""failure_reason":"task_timeout"}"#))
        #expect(message.contains("time limit of 1h30m"))
    }

    @Test func reasonsOfRejections() {
        #expect(Rejection.shuttingDown.words == "worker is shutting down")
        let problem = WireProblem(kind: .missing, path: Bytes(text: "data.task"))
        #expect(Rejection.unreadable(problem).words == "assignment could not be read: data.task is missing")
    }

    @Test func idsMayBeAnyBytes() throws {
        var dice = Dice(seed: 3)
        for _ in 0..<500 {
            let id = (0..<dice.below(20)).map { _ in UInt8(truncatingIfNeeded: dice.next()) }
            let message = encodeMessage(.claimed(TaskID(id), worker: id))
            let data = try JSON.parse(message)["data"]
            #expect(data?["task_id"] == data?["worker_id"])
            if id.isUTF8 { #expect(data?["task_id"]?.asString == id) }
        }
    }

    @Test func messagesForUsersSayWhatToDo() {
        #expect(Failure.gracefulShutdown.messageForUser.contains("may be retried"))
        #expect(Failure.internal(.interrupted).messageForUser.contains("may be retried"))
        for failure in [
            Failure.internal(.contractBroken), .workspaceSetup(.unusableTaskID), .setupCommand(.ended(.exit(2))),
            .agentInvocation(.startFailed(.exec(errno: 8))),
        ] {
            #expect(failure.messageForUser.hasPrefix("Failed to execute task: "))
            #expect(failure.messageForUser.hasSuffix("."))
        }
        func agent(_ end: ProcessEnd) -> String { Failure.agentInvocation(.ended(end)).messageForUser }
        #expect(agent(.exit(126)).contains("architecture"))
        #expect(agent(.exit(127)).contains("C library"))
        #expect(agent(.signal(9)).contains("SIGKILL (exit code 137)"))
        #expect(agent(.signal(Int32.max)).contains("signal 2147483647"))
        #expect(agent(.unseen).contains("not known"))
    }
}
