// CPU per input of a recorded session: what the recorder adds to an input, and what verifying one costs. Prints
// nanoseconds per input; callgrind counts instructions of the same program (an argument says how many inputs).

import Codecs
import Effects
import Glibc
import Recording
import WorkerModel

func cpuNanoseconds() -> UInt64 {
    var time = timespec()
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
    return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
}

/// A world without faults that answers every request at once, in order: whole tasks, 20 at a time.
struct Rig {
    private(set) var worker: Worker
    private var waiting: [Event] = [.began(.nothing)]
    private var next = 0
    private var now = Instant(nanoseconds: 1_000_000_000_000)
    private var dial = EffectID(slot: 0, sequence: 0)
    private var tasks: UInt64 = 0
    private var inputs: UInt64 = 0

    init() {
        let direct = DirectSettings(workspaceRoot: Bytes(text: "/w"), temporaryDirectory: Bytes(text: "/t"))
        worker = Worker(
            settings: Settings(
                workerID: Bytes(text: "bench"), instanceID: Bytes(text: "i"), url: Bytes(text: "ws://x"),
                backend: .direct(direct)))
    }

    mutating func turn() -> (Input, [Request]) {
        if next == waiting.count {
            waiting = [.tick]
            next = 0
            if let deadline = worker.nextDeadline() { now = max(now, deadline) }
        }
        let event = waiting[next]
        next += 1
        inputs += 1
        now = now.after(Span(nanoseconds: 200_000))
        // Chance has all of its digits, as in earnest.
        let chance = inputs &* 0x9E37_79B9_7F4A_7C15
        let wall = WallTime(nanoseconds: 1_790_000_000_000_000_000 + Int64(now.nanoseconds))
        let input = Input(at: now, wall: wall, entropy: chance, event: event)
        var requests: [Request] = []
        worker.take(input, into: &requests)
        for request in requests { answer(request) }
        return (input, requests)
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
            if case .completed = message { assign() }
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

let count = CommandLine.arguments.dropFirst().first.flatMap { Int($0) } ?? 400_000
var rig = Rig()
let header = RecordingHeader(
    build: Build(version: [], commit: []), life: Bytes(text: "bench"), at: Instant(nanoseconds: 0),
    wall: WallTime(nanoseconds: 0), host: HostFacts(), settings: rig.worker.settings)
var recording = MemoryRecording(header, rig.worker)
var steps: [(Input, [Request])] = []
steps.reserveCapacity(count)
for _ in 0..<count { steps.append(rig.turn()) }

func tell(_ what: String, _ nanoseconds: UInt64) {
    print("\(what) \(nanoseconds / UInt64(count))")
}

for step in steps { recording.took(step.0, step.1) }

// As the daemon has it: into a buffer that is handed over when it is full. A profiler sees it alone when repeated.
var writer = RecordingWriter(header)
_ = writer.open()
var buffer = Bytes()
buffer.reserveCapacity(80 << 10)
let times = CommandLine.arguments.dropFirst(2).first.flatMap { Int($0) } ?? 1
var began = cpuNanoseconds()
for _ in 0..<max(1, times) {
    for index in steps.indices {
        try? writer.took(steps[index].0, steps[index].1, into: &buffer)
        if buffer.count > 64 << 10 { buffer.removeAll(keepingCapacity: true) }
    }
}
tell("recording_ns", (cpuNanoseconds() - began) / UInt64(max(1, times)))

var kept: UInt64 = 0
began = cpuNanoseconds()
for index in steps.indices {
    for place in steps[index].1.indices {
        var visitor = Visitor()
        steps[index].1[place].visit(&visitor)
        kept ^= visitor.result
    }
}
tell("digests_ns", cpuNanoseconds() - began)
print("recorded_bytes \(recording.bytes.count / count) \(kept)")

var replayer = Replayer()
var agreed = 0
recording.bytes.withUnsafeBytes { bytes in
    do throws(RecordingProblem) {
        _ = try replayer.open(bytes)
        began = cpuNanoseconds()
        while let move = try replayer.next() {
            if case .step(_, _, agrees: true) = move { agreed += 1 }
        }
        tell("verifying_ns", cpuNanoseconds() - began)
    } catch {
        print("not read: \(error.words)")
    }
}
if agreed != count { print("only \(agreed) of \(count) agreed") }
began = cpuNanoseconds()
var requests: [Request] = []
var worker = Rig().worker
for step in steps {
    requests.removeAll(keepingCapacity: true)
    worker.take(step.0, into: &requests)
}
tell("reducing_ns", cpuNanoseconds() - began)
