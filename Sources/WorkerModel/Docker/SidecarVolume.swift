// One sidecar of a task, until its files lie in a volume that can be mounted.
//
//   pulling          -> lookingForMarker | locking | over
//   lookingForMarker -> lookingForVolume | locking | filling | over   (was it filled before?)
//   lookingForVolume -> locking | filling | over                      (a marker alone is worth nothing)
//   locking          -> lookingForMarker | filling | lookingAtLock | over
//   lookingAtLock    -> waiting | breakingLock | lookingForMarker | over
//   breakingLock     -> lookingForMarker | over
//   waiting          -> lookingForMarker                              (somebody else fills it)
//   filling          -> unlocking | over                              (SidecarFill)
//   unlocking        -> over
//   over
//
// A volume that tasks only read is shared by everybody on this daemon who uses the same image. Who makes the container
// that its files are copied from, of which there can be one, fills it; all others wait and look. The marker is an
// empty volume, made after the filling and never before. Whoever has held the lock for longer than a filling may take
// has died over it: then the lock is broken, by the container's id and not by its name, which may be a third one's.
//
// A volume that the task writes to is its own, and so are the names of the two containers that it is filled with.

import Codecs
import Effects

public struct SidecarVolume: Hashable, Codable, Sendable {
    public enum Phase: Hashable, Codable, Sendable {
        case pulling(ImagePull)
        case lookingForMarker(DockerAsking)
        case lookingForVolume(DockerAsking)
        case locking
        case lookingAtLock(DockerAsking)
        case breakingLock(DockerAsking)
        case waiting(until: Instant)
        case filling(SidecarFill)
        case unlocking
        case over(Outcome)
    }

    public enum Outcome: Hashable, Codable, Sendable {
        case ready
        case failed(SidecarProblem)
    }

    struct Lock: Hashable, Codable, Sendable {
        let id: Bytes
        let since: Instant
    }

    public let sidecar: Sidecar
    public private(set) var phase: Phase
    /// Empty until the image is there.
    public private(set) var name: Bytes = []
    public private(set) var imageID: Bytes = []
    /// What the files are copied from; the lock of a shared volume.
    public internal(set) var source: DockerHolding?
    /// What they are copied through.
    public internal(set) var target: DockerHolding?
    /// The volume itself, where it is the task's own.
    public internal(set) var own: DockerHolding?
    /// Somebody else's lock, and since when we see it.
    private(set) var seen: Lock?
    private(set) var fillBy: Instant?
    let key: ExecutionKey
    let ownName: Bytes

    init(_ sidecar: Sidecar, ownName: Bytes, platform: Bytes, _ key: ExecutionKey, _ turn: inout Turn) {
        self.sidecar = sidecar
        self.key = key
        self.ownName = ownName
        phase = .pulling(
            ImagePull(sidecar.image, platform: platform, alsoAnonymously: true, key, &turn))
    }

    public var isShared: Bool { !sidecar.readWrite }

    public var outcome: Outcome? {
        switch phase {
        case .over(let outcome): outcome
        case .pulling, .lookingForMarker, .lookingForVolume, .locking, .lookingAtLock, .breakingLock, .waiting,
            .filling, .unlocking:
            nil
        }
    }

    /// As a bind.
    var bind: Bytes {
        let mode: StaticString = sidecar.readWrite ? "" : ":ro"
        return name + Bytes(text: ":") + sidecar.mountPath + Bytes(text: mode)
    }

    private var asking: DockerAsking? {
        switch phase {
        case .lookingForMarker(let asking), .lookingForVolume(let asking), .lookingAtLock(let asking),
            .breakingLock(let asking):
            asking
        case .pulling, .locking, .waiting, .filling, .unlocking, .over: nil
        }
    }

    public var awaited: [EffectID] {
        var list = [source?.awaits, target?.awaits, own?.awaits, asking?.awaits]
        switch phase {
        case .pulling(let pull): list.append(pull.awaits)
        case .filling(let fill): list.append(fill.awaits)
        case .lookingForMarker, .lookingForVolume, .locking, .lookingAtLock, .breakingLock, .waiting, .unlocking,
            .over:
            break
        }
        return list.compactMap { $0 }
    }

    public var deadline: Instant? {
        var next = earlier(earlier(source?.deadline, target?.deadline), own?.deadline)
        next = earlier(next, asking?.deadline)
        switch phase {
        case .pulling(let pull): return earlier(next, pull.deadline)
        case .waiting(let until): return earlier(next, until)
        case .filling(let fill): return earlier(earlier(next, fill.deadline), fillBy)
        case .over, .unlocking: return next
        case .lookingForMarker, .lookingForVolume, .locking, .lookingAtLock, .breakingLock:
            return earlier(next, fillBy)
        }
    }

    // MARK: - Events

