// The phase of each machine, as the table of transitions calls it.

import Effects
import WorkerModel

extension Life {
    var seen: PhaseName {
        switch self {
        case .starting(let starting):
            switch starting.phase {
            case .fresh, .passed, .failed: .starting
            case .findingAgent: .findingAgent
            case .checkingGround: .checkingGround
            case .preparing(let start): start.phase.seen
            }
        case .running: .running
        case .draining: .draining
        case .stopping: .stopping
        case .closing: .closing
        case .stopped: .stopped
        }
    }
}

extension Connection {
    var seen: PhaseName {
        switch phase {
        case .idle: .idle
        case .dialling(_, let giveUpAt): giveUpAt == nil ? .givenUp : .dialling
        case .open: isOpen ? .open : .abandoned
        case .waiting: .waiting
        case .closing(_, let giveUpAt): giveUpAt == nil ? .closingGivenUp : .closing
        case .shut: .shut
        }
    }
}

extension Outbox.Letter.Progress {
    var seen: PhaseName {
        switch self {
        case .queued: .queued
        case .sending: .sending
        case .written: .written
        }
    }
}

extension Task.Phase {
    var seen: PhaseName {
        switch self {
        case .claimed(_, let written): written ? .waiting : .claimed
        case .running: .running
        case .reported: .reported
        case .gone: .gone
        }
    }
}

extension DirectStep.Phase {
    var seen: PhaseName {
        switch self {
        case .makingGround: .makingGround
        case .makingEnvironmentFile: .makingEnvironmentFile
        case .settingUp: .settingUp
        case .readingEnvironment: .readingEnvironment
        case .running: .running
        case .interrupted: .interrupted
        case .settingAside: .settingAside
        case .over: .over
        }
    }
}

extension DirectTidying.Phase {
    var seen: PhaseName {
        switch self {
        case .haunted: .haunted
        case .settling: .settling
        case .tearingDown: .tearingDown
        case .releasing: .releasing
        }
    }
}

extension CommandStep.Phase {
    var seen: PhaseName {
        switch self {
        case .dispatching: .dispatching
        case .breakingOff: .breakingOff
        case .recalling: .recalling
        case .over: .over
        }
    }
}

extension CommandRecall.Phase {
    var seen: PhaseName {
        switch self {
        case .running: .recallRunning
        case .killed: .recallKilled
        case .pausing: .pausing
        case .over: .over
        }
    }
}

extension DockerStart.Phase {
    var seen: PhaseName {
        switch self {
        case .reaching: .reaching
        case .pausing: .reachPausing
        case .sweeping(let sweep): sweep.phase.seen
        case .passed, .failed: .starting
        }
    }
}

extension DockerSweep.Phase {
    var seen: PhaseName {
        switch self {
        case .listing: .listing
        case .removing: .removingLeftovers
        case .parting: .parting
        case .done: .over
        }
    }
}

extension Upkeep.Phase {
    var seen: PhaseName {
        switch self {
        case .off: .off
        case .resting: .resting
        case .sweeping(let sweep): sweep.phase.seen
        case .leaving: .leaving
        }
    }
}

extension DockerStep.Phase {
    var seen: PhaseName {
        switch self {
        case .pulling: .pulling
        case .preparing: .preparing
        case .creating: .creating
        case .verifying: .verifying
        case .running: .running
        case .over: .over
        }
    }
}

extension DockerTidying.Phase {
    var seen: PhaseName {
        switch self {
        case .haunted: .haunted
        case .following: .following
        case .telling: .telling
        case .releasing: .releasing
        }
    }
}

extension ImagePull.Phase {
    var seen: PhaseName {
        switch self {
        case .pulling: .pulling
        case .pausing: .pausing
        case .inspecting: .inspecting
        case .lookingLocally: .lookingLocally
        case .over: .over
        }
    }
}

extension SidecarVolume.Phase {
    var seen: PhaseName {
        switch self {
        case .pulling: .pulling
        case .lookingForMarker: .lookingForMarker
        case .lookingForVolume: .lookingForVolume
        case .locking: .locking
        case .lookingAtLock: .lookingAtLock
        case .breakingLock: .breakingLock
        case .waiting: .waiting
        case .filling(let fill): fill.stage.seen
        case .unlocking: .unlocking
        case .over: .over
        }
    }
}

extension SidecarFill.Stage {
    var seen: PhaseName {
        switch self {
        case .clearingTarget: .clearingTarget
        case .clearingMarker: .clearingMarker
        case .clearingVolume: .clearingVolume
        case .makingVolume: .makingVolume
        case .makingTarget: .makingTarget
        case .copying: .copying
        case .resting: .resting
        case .marking: .marking
        case .done: .filled
        case .failed: .over
        }
    }
}

extension Contained.Phase {
    var seen: PhaseName {
        switch self {
        case .starting: .starting
        case .alive: .alive
        case .terminating: .terminating
        case .killing: .killing
        case .haunting: .haunting
        case .over: .over
        }
    }
}

extension DockerHolding.Stage {
    var seen: PhaseName {
        switch self {
        case .wanted: .wanted
        case .asked: .asked
        case .checking: .checking
        case .held: .held
        case .releasing: .removing
        case .retrying: .retrying
        case .gone: .gone
        }
    }
}

extension Supervised.Phase {
    var seen: PhaseName {
        switch self {
        case .starting: .starting
        case .adopting: .adopting
        case .alive: .alive
        case .terminating: .terminating
        case .killing: .killing
        case .clearing: .clearing
        case .draining: .draining
        case .haunting: .haunting
        case .over: .over
        }
    }
}

extension Holding.Stage {
    var seen: PhaseName {
        switch self {
        case .wanted: .wanted
        case .asked: .asked
        case .held: .held
        case .relinquishing: .relinquishing
        case .retrying: .retrying
        case .gone: .gone
        }
    }
}
