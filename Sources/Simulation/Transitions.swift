// Which transitions the explorer saw: machine, phase, kind of event, next phase. Between inputs, so a phase that is
// entered and left within one step does not show.
//
// The table that comes of it is spec/transitions.md, and `explore --check-transitions` fails when they differ.

import Effects
import WorkerModel

public enum Machine: UInt8, CaseIterable, Sendable {
    case worker, connection, letter, task, directStep, directTidying, commandStep, recall, dockerStep
    case dockerTidying, pull, sidecar, contained, process, holding, dockerHolding, upkeep

    var words: String {
        switch self {
        case .worker: "the worker as a whole (Stopping.swift, Starting.swift)"
        case .connection: "the connection (Connection.swift)"
        case .letter: "a message in the outbox (Outbox.swift)"
        case .task: "a task (Task.swift)"
        case .directStep: "the direct backend's step (DirectStep.swift)"
        case .directTidying: "the direct backend's tidying (DirectTidying.swift)"
        case .commandStep: "the command backend's step (CommandStep.swift)"
        case .recall: "taking back what was handed over (CommandRecall.swift)"
        case .dockerStep: "the Docker backend's step (DockerStep.swift)"
        case .dockerTidying: "the Docker backend's tidying (DockerTidying.swift)"
        case .pull: "getting an image (ImagePull.swift)"
        case .sidecar: "a sidecar and its volume (SidecarVolume.swift, SidecarFill.swift)"
        case .contained: "a container that runs a task (Contained.swift)"
        case .process: "a process (Supervised.swift)"
        case .holding: "a directory or a file (Holding.swift)"
        case .dockerHolding: "a container or a volume (DockerHolding.swift)"
        case .upkeep: "what is done beside the tasks (Upkeep.swift, DockerSweep.swift)"
        }
    }
}

/// Phases of all machines, by the names that they have there.
enum PhaseName: UInt8, Sendable {
    case none
    case starting, findingAgent, checkingGround, running, draining, stopping, closing, stopped
    case idle, dialling, givenUp, open, abandoned, waiting, closingGivenUp, shut
    case queued, sending, written
    case claimed, reported
    case makingGround, makingEnvironmentFile, settingUp, readingEnvironment, interrupted, settingAside, over
    case haunted, settling, tearingDown, releasing
    case adopting, alive, terminating, killing, clearing, haunting
    case wanted, asked, held, relinquishing, retrying, gone
    case dispatching, breakingOff, recalling, recallRunning, recallKilled, pausing
    case reaching, reachPausing, listing, removingLeftovers
    case pulling, preparing, creating, verifying, inspecting, lookingLocally, following, telling
    case lookingForMarker, lookingForVolume, locking, lookingAtLock, breakingLock, unlocking
    case clearingTarget, clearingMarker, clearingVolume, makingVolume, makingTarget, copying, resting, marking, filled
    case checking, removing
    case off, parting, leaving
}

enum EventKind: UInt8, Sendable {
    case began, tick, opened, refused, assigned, cancelled, saidOther, ponged, heard, closed, written, notWritten
    case started, startFailed, notFound, exited, cleared, finished
    case fileDone, fileExists, fileFailed, fileFound, environmentRead
    case dockerDone, dockerExists, dockerFailed, reached, imageSeen, volumeSeen, containerSeen, containerEnded, listed
    case stopRequested, contractBroken, journalFailed, journalRestored
}

struct Transition: Hashable, Sendable {
    let machine: Machine
    let from: PhaseName
    let event: EventKind
    let to: PhaseName
}

/// What the machines of a worker look like at one moment.
struct Sighting {
    private struct Entry {
        let machine: Machine
        /// Tells one of its kind from another.
        let name: UInt64
        let phase: PhaseName
    }

    private var entries: [Entry] = []

    init(_ worker: Worker) {
        entries.reserveCapacity(24)
        add(.worker, 0, worker.life.seen)
        add(.connection, 0, worker.connection.seen)
        add(.upkeep, 0, worker.upkeep.phase.seen)
        for letter in worker.connection.outbox.letters { add(letter) }
        for task in worker.roster.tasks { add(task) }
    }

    /// One transition for each machine that moved, came to be, or is gone.
    func moves(to later: Sighting, by event: EventKind) -> [Transition] {
        var found: [Transition] = []
        for entry in entries {
            let next = later.entries.first { $0.machine == entry.machine && $0.name == entry.name }?.phase ?? .none
            guard next != entry.phase else { continue }
            found.append(Transition(machine: entry.machine, from: entry.phase, event: event, to: next))
        }
        for entry in later.entries
        where !entries.contains(where: { $0.machine == entry.machine && $0.name == entry.name }) {
            found.append(Transition(machine: entry.machine, from: .none, event: event, to: entry.phase))
        }
        return found
    }

    private mutating func add(_ machine: Machine, _ name: UInt64, _ phase: PhaseName) {
        entries.append(Entry(machine: machine, name: name, phase: phase))
    }

