// What must have been seen sometimes: a search that never reached it proved nothing about it.
//
// The catalogue is fixed here, so that a phase or an effect that nothing reaches fails the run instead of going
// unnoticed.

import Effects
import WorkerModel

public enum Witness: UInt8, CaseIterable, Sendable {
    // Connection.
    case dialling, open, waiting, closing, shut, pinging, abandoned
    // Life.
    case starting, running, draining, stopping, lifeClosing, stoppedWell, backendUnusable, forced
    // Tasks.
    case claimed, waitsForEarlier, taskRunning, reported
    // The direct step.
    case makingGround, makingEnvironmentFile, settingUp, readingEnvironment, agentRunning, settingAside
    case interrupted
    case haunted, settling, tearingDown, releasing, secondName
    // The command step.
    case dispatching, breakingOff, recalling, takingBack, takingBackHoldsBack, dispatchHaunted
    case recallRunning, recallKilled, recallPausing
    case recallSucceeded, recallGivenUp, recallMissing, recallRepeated
    case handedOver, handedOverAlready, hurried, heldBeside, heldThoughBrokenOff
    // The Docker step.
    case reaching, startPausing, listing, removingLeftovers, listingUsers, listingIdleVolumes, parting
    case upkeepResting, upkeepLeaving, sweepBrokenOff, leftoverStays, leftoverContainer, leftoverVolume
    case idleMarkerRemoved, idleVolumeRemoved, volumeUsed
    case pulling, pullPausing, inspectingImage, lookingLocally, localImageUsed, pulledAnonymously
    case lookingForMarker, lookingForVolume, locking, lookingAtLock, breakingLock, waitingForFill, unlocking
    case clearingTarget, clearingMarker, clearingVolume, makingVolume, makingTarget, copying, copyingAgain, marking
    case creatingContainer, verifyingVolumes
    case containerStarting, startingToStop, containerAlive, containerTerminating, containerKilling, containerHaunting
    case watchLooking, unwantedWhileMade, checkingWhose, removing, removingAgain, removalGivenUp
    case hauntedContainer, tellingOutput, followingOutput, outputGivenUp, releasingContainer
    case imagePull, sidecarPrep, containerCreate, containerStart, containerWait, containerExit, containerOOM
    case inspectImage, createVolume, inspectVolume, removeVolume, createContainer, inspectContainer, startContainer
    case awaitEnd, stopContainer, killContainer, removeContainer, copy, tellOutput, followOutput, abandonCall
    // Processes.
    case processStarting, adopting, alive, terminating, killing, clearing, draining200, haunting
    // Holdings.
    case relinquishing, retrying
    // Final words.
    case completed, cancelled, internalFailure, taskTimeout, gracefulShutdown, workspaceSetup, setupCommand
    case agentInvocation, dispatchCommand, dispatchTimeout
    // Effects.
    case dial, send, ping, close, abandon
    case start, signal, kill, release, abandonOutput, adopt, dismiss
    case findExecutable, prepareRoot, makeDirectory, makeFile, readEnvironment, rename, removeFile, removeTree,
        removeEmptyDirectory
    case intended, acquired, released, verdictDecided, verdictHeard
    // Lives.
    case killed, startedAgain, vanished, interruptedVerdict, inherited, saidAgain
    // Answers to the server.
    case rejectedUnreadable, rejectedHooks, rejectedStopping, rejectedCapacity
    case repeatedClaim, repeatedFinalWord, withdrawn, forgottenClaim, resent, lateCompletion
}

public struct WitnessSet: Sendable {
    private var words: (UInt64, UInt64, UInt64) = (0, 0, 0)

    public init() {}

    public mutating func insert(_ witness: Witness) {
        let bit: UInt64 = 1 << (UInt64(witness.rawValue) & 63)
        switch witness.rawValue >> 6 {
        case 0: words.0 |= bit
        case 1: words.1 |= bit
        default: words.2 |= bit
        }
    }

    public func contains(_ witness: Witness) -> Bool {
        let bit: UInt64 = 1 << (UInt64(witness.rawValue) & 63)
        switch witness.rawValue >> 6 {
        case 0: return words.0 & bit != 0
        case 1: return words.1 & bit != 0
        default: return words.2 & bit != 0
        }
    }

