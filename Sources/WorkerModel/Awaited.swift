// What each machine waits for, told for the invariants: the ids of requests in flight.

import Effects

extension Connection {
    /// The dial whose final event is due.
    public var awaited: EffectID? {
        switch phase {
        case .dialling(let id, _), .closing(let id, _): id
        case .open(let open): open.id
        case .idle, .waiting, .shut: nil
        }
    }
}

extension Task {
    public var waitsForClaim: Bool {
        switch phase {
        case .claimed(_, let written): !written
        case .running, .reported, .gone: false
        }
    }

    /// A cancellation that arrives now decides its verdict.
    public var canBeCancelled: Bool {
        switch phase {
        case .claimed: true
        case .running(.direct(let step), _):
            switch step.phase {
            case .settingAside, .over: false
            case .makingGround, .makingEnvironmentFile, .settingUp, .readingEnvironment, .running, .interrupted:
                step.stopping == nil
            }
        case .running(.command(let step), _):
            switch step.phase {
            case .dispatching: true
            case .breakingOff, .recalling, .over: false
            }
        case .running(.docker(let step), _): step.judgement == nil && step.stopping == nil
        case .reported, .gone: false
        }
    }

    /// Reported although a process of it was not seen dead.
    public var isHaunting: Bool {
        switch phase {
        case .reported(let tidying): tidying.isHaunting
        case .claimed, .running, .gone: false
        }
    }

    public var awaited: [EffectID] {
        switch phase {
        case .claimed, .gone: []
        case .running(.direct(let step), _): step.awaited
        case .running(.command(let step), _): step.awaited
        case .running(.docker(let step), _): step.awaited
        case .reported(.direct(let tidying)): tidying.awaited
        case .reported(.docker(let tidying)): tidying.awaited
        case .reported(.command(let tidying)):
            [tidying.haunted?.id, tidying.recall?.process?.id].compactMap { $0 }
        }
    }
}

extension DirectStep {
    var awaited: [EffectID] {
        switch phase {
        case .makingGround: [place.base.awaits].compactMap { $0 }
        case .makingEnvironmentFile: [place.environmentFile?.awaits].compactMap { $0 }
        case .settingUp(_, let process), .running(let process), .interrupted(let process): [process.id]
        case .readingEnvironment(_, let id): [id]
        case .settingAside(let rename, _, _): [rename.id]
        case .over: []
        }
    }
}

extension DirectTidying {
    var awaited: [EffectID] {
        switch phase {
        case .haunted(let process), .tearingDown(let process, _): [process.id]
        case .settling(let rename): [rename?.id, place.base.awaits, place.environmentFile?.awaits].compactMap { $0 }
        case .releasing: [place.base.awaits, place.environmentFile?.awaits].compactMap { $0 }
        }
    }
}

extension CommandStep {
    var awaited: [EffectID] {
        switch phase {
        case .dispatching(let process, _, _), .breakingOff(let process, _): [process.id]
        case .recalling(let recall, _): [recall.process?.id].compactMap { $0 }
        case .over: []
        }
    }
}
