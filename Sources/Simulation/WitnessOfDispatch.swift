// What must have been seen of the command backend.

import Effects
import WorkerModel

extension WitnessSet {
    mutating func see(_ step: CommandStep) {
        switch step.phase {
        case .dispatching(let process, _, _):
            insert(.dispatching)
            see(process)
        case .breakingOff(let process, _):
            insert(.breakingOff)
            see(process)
        case .recalling(let recall, _):
            insert(.recalling)
            see(recall)
        case .over: break
        }
    }

    mutating func see(_ tidying: CommandTidying, _ task: Task, _ worker: Worker) {
        if let process = tidying.haunted {
            insert(.dispatchHaunted)
            see(process)
        }
        if let recall = tidying.recall { see(recall) }
        if tidying.isRecalling {
            insert(.takingBack)
            let waiting = worker.roster.tasks.contains { $0.isReady && $0.key.task == task.key.task }
            if waiting { insert(.takingBackHoldsBack) }
        }
    }

    private mutating func see(_ recall: CommandRecall) {
        if let process = recall.process { see(process) }
        switch recall.phase {
        case .running: insert(.recallRunning)
        case .killed: insert(.recallKilled)
        case .pausing: insert(.recallPausing)
        case .over: break
        }
    }

    mutating func see(_ saying: DispatchSaying) {
        switch saying {
        case .handedOverAlready: insert(.handedOverAlready)
        case .hurried: insert(.hurried)
        case .cancelDone: insert(.recallSucceeded)
        case .cancelFailed(_, _, true): insert(.recallGivenUp)
        case .cancelUnderWay: insert(.recallRepeated)
        case .cancelMissing: insert(.recallMissing)
        case .started, .brokenOff, .handedOver, .cancelStarted, .cancelFailed: break
        }
    }

    /// The truth over there: a slot is free as soon as its task was handed over, and a command that was broken off may
    /// have handed its task over all the same.
    mutating func see(_ runtime: RuntimeModel, capacity: Int) {
        if capacity == 1, runtime.held > 1 { insert(.heldBeside) }
        if runtime.runs.contains(where: { $0.isHeld && $0.wasBrokenOff }) { insert(.heldThoughBrokenOff) }
    }
}