    public mutating func formUnion(_ other: WitnessSet) {
        words.0 |= other.words.0
        words.1 |= other.words.1
        words.2 |= other.words.2
    }

    public var missing: [Witness] { Witness.allCases.filter { !contains($0) } }
}

// MARK: - States

extension WitnessSet {
    mutating func see(_ worker: Worker) {
        see(worker.connection)
        see(worker.life)
        see(worker.upkeep)
        for task in worker.roster.tasks { see(task, worker) }
        if worker.connection.outbox.letters.contains(where: \.maybeHeard) { insert(.resent) }
    }

    private mutating func see(_ connection: Connection) {
        switch connection.phase {
        case .idle: break
        case .dialling: insert(.dialling)
        case .open:
            insert(.open)
            if !connection.isOpen { insert(.abandoned) }
        case .waiting: insert(.waiting)
        case .closing: insert(.closing)
        case .shut: insert(.shut)
        }
    }

    private mutating func see(_ life: Life) {
        switch life {
        case .starting(let starting):
            insert(.starting)
            if case .preparing(let start) = starting.phase { see(start) }
        case .running: insert(.running)
        case .draining: insert(.draining)
        case .stopping: insert(.stopping)
        case .closing: insert(.lifeClosing)
        case .stopped(0): insert(.stoppedWell)
        case .stopped(69): insert(.backendUnusable)
        case .stopped: insert(.forced)
        }
    }

    private mutating func see(_ task: Task, _ worker: Worker) {
        switch task.phase {
        case .claimed:
            insert(.claimed)
            if task.isReady, worker.roster.mustWait(task) { insert(.waitsForEarlier) }
        case .running(let step, _):
            insert(.taskRunning)
            switch step {
            case .direct(let step): see(step)
            case .command(let step): see(step)
            case .docker(let step): see(step)
            }
        case .reported(let tidying):
            insert(.reported)
            switch tidying {
            case .direct(let tidying): see(tidying)
            case .command(let tidying): see(tidying, task, worker)
            case .docker(let tidying): see(tidying)
            }
        case .gone: break
        }
    }

    private mutating func see(_ step: DirectStep) {
        see(step.place)
        if let process = step.process { see(process) }
        switch step.phase {
        case .makingGround(_, let attempt): insert(attempt == 0 ? .makingGround : .secondName)
        case .makingEnvironmentFile: insert(.makingEnvironmentFile)
        case .settingUp: insert(.settingUp)
        case .readingEnvironment: insert(.readingEnvironment)
        case .running: insert(.agentRunning)
        case .interrupted: insert(.interrupted)
        case .settingAside: insert(.settingAside)
        case .over: break
        }
    }

    private mutating func see(_ tidying: DirectTidying) {
        see(tidying.place)
        if let process = tidying.process { see(process) }
        switch tidying.phase {
        case .haunted: insert(.haunted)
        case .settling: insert(.settling)
        case .tearingDown: insert(.tearingDown)
        case .releasing: insert(.releasing)
        }
    }

    private mutating func see(_ place: DirectPlace) {
        switch place.ground {
        case .own(let holding), .shared(_, let holding): see(holding)
        }
        if let file = place.environmentFile { see(file) }
    }

    private mutating func see(_ holding: Holding) {
        switch holding.stage {
        case .relinquishing: insert(.relinquishing)
        case .retrying: insert(.retrying)
        case .wanted, .asked, .held, .gone: break
        }
    }

    mutating func see(_ process: Supervised) {
        switch process.phase {
        case .starting: insert(.processStarting)
        case .adopting: insert(.adopting)
        case .alive: insert(.alive)
        case .terminating: insert(.terminating)
        case .killing: insert(.killing)
        case .clearing: insert(.clearing)
        case .draining: insert(.draining200)
        case .haunting: insert(.haunting)
        case .over: break
        }
    }
}

// MARK: - Effects