    /// Letters have no names of their own: one of a kind is told from the next by their order.
    private mutating func add(_ letter: Outbox.Letter) {
        var visitor = Visitor()
        letter.key.visit(&visitor)
        visitor.word(letter.run)
        // A claim that became the last word of its run is the same letter.
        visitor.tag((letter.kind == .lastClaim ? .claim : letter.kind).rawValue)
        let kind = visitor.result & 0xFFFF_FFFF_FFFF_0000
        let before = entries.count { $0.machine == .letter && $0.name & 0xFFFF_FFFF_FFFF_0000 == kind }
        add(.letter, kind | UInt64(before), letter.progress.seen)
    }

    private mutating func add(_ task: Task) {
        add(.task, task.serial, task.phase.seen)
        switch task.phase {
        case .running(.direct(let step), _):
            add(.directStep, task.serial, step.phase.seen)
            if let process = step.process { add(process) }
            add(step.place, task.serial)
        case .reported(.direct(let tidying)):
            add(.directTidying, task.serial, tidying.phase.seen)
            if let process = tidying.process { add(process) }
            add(tidying.place, task.serial)
        case .running(.command(let step), _):
            add(.commandStep, task.serial, step.phase.seen)
            if let process = step.process { add(process) }
            if let recall = step.recall { add(recall, task.serial) }
        case .reported(.command(let tidying)):
            if let process = tidying.haunted { add(process) }
            if let recall = tidying.recall { add(recall, task.serial) }
        case .running(.docker(let step), _):
            add(.dockerStep, task.serial, step.phase.seen)
            add(step.container, task.serial)
            switch step.phase {
            case .pulling(let pull): add(.pull, task.serial, pull.phase.seen)
            case .preparing(let sidecar, let index): add(sidecar, task.serial &* 8 &+ UInt64(index & 7))
            case .running(let contained): add(.contained, task.serial, contained.phase.seen)
            case .creating, .verifying, .over: break
            }
        case .reported(.docker(let tidying)):
            add(.dockerTidying, task.serial, tidying.phase.seen)
            for holding in tidying.holdings { add(holding, task.serial) }
            if case .haunted(let contained) = tidying.phase { add(.contained, task.serial, contained.phase.seen) }
        case .claimed, .gone: break
        }
    }

    private mutating func add(_ sidecar: SidecarVolume, _ name: UInt64) {
        add(.sidecar, name, sidecar.phase.seen)
        for holding in [sidecar.source, sidecar.target, sidecar.own].compactMap({ $0 }) { add(holding, name) }
    }

    private mutating func add(_ holding: DockerHolding, _ serial: UInt64) {
        var visitor = Visitor()
        holding.possession.visit(&visitor)
        visitor.word(serial)
        add(.dockerHolding, visitor.result, holding.stage.seen)
    }

    private mutating func add(_ recall: CommandRecall, _ serial: UInt64) {
        add(.recall, serial, recall.phase.seen)
        if let process = recall.process { add(process) }
    }

    private mutating func add(_ process: Supervised) {
        add(.process, process.id.sequence, process.phase.seen)
    }

    private mutating func add(_ place: DirectPlace, _ serial: UInt64) {
        switch place.ground {
        case .own(let holding), .shared(_, let holding): add(.holding, serial &* 2, holding.stage.seen)
        }
        if let file = place.environmentFile { add(.holding, serial &* 2 &+ 1, file.stage.seen) }
    }
}

extension Event {
    var kind: EventKind {
        switch self {
        case .began: .began
        case .tick: .tick
        case .operator(.stopRequested): .stopRequested
        case .interpreter(.contractBroken): .contractBroken
        case .interpreter(.journalFailed): .journalFailed
        case .interpreter(.journalRestored): .journalRestored
        case .socket(let event): event.kind
        case .process(.started): .started
        case .process(.startFailed): .startFailed
        case .process(.notFound): .notFound
        case .process(.exited): .exited
        case .process(.cleared): .cleared
        case .process(.finished): .finished
        case .docker(.done): .dockerDone
        case .docker(.exists): .dockerExists
        case .docker(.failed): .dockerFailed
        case .docker(.reached): .reached
        case .docker(.image): .imageSeen
        case .docker(.volume): .volumeSeen
        case .docker(.container): .containerSeen
        case .docker(.ended): .containerEnded
        case .docker(.listed): .listed
        case .files(.done): .fileDone
        case .files(.exists): .fileExists
        case .files(.failed): .fileFailed
        case .files(.found): .fileFound
        case .files(.environmentRead): .environmentRead
        }
    }
}

extension SocketEvent {
    fileprivate var kind: EventKind {
        switch self {
        case .opened: .opened
        case .refused: .refused
        case .received(_, .assignment): .assigned
        case .received(_, .cancellation): .cancelled
        case .received(_, .unreadableAssignment), .received(_, .heartbeat), .received(_, .unknown),
            .received(_, .unreadable):
            .saidOther
        case .ponged: .ponged
        case .heard: .heard
        case .closed: .closed
        case .written: .written
        case .notWritten: .notWritten
        }
    }
}
