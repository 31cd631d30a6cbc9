// A world without faults that answers every request at once, in order: whole tasks, 20 at a time.

import Codecs
import Effects
import Glibc
import WorkerModel

public struct FaultlessWorld {
    /// 200 us from input to input: as many tasks a second as two cores can start.
    private static let step = Span(nanoseconds: 200_000)
    private static let atATime = 20

    private var waiting: [Event] = [.began(.nothing)]
    private var next = 0
    private var now = Instant(nanoseconds: 1_000_000_000_000)
    private var dial = EffectID(slot: 0, sequence: 0)
    private var tasks: UInt64 = 0
    public private(set) var inputs = 0
    /// Tasks that were reported as completed.
    public private(set) var ended = 0

    public init() {}

    /// Where nothing waits, time passes to the deadline.
    public mutating func input(_ deadline: () -> Instant?) -> Input {
        if next == waiting.count {
            waiting.removeAll(keepingCapacity: true)
            waiting.append(.tick)
            next = 0
            if let deadline = deadline() { now = max(now, deadline) }
        }
        let event = waiting[next]
        next += 1
        now = now.after(Self.step)
        // Chance has all of its digits, as in earnest.
        let chance = UInt64(inputs) &* 0x9E37_79B9_7F4A_7C15
        inputs += 1
        let wall = WallTime(nanoseconds: 1_790_000_000_000_000_000 + Int64(now.nanoseconds))
        return Input(at: now, wall: wall, entropy: chance, event: event)
    }

    public mutating func answer(_ requests: [Request]) {
        for request in requests { answer(request) }
        if next > 4_096 {
            waiting.removeFirst(next)
            next = 0
        }
    }

    private mutating func answer(_ request: Request) {
        let id = request.id
        switch request.effect {
        case .socket(.dial):
            dial = id
            waiting.append(.socket(.opened(id)))
            for _ in 0..<Self.atATime { assign() }
        case .socket(.send(_, let message)):
            waiting.append(.socket(.written(id)))
            if case .completed = message {
                ended += 1
                assign()
            }
        case .socket(.ping(_, let number)): waiting.append(.socket(.ponged(dial, number: number)))
        case .files(.findExecutable): waiting.append(.files(.found(id, path: Bytes(text: "/bin/oz"))))
        case .files: waiting.append(.files(.done(id)))
        case .process(.start):
            let end = ProcessEnd.exit(0)
            waiting += [.started(id), .exited(id, end), .cleared(id, end), .finished(id, end)].map { .process($0) }
        case .socket, .process, .docker, .journal, .log, .measure, .forgetSecrets, .exit: break
        }
    }

    /// With names as long as the service's.
    private mutating func assign() {
        tasks += 1
        let name = Bytes(text: "0198a7d2-4c1e-7a63-9f00-") + Bytes(decimal: tasks + 100_000_000_000)
        let key = ExecutionKey(task: TaskID(name), execution: ExecutionID(name))
        var assignment = Assignment(key: key, agentTaskID: name)
        assignment.secrets = SecretRange(first: tasks * 8, count: 4)
        assignment.environment = (0..<4).map {
            EnvironmentVariable(name: Bytes(text: "VARIABLE_\($0)"), value: .secret(SecretRef(number: tasks * 8 + $0)))
        }
        var agent = AgentConfiguration()
        agent.environmentID = Bytes(text: "environment")
        agent.modelID = Bytes(text: "model")
        assignment.agent = agent
        waiting.append(.socket(.received(dial, .assignment(assignment))))
    }
}

extension Settings {
    public static var faultless: Settings {
        let direct = DirectSettings(workspaceRoot: Bytes(text: "/w"), temporaryDirectory: Bytes(text: "/t"))
        return Settings(
            workerID: Bytes(text: "bench"), instanceID: Bytes(text: "i"), url: Bytes(text: "ws://x"),
            backend: .direct(direct))
    }
}

public func cpuNanoseconds() -> UInt64 {
    var time = timespec()
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
    return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
}