extension WitnessSet {
    mutating func see(_ effect: Effect) {
        switch effect {
        case .socket(let call): see(call)
        case .process(let call):
            switch call {
            case .adopt: insert(.adopt)
            case .dismiss: insert(.dismiss)
            case .start: insert(.start)
            case .signal: insert(.signal)
            case .kill: insert(.kill)
            case .release: insert(.release)
            case .abandonOutput: insert(.abandonOutput)
            }
        case .files(let call): see(call)
        case .docker(let call): see(call)
        case .journal(let call):
            switch call.note {
            case .claimed, .recalled, .claimHeard, .started, .ending, .ended, .recallBegan, .recallEnded,
                .verdictWithdrawn, .forgotten:
                break
            case .intended: insert(.intended)
            case .acquired: insert(.acquired)
            case .released: insert(.released)
            case .verdictDecided: insert(.verdictDecided)
            case .verdictHeard: insert(.verdictHeard)
            case .handedOver: insert(.handedOver)
            case .volumeUsed: insert(.volumeUsed)
            }
        case .log(let record): see(record.saying)
        case .measure(.lateCompletion): insert(.lateCompletion)
        case .measure, .forgetSecrets, .exit: break
        }
    }

    private mutating func see(_ call: SocketCall) {
        switch call {
        case .dial: insert(.dial)
        case .ping:
            insert(.ping)
            insert(.pinging)
        case .close: insert(.close)
        case .abandon: insert(.abandon)
        case .send(_, let message):
            insert(.send)
            see(message)
        }
    }

    private mutating func see(_ message: OutgoingMessage) {
        switch message {
        case .claimed: break
        case .completed: insert(.completed)
        case .cancelled: insert(.cancelled)
        case .failed(_, let failure, _, _):
            switch failure {
            case .internal(.contractBroken): insert(.internalFailure)
            case .internal(.interrupted): insert(.interruptedVerdict)
            case .taskTimeout: insert(.taskTimeout)
            case .gracefulShutdown: insert(.gracefulShutdown)
            case .workspaceSetup: insert(.workspaceSetup)
            case .setupCommand: insert(.setupCommand)
            case .agentInvocation: insert(.agentInvocation)
            case .dispatchCommand: insert(.dispatchCommand)
            case .dispatchTimeout: insert(.dispatchTimeout)
            case .imagePull: insert(.imagePull)
            case .sidecarPrep: insert(.sidecarPrep)
            case .containerCreate: insert(.containerCreate)
            case .containerStart: insert(.containerStart)
            case .containerWait: insert(.containerWait)
            case .containerExit: insert(.containerExit)
            case .containerOOM: insert(.containerOOM)
            }
        case .rejected(_, let rejection):
            switch rejection {
            case .unreadable: insert(.rejectedUnreadable)
            case .lifecycleHooksRequired: insert(.rejectedHooks)
            case .shuttingDown: insert(.rejectedStopping)
            case .atCapacity: insert(.rejectedCapacity)
            }
        }
    }

    private mutating func see(_ call: FilesCall) {
        switch call {
        case .findExecutable: insert(.findExecutable)
        case .checkDirectory: break
        case .prepareRoot: insert(.prepareRoot)
        case .makeDirectory: insert(.makeDirectory)
        case .makeFile: insert(.makeFile)
        case .readEnvironment: insert(.readEnvironment)
        case .rename: insert(.rename)
        case .removeFile: insert(.removeFile)
        case .removeEmptyDirectory: insert(.removeEmptyDirectory)
        case .removeTree: insert(.removeTree)
        }
    }

    private mutating func see(_ saying: Saying) {
        // Only the sayings that stand for a decision which leaves no other trace.
        if case .inherited(let tasks, let unheard) = saying {
            if tasks > 0 { insert(.inherited) }
            if unheard > 0 { insert(.saidAgain) }
        }
        if saying == .claimRepeated { insert(.repeatedClaim) }
        if saying == .finalWordRepeated { insert(.repeatedFinalWord) }
        if saying == .finalWordWithdrawn { insert(.withdrawn) }
        if saying == .claimNotWritten { insert(.forgottenClaim) }
        if case .dispatch(let saying) = saying { see(saying) }
        if case .docker(let saying) = saying { see(saying) }
    }
}
