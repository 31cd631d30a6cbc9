// One execution in a container, from its start until its verdict.
//
//   pulling   -> preparing | creating | over      (the task's image)
//   preparing -> preparing | creating | over      (its sidecars, one after the other)
//   creating  -> verifying | running | over
//   verifying -> verifying | running | over       (nobody took a filled volume away before the container had it)
//   running   -> over
//   over
//
// Being stopped is orthogonal: it says what the end will mean. Before the container was to start nothing can run, so
// the end comes at once, and what is on its way is given back by `DockerTidying`. Afterwards it comes by the ladder.

import Codecs
import Effects

public struct DockerStep: Hashable, Codable, Sendable {
    public enum Phase: Hashable, Codable, Sendable {
        case pulling(ImagePull)
        case preparing(SidecarVolume, index: Int)
        case creating
        case verifying(DockerAsking, index: Int)
        case running(Contained)
        case over(Judgement)
    }

    public let key: ExecutionKey
    public private(set) var phase: Phase
    public private(set) var stopping: StopCause?
    public private(set) var container: DockerHolding
    /// Those that are ready, in the order of the plan.
    public private(set) var sidecars: [SidecarVolume] = []
    /// Its output, where that is followed.
    public private(set) var follow = OutputFollow()
    /// Set where the container was not seen ended in time.
    public private(set) var haunting: Contained?
    /// What else an earlier life left of it.
    private let inherited: [DockerHolding]
    private let adoption: Adoption
    /// Where it has not got far enough to be needed no more.
    private var plan: TaskPlan?
    let secrets: SecretRange
    private let platform: Bytes
    private let chance: UInt64

    init(_ key: ExecutionKey, _ plan: TaskPlan, platform: Bytes, _ turn: inout Turn) {
        self.key = key
        self.platform = platform
        inherited = []
        adoption = .none
        secrets = plan.secrets
        chance = turn.draw()
        container = DockerHolding(.container(DockerNames.container(key, chance: chance)))
        self.plan = plan
        if let problem = plan.sidecars.problem {
            phase = .over(Judgement(.failed(.sidecarPrep(problem))))
            return
        }
        if plan.image.isMissing { turn.log(.warn, .imageMissing(fallback: plan.image.name), key) }
        phase = .pulling(
            ImagePull(plan.image.name, platform: platform, alsoAnonymously: false, key, &turn))
    }

    /// Of an earlier life, and not gone on with yet.
    init(
        _ key: ExecutionKey, _ own: Inheritance.Run.Belonging?, others: [Inheritance.Run.Belonging],
        stopping: StopCause?
    ) {
        self.key = key
        platform = []
        chance = 0
        secrets = .none
        container = DockerHolding(inherited: own)
        inherited = others.map { DockerHolding(inherited: $0) }
        adoption = own?.stage == .acquired ? .made : .asked
        self.stopping = stopping
        phase = .over(Judgement(.failed(.internal(.interrupted))))
    }

    public var judgement: Judgement? {
        switch phase {
        case .over(let judgement): judgement
        case .pulling, .preparing, .creating, .verifying, .running: nil
        }
    }

    public var awaited: [EffectID] {
        switch phase {
        case .pulling(let pull): [pull.awaits].compactMap { $0 }
        case .preparing(let sidecar, _): sidecar.awaited
        case .creating: [container.awaits].compactMap { $0 }
        case .verifying(let asking, _): [asking.awaits].compactMap { $0 }
        case .running(let contained): contained.awaited + [follow.awaits].compactMap { $0 }
        case .over: []
        }
    }

    public var deadline: Instant? {
        switch phase {
        case .pulling(let pull): pull.deadline
        case .preparing(let sidecar, _): sidecar.deadline
        case .creating: container.deadline
        case .verifying(let asking, _): asking.deadline
        case .running(let contained): contained.deadline
        case .over: nil
        }
    }

    /// All that may have to be given back. Sidecars come last, since the container holds their volumes.
    var holdings: [DockerHolding] {
        var list = [container]
        if case .preparing(let sidecar, _) = phase { list += sidecar.holdings }
        return list + (unfinished?.holdings ?? []) + sidecars.flatMap(\.holdings) + inherited
    }

    /// The sidecar that was being prepared when the end came.
    private var unfinished: SidecarVolume?

    // MARK: - Events

    mutating func stop(_ cause: StopCause, _ turn: inout Turn) {
        guard stopping == nil, judgement == nil else { return }
        stopping = cause
        turn.note(.ending(stopped(by: cause, turn)))
        turn.log(.info, .taskStopping(cause), key)
        switch phase {
        case .pulling(let pull):
            pull.abandon(&turn)
            conclude(Judgement(stopped(by: cause, turn)))
        case .preparing(let sidecar, _):
            sidecar.abandon(&turn)
            conclude(Judgement(stopped(by: cause, turn)))
        case .verifying(let asking, _):
            asking.abandon(&turn)
            conclude(Judgement(stopped(by: cause, turn)))
        case .creating: conclude(Judgement(stopped(by: cause, turn)))
        case .running(var contained):
            contained.terminate(&turn)
            phase = .running(contained)
        case .over: break
        }
    }

