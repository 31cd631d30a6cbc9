// CPU per input: feeds a worker with the inputs of whole tasks, 20 at a time, and prints nanoseconds per input; then
// the same for the messages and the log's lines of a task.
//
//   reducer [how many inputs [how many messages]]

import Effects
import Faultless
import WorkerModel

struct Rig {
    private var core = Core(settings: .faultless)
    private var world = FaultlessWorld()
    private var requests: [Request] = []

    var inputs: Int { world.inputs }
    var ended: Int { world.ended }

    mutating func run(until count: Int) {
        while world.inputs < count, core.exitCode == nil {
            let input = world.input { core.nextDeadline() }
            requests.removeAll(keepingCapacity: true)
            core.take(input, into: &requests)
            world.answer(requests)
        }
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