    /// False where the event is for somebody else.
    mutating func take(_ event: DockerEvent, _ turn: inout Turn) -> Bool {
        if takeForHoldings(event, &turn) { return true }
        switch phase {
        case .pulling(var pull):
            guard pull.take(event, key, &turn) else { return false }
            phase = .pulling(pull)
            pulled(pull, &turn)
        case .filling(var fill):
            guard fill.take(event, self, &turn) else { return false }
            phase = .filling(fill)
            advanceFill(fill, &turn)
        case .lookingForMarker, .lookingForVolume, .lookingAtLock, .breakingLock:
            guard var asking else { return false }
            switch asking.take(event, &turn) {
            case .notMine: return false
            case .goesOn: keep(asking)
            case .answered(let answer): heard(answer, &turn)
            }
        case .locking, .waiting, .unlocking, .over: return false
        }
        return true
    }

    mutating func tick(_ turn: inout Turn) {
        source?.tick(key, &turn)
        target?.tick(key, &turn)
        own?.tick(key, &turn)
        if let fillBy, fillBy <= turn.at, isInFill { return tooLong(&turn) }
        switch phase {
        case .pulling(var pull):
            pull.tick(&turn)
            phase = .pulling(pull)
        case .waiting(let until):
            if until <= turn.at { look(&turn) }
        case .filling(var fill):
            fill.tick(self, &turn)
            phase = .filling(fill)
        case .lookingForMarker, .lookingForVolume, .lookingAtLock, .breakingLock:
            guard var asking else { return }
            asking.tick(&turn)
            keep(asking)
        case .locking, .unlocking, .over: break
        }
        unlocked()
    }

    /// The task is being ended: what is under way is not waited for, and what was made is given back by its tidying.
    func abandon(_ turn: inout Turn) {
        asking?.abandon(&turn)
        switch phase {
        case .pulling(let pull): pull.abandon(&turn)
        case .filling(let fill): fill.abandon(&turn)
        case .lookingForMarker, .lookingForVolume, .locking, .lookingAtLock, .breakingLock, .waiting, .unlocking,
            .over:
            break
        }
    }

    /// What is the execution's and must be given back: the volume itself last.
    var holdings: [DockerHolding] { [target, source, own].compactMap { $0 } }

    // MARK: - The way

    private mutating func pulled(_ pull: ImagePull, _ turn: inout Turn) {
        switch pull.outcome {
        case nil: return
        case .failed(let problem): phase = .over(.failed(.image(problem)))
        case .ready(let facts):
            imageID = facts.id
            name = isShared ? DockerNames.sidecar(sidecar.image, facts) : ownName
            if isShared { look(&turn) } else { lock(&turn) }
        }
    }

    /// Whether it is filled already: also under the lock, since somebody may have finished before we got it.
    private mutating func look(_ turn: inout Turn) {
        phase = .lookingForMarker(DockerAsking(.inspectVolume(DockerNames.marker(of: name)), &turn))
    }

    private mutating func heard(_ answer: DockerEvent, _ turn: inout Turn) {
        switch (phase, answer) {
        case (.lookingForMarker, .volume(_, isLabelled: true)):
            phase = .lookingForVolume(DockerAsking(.inspectVolume(name), &turn))
        case (.lookingForVolume, .volume(_, isLabelled: true)):
            if source?.isHeld == true { unlock(&turn) } else { ready() }
        case (.lookingForMarker, .volume), (.lookingForVolume, .volume): mustFill(&turn)
        case (.lookingForMarker, .failed(_, let failure)) where failure.isNotFound: mustFill(&turn)
        case (.lookingForVolume, .failed(_, let failure)) where failure.isNotFound: mustFill(&turn)
        case (.lookingAtLock, .container(_, let found)): lookedAtLock(found, &turn)
        case (.lookingAtLock, .failed(_, let failure)) where failure.isNotFound: look(&turn)
        case (.breakingLock, .done): look(&turn)
        case (_, .failed(_, let failure)): fail(.volume(name, failure))
        case (.pulling, _), (.lookingForMarker, _), (.lookingForVolume, _), (.locking, _), (.lookingAtLock, _),
            (.breakingLock, _), (.waiting, _), (.filling, _), (.unlocking, _), (.over, _):
            fail(.volume(name, .unreadable(Detail("an answer to something else"))))
        }
    }

    private mutating func mustFill(_ turn: inout Turn) {
        if source?.isHeld == true { fill(&turn) } else { lock(&turn) }
    }

    private mutating func lock(_ turn: inout Turn) {
        let container = isShared ? DockerNames.source(of: name) : name + Bytes(text: "-source")
        var holding = DockerHolding(.container(container))
        let body = DockerBodies.helper(key, image: imageID, filling: nil, turn.settings)
        holding.ask(.createContainer(container, platform: nil, body: body), key, &turn)
        source = holding
        fillBy = turn.at.after(turn.timing.sidecarFill)
        phase = .locking
    }

