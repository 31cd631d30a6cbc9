// Filling one volume, under its lock.
//
//   clearingTarget -> clearingMarker -> clearingVolume -> makingVolume    (what a filling before us left half-done)
//   makingVolume   -> makingTarget -> copying
//   copying        -> resting | marking | done | failed
//   resting        -> copying                                             (the daemon was away: once more, over it)
//   marking        -> done | failed
//
// A task's own volume begins at makingVolume and needs no marker. What is copied a second time comes to the same.

import Codecs
import Effects

public struct SidecarFill: Hashable, Codable, Sendable {
    public enum Stage: Hashable, Codable, Sendable {
        case clearingTarget(DockerAsking)
        case clearingMarker(DockerAsking)
        case clearingVolume(DockerAsking)
        /// A shared one by this request; a task's own is held.
        case makingVolume(DockerAsking?)
        case makingTarget
        case copying(EffectID)
        case resting(until: Instant)
        case marking(DockerAsking)
        case done
        case failed(SidecarProblem)
    }

    public private(set) var stage: Stage
    private(set) var copies = 0

    init(_ volume: SidecarVolume, _ turn: inout Turn) {
        stage = .makingVolume(nil)
        guard volume.isShared else { return }
        stage = .clearingTarget(DockerAsking(.removeContainer(DockerNames.target(of: volume.name)), &turn))
    }

    private var asking: DockerAsking? {
        switch stage {
        case .clearingTarget(let asking), .clearingMarker(let asking), .clearingVolume(let asking),
            .marking(let asking):
            asking
        case .makingVolume(let asking): asking
        case .makingTarget, .copying, .resting, .done, .failed: nil
        }
    }

    var awaits: EffectID? {
        if case .copying(let id) = stage { return id }
        return asking?.awaits
    }

    var deadline: Instant? {
        if case .resting(let until) = stage { return until }
        return asking?.deadline
    }

    func abandon(_ turn: inout Turn) {
        if let awaits { turn.ask(.docker(.abandon(awaits))) }
    }

    /// False where the event is for somebody else.
    mutating func take(_ event: DockerEvent, _ volume: SidecarVolume, _ turn: inout Turn) -> Bool {
        if case .copying(let id) = stage {
            guard event.id == id else { return false }
            copied(event, volume, &turn)
            return true
        }
        guard var asking else { return false }
        switch asking.take(event, &turn) {
        case .notMine: return false
        case .goesOn: keep(asking)
        case .answered(let answer): heard(answer, volume, &turn)
        }
        return true
    }

    mutating func tick(_ volume: SidecarVolume, _ turn: inout Turn) {
        guard let deadline, deadline <= turn.at else { return }
        if case .resting = stage { return copy(volume, &turn) }
        guard var asking else { return }
        asking.tick(&turn)
        keep(asking)
    }

    /// The volume of the task's own, or the container that it is filled through.
    mutating func made(_ heard: DockerHolding.Heard, _ volume: SidecarVolume, _ turn: inout Turn) {
        switch (stage, heard) {
        case (.makingVolume, .held): stage = .makingTarget
        case (.makingTarget, .held): copy(volume, &turn)
        case (.makingVolume, .refused(let failure)), (.makingTarget, .refused(let failure)):
            stage = .failed(.volume(volume.name, failure))
        case (.makingTarget, .taken):
            // Only somebody who broke our lock can have made it.
            let failure = DockerFailure.refused(status: 409, Detail("somebody else fills it"))
            stage = .failed(.volume(volume.name, failure))
        case (.clearingTarget, _), (.clearingMarker, _), (.clearingVolume, _), (.makingVolume, _),
            (.makingTarget, _), (.copying, _), (.resting, _), (.marking, _), (.done, _), (.failed, _):
            break
        }
    }

    private mutating func heard(_ answer: DockerEvent, _ volume: SidecarVolume, _ turn: inout Turn) {
        var failure: DockerFailure?
        if case .failed(_, let known) = answer, !known.isNotFound { failure = known }
        switch stage {
        case .clearingTarget:
            if let failure { return fail(failure, volume) }
            stage = .clearingMarker(DockerAsking(.removeVolume(DockerNames.marker(of: volume.name)), &turn))
        case .clearingMarker:
            if let failure { return fail(failure, volume) }
            stage = .clearingVolume(DockerAsking(.removeVolume(volume.name), &turn))
        case .clearingVolume:
            // One that tasks still use can't be removed; what is copied over it is the same.
            if case .refused(409, _)? = failure {} else if let failure { return fail(failure, volume) }
            let labels = DockerBodies.sharedLabels(volume.sidecar.image, turn.settings)
            stage = .makingVolume(DockerAsking(.createVolume(volume.name, labels: labels), &turn))
        case .makingVolume:
            if let failure { return fail(failure, volume) }
            stage = .makingTarget
        case .marking:
            if let failure { return fail(failure, volume) }
            stage = .done
        case .makingTarget, .copying, .resting, .done, .failed: break
        }
    }

    private mutating func copy(_ volume: SidecarVolume, _ turn: inout Turn) {
        guard let source = volume.source, let target = volume.target else { return }
        copies &+= 1
        let call = DockerCall.copy(from: source.name, to: target.name, path: DockerBodies.fillPath)
        stage = .copying(turn.ask(.docker(call)))
    }

    private mutating func copied(_ event: DockerEvent, _ volume: SidecarVolume, _ turn: inout Turn) {
        switch event {
        case .done:
            guard volume.isShared else {
                stage = .done
                return
            }
            let labels = DockerBodies.sharedLabels(volume.sidecar.image, turn.settings)
            stage = .marking(DockerAsking(.createVolume(DockerNames.marker(of: volume.name), labels: labels), &turn))
        case .failed(_, let failure):
            guard failure.mayPass, copies < turn.limits.sidecarCopies else {
                stage = .failed(.filling(volume.sidecar.image, failure))
                return
            }
            turn.log(.warn, .docker(.fillRepeated(volume: volume.name, failure)), volume.key)
            stage = .resting(until: turn.at.after(turn.timing.daemonRetry))
        case .exists, .reached, .image, .volume, .container, .ended, .listed:
            stage = .failed(.filling(volume.sidecar.image, .unreadable(Detail("an answer to something else"))))
        }
    }

    private mutating func fail(_ failure: DockerFailure, _ volume: SidecarVolume) {
        stage = .failed(.volume(volume.name, failure))
    }

    private mutating func keep(_ asking: DockerAsking) {
        switch stage {
        case .clearingTarget: stage = .clearingTarget(asking)
        case .clearingMarker: stage = .clearingMarker(asking)
        case .clearingVolume: stage = .clearingVolume(asking)
        case .makingVolume: stage = .makingVolume(asking)
        case .marking: stage = .marking(asking)
        case .makingTarget, .copying, .resting, .done, .failed: break
        }
    }
}
