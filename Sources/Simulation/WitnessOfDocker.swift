// What must have been seen of the Docker backend.

import Effects
import WorkerModel

extension WitnessSet {
    mutating func see(_ step: DockerStep) {
        see(step.container)
        for sidecar in step.sidecars { see(sidecar.source) }
        switch step.phase {
        case .pulling(let pull): see(pull)
        case .preparing(let sidecar, _): see(sidecar)
        case .creating: insert(.creatingContainer)
        case .verifying: insert(.verifyingVolumes)
        case .running(let contained): see(contained)
        case .over: break
        }
    }

    mutating func see(_ tidying: DockerTidying) {
        for holding in tidying.holdings { see(holding) }
        switch tidying.phase {
        case .haunted(let contained):
            insert(.hauntedContainer)
            see(contained)
        case .following: insert(.followingOutput)
        case .telling: insert(.tellingOutput)
        case .releasing: insert(.releasingContainer)
        }
    }

    mutating func see(_ start: DockerStart) {
        switch start.phase {
        case .reaching: insert(.reaching)
        case .pausing: insert(.startPausing)
        case .sweeping(let sweep): see(sweep)
        case .passed, .failed: break
        }
    }

    mutating func see(_ upkeep: Upkeep) {
        switch upkeep.phase {
        case .off: break
        case .resting: insert(.upkeepResting)
        case .sweeping(let sweep): see(sweep)
        case .leaving: insert(.upkeepLeaving)
        }
    }

    private mutating func see(_ sweep: DockerSweep) {
        switch sweep.phase {
        case .listing(_, .users): insert(.listingUsers)
        case .listing(_, .idleVolumes): insert(.listingIdleVolumes)
        case .listing: insert(.listing)
        case .removing: insert(.removingLeftovers)
        case .parting: insert(.parting)
        case .done: break
        }
    }

    private mutating func see(_ pull: ImagePull) {
        switch pull.phase {
        case .pulling: insert(.pulling)
        case .pausing: insert(.pullPausing)
        case .inspecting: insert(.inspectingImage)
        case .lookingLocally: insert(.lookingLocally)
        case .over: break
        }
    }

    private mutating func see(_ sidecar: SidecarVolume) {
        see(sidecar.source)
        see(sidecar.target)
        see(sidecar.own)
        switch sidecar.phase {
        case .pulling(let pull): see(pull)
        case .lookingForMarker: insert(.lookingForMarker)
        case .lookingForVolume: insert(.lookingForVolume)
        case .locking: insert(.locking)
        case .lookingAtLock: insert(.lookingAtLock)
        case .breakingLock: insert(.breakingLock)
        case .waiting: insert(.waitingForFill)
        case .filling(let fill): see(fill)
        case .unlocking: insert(.unlocking)
        case .over: break
        }
    }

    private mutating func see(_ fill: SidecarFill) {
        switch fill.stage {
        case .clearingTarget: insert(.clearingTarget)
        case .clearingMarker: insert(.clearingMarker)
        case .clearingVolume: insert(.clearingVolume)
        case .makingVolume: insert(.makingVolume)
        case .makingTarget: insert(.makingTarget)
        case .copying: insert(.copying)
        case .resting: insert(.copyingAgain)
        case .marking: insert(.marking)
        case .done, .failed: break
        }
    }

    private mutating func see(_ contained: Contained) {
        switch contained.phase {
        case .starting(_, let unseenAt): insert(unseenAt == nil ? .containerStarting : .startingToStop)
        case .alive: insert(.containerAlive)
        case .terminating: insert(.containerTerminating)
        case .killing: insert(.containerKilling)
        case .haunting: insert(.containerHaunting)
        case .over: break
        }
        if case .looking = contained.watch { insert(.watchLooking) }
    }

    private mutating func see(_ holding: DockerHolding?) {
        switch holding?.stage {
        case .asked(_, let unwanted): if unwanted { insert(.unwantedWhileMade) }
        case .checking: insert(.checkingWhose)
        case .releasing: insert(.removing)
        case .retrying: insert(.removingAgain)
        case .wanted, .held, .gone, nil: break
        }
    }

    mutating func see(_ call: DockerCall) {
        switch call {
        case .reach, .listContainers, .listVolumes: break
        case .pull(_, _, let withCredentials): if !withCredentials { insert(.pulledAnonymously) }
        case .inspectImage: insert(.inspectImage)
        case .createVolume: insert(.createVolume)
        case .inspectVolume: insert(.inspectVolume)
        case .removeVolume: insert(.removeVolume)
        case .createContainer: insert(.createContainer)
        case .inspectContainer: insert(.inspectContainer)
        case .startContainer: insert(.startContainer)
        case .awaitEnd: insert(.awaitEnd)
        case .stopContainer: insert(.stopContainer)
        case .killContainer: insert(.killContainer)
        case .removeContainer: insert(.removeContainer)
        case .copy: insert(.copy)
        case .tellOutput: insert(.tellOutput)
        case .followOutput: insert(.followOutput)
        case .abandon: insert(.abandonCall)
        }
    }

    mutating func see(_ saying: DockerSaying) {
        if case .localImageUsed = saying { insert(.localImageUsed) }
        if case .sweepBrokenOff = saying { insert(.sweepBrokenOff) }
        if case .leftoverStays = saying { insert(.leftoverStays) }
        if case .leftoverRemoved(let litter) = saying {
            switch litter.kind {
            case .container, .runningContainer: insert(.leftoverContainer)
            case .volume, .marker: insert(.leftoverVolume)
            case .idleMarker: insert(.idleMarkerRemoved)
            case .idleVolume: insert(.idleVolumeRemoved)
            }
        }
        if case .outputUnread(.timedOut) = saying { insert(.outputGivenUp) }
        if case .dockerRemovalFailed(_, _, givenUp: true) = saying { insert(.removalGivenUp) }
    }
}