    mutating func take(_ event: DockerEvent, _ docker: DockerSettings, _ turn: inout Turn) {
        if follow.take(event, key, &turn) { return }
        switch phase {
        case .pulling(var pull):
            guard pull.take(event, key, &turn) else { return turn.late() }
            phase = .pulling(pull)
            pulled(pull, docker, &turn)
        case .preparing(var sidecar, let index):
            guard sidecar.take(event, &turn) else { return turn.late() }
            phase = .preparing(sidecar, index: index)
            prepared(sidecar, index, docker, &turn)
        case .creating: created(container.take(event, key, &turn), &turn)
        case .verifying(var asking, let index):
            switch asking.take(event, &turn) {
            case .notMine: return turn.late()
            case .goesOn: phase = .verifying(asking, index: index)
            case .answered(let answer): verified(answer, index, &turn)
            }
        case .running(var contained):
            guard contained.take(event, key, &turn) else { return turn.late() }
            phase = .running(contained)
            // What an earlier life gave a container as secrets is not known any more, so nothing could be masked.
            if docker.followsOutput, contained.isWaitedFor, !isInherited {
                follow.begin(contained.name, key, secrets, &turn)
            }
            advance(contained, &turn)
        case .over: turn.late()
        }
    }

    mutating func tick(_ docker: DockerSettings, _ turn: inout Turn) {
        guard let deadline, deadline <= turn.at else { return }
        switch phase {
        case .pulling(var pull):
            pull.tick(&turn)
            phase = .pulling(pull)
        case .preparing(var sidecar, let index):
            sidecar.tick(&turn)
            phase = .preparing(sidecar, index: index)
            prepared(sidecar, index, docker, &turn)
        case .creating: container.tick(key, &turn)
        case .verifying(var asking, let index):
            asking.tick(&turn)
            phase = .verifying(asking, index: index)
        case .running(var contained):
            contained.tick(key, &turn)
            phase = .running(contained)
            advance(contained, &turn)
        case .over: break
        }
    }

    /// The hands broke their contract for one of our requests.
    mutating func broke(_ id: EffectID, _ turn: inout Turn) {
        if follow.take(.failed(id, .unreadable(Detail("an internal error"))), key, &turn) { return }
        switch phase {
        case .running(var contained):
            guard contained.broke(id, key, &turn) else { return turn.late() }
            phase = .running(contained)
            advance(contained, &turn)
        case .creating:
            guard container.broke(id, key, &turn) != .notMine else { return turn.late() }
            conclude(Judgement(.failed(.internal(.contractBroken))))
        case .preparing(var sidecar, let index):
            guard sidecar.broke(id, &turn) else { return turn.late() }
            phase = .preparing(sidecar, index: index)
            conclude(Judgement(.failed(.internal(.contractBroken))))
        case .pulling, .verifying:
            guard awaited.contains(id) else { return turn.late() }
            conclude(Judgement(.failed(.internal(.contractBroken))))
        case .over: turn.late()
        }
    }

    // MARK: - On the way

    private mutating func pulled(_ pull: ImagePull, _ docker: DockerSettings, _ turn: inout Turn) {
        switch pull.outcome {
        case nil: return
        case .failed(let problem): conclude(Judgement(.failed(.imagePull(problem))))
        case .ready: prepare(0, docker, &turn)
        }
    }

    private mutating func prepare(_ index: Int, _ docker: DockerSettings, _ turn: inout Turn) {
        guard let plan, plan.sidecars.indices.contains(index) else { return create(docker, &turn) }
        let own = DockerNames.volume(key, index, chance: chance)
        let sidecar = SidecarVolume(plan.sidecars[index], ownName: own, platform: platform, key, &turn)
        phase = .preparing(sidecar, index: index)
    }

    private mutating func prepared(
        _ sidecar: SidecarVolume, _ index: Int, _ docker: DockerSettings, _ turn: inout Turn
    ) {
        switch sidecar.outcome {
        case nil: return
        case .failed(let problem): conclude(Judgement(.failed(.sidecarPrep(problem))))
        case .ready:
            if sidecar.isShared { turn.use(sidecar.name) }
            sidecars.append(sidecar)
            prepare(index &+ 1, docker, &turn)
        }
    }

    private mutating func create(_ docker: DockerSettings, _ turn: inout Turn) {
        guard let plan else { return }
        let body = DockerBodies.task(key, plan, sidecars: sidecars.map(\.bind), docker, turn.settings)
        container.ask(.createContainer(container.name, platform: platform, body: body), key, &turn)
        self.plan = nil
        phase = .creating
    }

    private mutating func created(_ heard: DockerHolding.Heard, _ turn: inout Turn) {
        switch heard {
        case .notMine: turn.late()
        case .goesOn, .gone: break
        case .held: verify(0, &turn)
        case .refused(let failure): conclude(Judgement(.failed(.containerCreate(failure))))
        case .taken:
            let failure = DockerFailure.refused(status: 409, Detail("its name is taken"))
            conclude(Judgement(.failed(.containerCreate(failure))))
        }
    }

