// CPU per message: an assignment as the control plane sends it is decoded, a task's own messages are encoded, and
// what the core says of a task becomes lines of the log.

import Codecs
import Effects

enum Vocabulary {
    private static let assignment = Bytes(
        text: """
            {"type":"task_assignment","data":{"task_id":"t000123","execution_id":"e000123-0123-4567",\
            "task":{"id":"t000123","title":"A task of the benchmark","task_definition":{"prompt":\
            "Look into the failing test, find out what broke it, repair it, and write down what was wrong."},\
            "owner":{"Type":"TEAM","Id":7},"agent_config_snapshot":{"environment_id":"env-1",\
            "model_id":"auto","mcp_servers":{"tracker":{"url":"https://tracker.invalid/mcp",\
            "headers":{"Authorization":"Bearer not-a-real-token"}}},"harness":{"type":"oz"}}},\
            "docker_image":"ubuntu:22.04","sidecar_image":"agent:1","env_vars":{"STUB":"50",\
            "WARP_API_KEY":"not-a-real-key-either","GITHUB_TOKEN":"nor-is-this-a-token"},\
            "additional_oz_args":["--quiet"]}}
            """)

    private static let key = ExecutionKey(
        task: TaskID(Bytes(text: "t000123")), execution: ExecutionID(Bytes(text: "e000123-0123-4567")))

    /// What comes of it is counted, so that nothing is optimised away.
    static var result: UInt64 { UInt64(truncatingIfNeeded: total) }
    nonisolated(unsafe) private static var total = 0

    static func decode(_ times: Int) {
        var next: UInt64 = 1
        for _ in 0..<times {
            let (message, secrets) = decodeMessage(assignment, nextSecret: &next, keepDocument: false)
            if case .assignment = message { total &+= secrets.count }
        }
    }

    /// A claim and a final word.
    static func encode(_ times: Int) {
        let worker = Bytes(text: "bench")
        for _ in 0..<times {
            total &+= encodeMessage(.claimed(key.task, worker: worker)).count
            total &+= encodeMessage(.completed(key)).count
        }
    }

    /// Two lines of the log, one in each form.
    static func log(_ times: Int) {
        let context = LogContext(worker: Bytes(text: "bench"), backend: Bytes(text: "direct"))
        let failure = Failure.agentInvocation(.ended(.exit(3)))
        let sayings: [Saying] = [.taskClaimed, .taskFailed(failure, exitCode: 3)]
        for _ in 0..<times {
            for saying in sayings {
                let line = LogLine(
                    wall: WallTime(nanoseconds: 1_769_862_896_789_000_000), level: .info, event: saying.name,
                    key: key, fields: saying.fields(context), message: Bytes(text: saying.words(context)))
                total &+= saying == .taskClaimed ? line.console(colour: false).count : line.json().count
            }
        }
    }
}
