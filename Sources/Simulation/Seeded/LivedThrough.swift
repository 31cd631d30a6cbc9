// A simulated story once more, life by life: what each worker was told. Whoever takes the same inputs again from the
// same state sees the same worker, so this is what a recording needs.

import Effects
import WorkerModel

public struct LivedThrough: Sendable {
    /// The worker before the first of the inputs.
    public let worker: Worker
    public internal(set) var inputs: [Input] = []
}

extension Shrunk {
    /// Every life that took anything, in order; the last one is the one in which the invariant broke.
    public var lives: [LivedThrough] {
        var world = start
        var lives = [LivedThrough(worker: world.worker)]
        func live(_ inputs: [Input]) {
            for input in inputs {
                if case .began = input.event {
                    lives.append(LivedThrough(worker: Worker(settings: world.worker.settings)))
                }
                lives[lives.count - 1].inputs.append(input)
            }
        }
        for (number, move) in moves.enumerated() {
            if number == restFrom { world.calmDown() }
            _ = world.make(move)
            live(world.lastInputs)
        }
        return lives.filter { !$0.inputs.isEmpty }
    }
}
