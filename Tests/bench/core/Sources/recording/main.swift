// CPU per input of a recorded session: what the recorder adds to an input, and what verifying one costs. Prints
// nanoseconds per input; callgrind counts instructions of the same program (an argument says how many inputs).

import Codecs
import Effects
import Faultless
import Recording
import WorkerModel

struct Rig {
    private(set) var worker = Worker(settings: .faultless)
    private var world = FaultlessWorld()

    mutating func turn() -> (Input, [Request]) {
        let input = world.input { worker.nextDeadline() }
        var requests: [Request] = []
        worker.take(input, into: &requests)
        world.answer(requests)
        return (input, requests)
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
