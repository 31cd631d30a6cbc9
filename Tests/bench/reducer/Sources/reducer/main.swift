// CPU per input: feeds a worker with the inputs of whole tasks, 20 at a time, and prints nanoseconds per input; then
// the same for the messages and the log's lines of a task.
//
//   reducer [how many inputs [how many messages]]

import Codecs
import Effects
import Glibc
import WorkerModel

func cpuNanoseconds() -> UInt64 {
    var time = timespec()
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
    return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
}

/// A world without faults that answers every request at once, in order.
struct Rig {
    private var core: Core
    private var waiting: [Event] = [.began(.nothing)]
    private var next = 0
    private var now = Instant(nanoseconds: 1_000_000_000)
    private var requests: [Request] = []
    /// 200 us: as many tasks a second as two cores can start.
    private let step: UInt64 = 200_000
    private var dial = EffectID(slot: 0, sequence: 0)
    private var tasks: UInt64 = 0
    private(set) var inputs = 0
    private(set) var ended = 0

    init() {
        let direct = DirectSettings(workspaceRoot: Bytes(text: "/w"), temporaryDirectory: Bytes(text: "/t"))
        core = Core(
            settings: Settings(
                workerID: Bytes(text: "bench"), instanceID: Bytes(text: "i"), url: Bytes(text: "ws://x"),
                backend: .direct(direct)))
    }

    mutating func run(until count: Int) {
        while inputs < count, core.exitCode == nil {
            if next == waiting.count {
                waiting = [.tick]
                next = 0
                if let deadline = core.nextDeadline() { now = max(now, deadline) }
            }
            let event = waiting[next]
            next += 1
            now = now.after(Span(nanoseconds: step))
            requests.removeAll(keepingCapacity: true)
            let input = Input(at: now, wall: WallTime(nanoseconds: 0), entropy: UInt64(inputs), event: event)
            core.take(input, into: &requests)
            inputs += 1
            for request in requests { answer(request) }
            if next > 4_096 {
                waiting.removeFirst(next)
                next = 0
            }
        }
    }

    private mutating func answer(_ request: Request) {
        let id = request.id
        switch request.effect {
        case .socket(.dial):
            dial = id
            waiting.append(.socket(.opened(id)))
            for _ in 0..<20 { assign() }
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
        case .socket, .process, .journal, .log, .measure, .forgetSecrets, .exit: break
        }
    }

    private mutating func assign() {
        tasks += 1
        let name = Bytes(text: "task-") + Bytes(decimal: tasks)
        let key = ExecutionKey(task: TaskID(name), execution: ExecutionID(Bytes(text: "execution-") + name))
        var assignment = Assignment(key: key, agentTaskID: name)
        assignment.secrets = SecretRange(first: tasks * 8, count: 4)
        assignment.environment = (0..<4).map {
            EnvironmentVariable(name: Bytes(text: "VARIABLE_\($0)"), value: .secret(SecretRef(number: tasks * 8 + $0)))
        }
        waiting.append(.socket(.received(dial, .assignment(assignment))))
    }
}

/// Nanoseconds of CPU for each of so many.
func measure(_ name: String, _ count: Int, _ work: (Int) -> Void) {
    guard count > 0 else { return }
    let before = cpuNanoseconds()
    work(count)
    print(name, (cpuNanoseconds() - before) / UInt64(count))
}

func argument(_ index: Int, otherwise: Int) -> Int {
    CommandLine.arguments.indices.contains(index) ? Int(CommandLine.arguments[index]) ?? otherwise : otherwise
}

let inputs = argument(1, otherwise: 1_000_000)
let messages = argument(2, otherwise: 100_000)
var rig = Rig()
rig.run(until: inputs / 20)
measure("reducer_ns", inputs) { rig.run(until: rig.inputs + $0) }
measure("decode_ns", messages, Vocabulary.decode)
measure("encode_ns", messages, Vocabulary.encode)
measure("log_ns", messages, Vocabulary.log)
print("ended", rig.ended, "checked", Vocabulary.result)