    /// The container holds its volumes now, so what is there stays. Where one was taken away before, Docker has made
    /// an empty one in its place, which nobody labelled.
    private mutating func verify(_ from: Int, _ turn: inout Turn) {
        guard let index = sidecars.indices.first(where: { $0 >= from && sidecars[$0].isShared }) else {
            turn.log(.debug, .docker(.containerStarted(container.name)), key)
            phase = .running(Contained(container.name, &turn))
            return
        }
        phase = .verifying(DockerAsking(.inspectVolume(sidecars[index].name), &turn), index: index)
    }

    private mutating func verified(_ answer: DockerEvent, _ index: Int, _ turn: inout Turn) {
        switch answer {
        case .volume(_, isLabelled: true): verify(index &+ 1, &turn)
        case .failed(_, let failure) where !failure.isNotFound:
            conclude(Judgement(.failed(.sidecarPrep(.volume(sidecars[index].name, failure)))))
        case .failed, .volume, .done, .exists, .reached, .image, .container, .ended, .listed:
            conclude(Judgement(.failed(.sidecarPrep(.vanished(sidecars[index].name)))))
        }
    }

    // MARK: - The end

    private mutating func advance(_ contained: Contained, _ turn: inout Turn) {
        if contained.isHaunting {
            haunting = contained
            let verdict = stopping.map { stopped(by: $0, turn) } ?? .failed(.containerWait)
            return conclude(Judgement(verdict, confirmed: false))
        }
        guard let outcome = contained.outcome else { return }
        conclude(judge(outcome, turn))
    }

    private func judge(_ outcome: Contained.Outcome, _ turn: Turn) -> Judgement {
        switch outcome {
        case .ended(let code, let outOfMemory):
            if let stopping { return Judgement(stopped(by: stopping, turn), exitCode: code) }
            if outOfMemory, code != 0 { return Judgement(.failed(.containerOOM(code)), exitCode: code) }
            return code == 0 ? Judgement(.completed) : Judgement(.failed(.containerExit(code)), exitCode: code)
        case .notStarted(let failure): return Judgement(failed(.containerStart(failure), adoption == .none, turn))
        case .vanished: return Judgement(failed(.containerWait, adoption != .asked, turn))
        }
    }

    /// What an earlier life did not come to is nobody's failure.
    private func failed(_ failure: Failure, _ isKnown: Bool, _ turn: Turn) -> Verdict {
        stopping.map { stopped(by: $0, turn) } ?? .failed(isKnown ? failure : .internal(.interrupted))
    }

    private func stopped(by cause: StopCause, _ turn: Turn) -> Verdict {
        switch cause {
        case .cancellation: .cancelled
        case .workerStop: .failed(.gracefulShutdown)
        case .timeout: .failed(.taskTimeout(turn.settings.taskTimeout ?? .zero))
        case .interruption: .failed(.internal(.interrupted))
        }
    }

    // MARK: - Of an earlier life

    enum Adoption: UInt8, Hashable, Codable, Sendable {
        case none
        /// Its container was asked for, or was known to be there.
        case asked, made
    }

    var isInherited: Bool { adoption != .none }

    /// Watched on, and asked once more to end where it was to end.
    mutating func goOn(_ contained: Contained, _ turn: inout Turn) {
        var contained = contained
        if stopping != nil { contained.terminate(&turn) }
        phase = .running(contained)
    }

    /// Nothing can be done for it, now and by this life.
    mutating func leave(_ judgement: Judgement) { phase = .over(judgement) }

    private mutating func conclude(_ judgement: Judgement) {
        if case .preparing(let sidecar, _) = phase { unfinished = sidecar }
        plan = nil
        phase = .over(judgement)
    }
}

extension DockerStep: Visited {
    public func visit(_ visitor: inout Visitor) {
        key.visit(&visitor)
        container.visit(&visitor)
        visitor.list(sidecars)
        visitor.optional(unfinished)
        follow.visit(&visitor)
        visitor.optional(haunting)
        visitor.list(inherited)
        visitor.tag(adoption.rawValue)
        visitor.optional(plan)
        visitor.optional(stopping) { $0.tag($1.rawValue) }
        secrets.visit(&visitor)
        visitor.bytes(platform)
        visitor.word(chance)
        switch phase {
        case .pulling(let pull):
            visitor.tag(0)
            pull.visit(&visitor)
        case .preparing(let sidecar, let index):
            visitor.tag(1)
            sidecar.visit(&visitor)
            visitor.number(index)
        case .creating: visitor.tag(2)
        case .verifying(let asking, let index):
            visitor.tag(3)
            asking.visit(&visitor)
            visitor.number(index)
        case .running(let contained):
            visitor.tag(4)
            contained.visit(&visitor)
        case .over(let judgement):
            visitor.tag(5)
            judgement.visit(&visitor)
        }
    }
}