    private mutating func lookedAtLock(_ found: DockerContainer, _ turn: inout Turn) {
        if seen?.id != found.id {
            if seen == nil { turn.log(.info, .docker(.fillAwaited(volume: name)), key) }
            seen = Lock(id: found.id, since: turn.at)
        }
        guard let seen, seen.since.after(turn.timing.sidecarLease) <= turn.at else {
            phase = .waiting(until: turn.at.after(turn.timing.sidecarPoll))
            return
        }
        turn.log(.warn, .docker(.fillLockBroken(volume: name)), key)
        self.seen = nil
        phase = .breakingLock(DockerAsking(.removeContainer(found.id), &turn))
    }

    private mutating func fill(_ turn: inout Turn) {
        turn.log(.info, .docker(.fillStarted(volume: name)), key)
        let fill = SidecarFill(self, &turn)
        phase = .filling(fill)
        advanceFill(fill, &turn)
    }

    private mutating func advanceFill(_ fill: SidecarFill, _ turn: inout Turn) {
        switch fill.stage {
        case .makingVolume where own == nil && !isShared:
            var holding = DockerHolding(.volume(name))
            let labels = DockerBodies.ownLabels(sidecar.image, key, turn.settings)
            holding.ask(.createVolume(name, labels: labels), key, &turn)
            own = holding
        case .makingTarget where target?.isGone ?? true:
            let container = isShared ? DockerNames.target(of: name) : name + Bytes(text: "-target")
            var holding = DockerHolding(.container(container))
            let labels =
                isShared
                ? DockerBodies.sharedLabels(sidecar.image, turn.settings)
                : DockerBodies.ownLabels(sidecar.image, key, turn.settings)
            let body = DockerBodies.helper(key, image: imageID, filling: (name, labels), turn.settings)
            holding.ask(.createContainer(container, platform: nil, body: body), key, &turn)
            target = holding
        case .done: unlock(&turn)
        case .failed(let problem): fail(problem)
        case .clearingTarget, .clearingMarker, .clearingVolume, .makingVolume, .makingTarget, .copying, .resting,
            .marking:
            break
        }
    }

    private mutating func unlock(_ turn: inout Turn) {
        target?.relinquish(key, &turn)
        source?.relinquish(key, &turn)
        phase = .unlocking
        unlocked()
    }

    private mutating func unlocked() {
        guard case .unlocking = phase, source?.isGone ?? true, target?.isGone ?? true else { return }
        ready()
    }

    /// What was needed on the way is nobody's business any more.
    private mutating func ready() {
        fillBy = nil
        seen = nil
        phase = .over(.ready)
    }

    private var isInFill: Bool {
        guard source?.isGone == false else { return false }
        switch phase {
        case .lookingForMarker, .lookingForVolume, .locking, .filling: return true
        case .pulling, .lookingAtLock, .breakingLock, .waiting, .unlocking, .over: return false
        }
    }

    private mutating func tooLong(_ turn: inout Turn) {
        abandon(&turn)
        fail(.fillingTooLong(sidecar.image, turn.timing.sidecarFill))
    }

    private mutating func fail(_ problem: SidecarProblem) {
        phase = .over(.failed(problem))
    }

    private mutating func keep(_ asking: DockerAsking) {
        switch phase {
        case .lookingForMarker: phase = .lookingForMarker(asking)
        case .lookingForVolume: phase = .lookingForVolume(asking)
        case .lookingAtLock: phase = .lookingAtLock(asking)
        case .breakingLock: phase = .breakingLock(asking)
        case .pulling, .locking, .waiting, .filling, .unlocking, .over: break
        }
    }

    // MARK: - Holdings

    private mutating func takeForHoldings(_ event: DockerEvent, _ turn: inout Turn) -> Bool {
        let heard = source?.take(event, key, &turn)
        switch heard {
        case nil, .notMine: break
        case let heard?:
            sourceHeard(heard, &turn)
            return true
        }
        let targetHeard = target?.take(event, key, &turn)
        switch targetHeard {
        case nil, .notMine: break
        case let heard?:
            madeOne(heard, &turn)
            return true
        }
        let ownHeard = own?.take(event, key, &turn)
        switch ownHeard {
        case nil, .notMine: break
        case let heard?:
            madeOne(heard, &turn)
            return true
        }
        return false
    }

    private mutating func sourceHeard(_ heard: DockerHolding.Heard, _ turn: inout Turn) {
        switch (phase, heard) {
        case (.locking, .held):
            if isShared { look(&turn) } else { fill(&turn) }
        case (.locking, .taken):
            source = nil
            fillBy = nil
            let lock = DockerAsking(.inspectContainer(DockerNames.source(of: name)), &turn)
            phase = .lookingAtLock(lock)
        case (.locking, .refused(let failure)): fail(.volume(name, failure))
        case (_, _): unlocked()
        }
    }

    private mutating func madeOne(_ heard: DockerHolding.Heard, _ turn: inout Turn) {
        guard case .filling(var fill) = phase else { return unlocked() }
        fill.made(heard, self, &turn)
        phase = .filling(fill)
        advanceFill(fill, &turn)
    }

    /// The hands broke their contract for one of its requests.
    mutating func broke(_ id: EffectID, _ turn: inout Turn) -> Bool {
        take(.failed(id, .unreadable(Detail("an internal error"))), &turn)
    }
}
