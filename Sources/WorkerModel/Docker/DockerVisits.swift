// The hot description of the Docker backend's machines that have none beside them.

import Effects

extension SidecarVolume: Visited {
    public func visit(_ visitor: inout Visitor) {
        sidecar.visit(&visitor)
        key.visit(&visitor)
        visitor.bytes(name)
        visitor.bytes(imageID)
        visitor.bytes(ownName)
        visitor.optional(source)
        visitor.optional(target)
        visitor.optional(own)
        visitor.optional(seen) {
            $0.bytes($1.id)
            $0.instant($1.since)
        }
        visitor.optional(fillBy) { $0.instant($1) }
        switch phase {
        case .pulling(let pull):
            visitor.tag(0)
            pull.visit(&visitor)
        case .lookingForMarker(let asking): visitor.asking(1, asking)
        case .lookingForVolume(let asking): visitor.asking(2, asking)
        case .locking: visitor.tag(3)
        case .lookingAtLock(let asking): visitor.asking(4, asking)
        case .breakingLock(let asking): visitor.asking(5, asking)
        case .waiting(let until):
            visitor.tag(6)
            visitor.instant(until)
        case .filling(let fill):
            visitor.tag(7)
            fill.visit(&visitor)
        case .unlocking: visitor.tag(8)
        case .over(.ready): visitor.tag(9)
        case .over(.failed(let problem)):
            visitor.tag(10)
            problem.visit(&visitor)
        }
    }
}

extension SidecarFill: Visited {
    public func visit(_ visitor: inout Visitor) {
        visitor.number(copies)
        switch stage {
        case .clearingTarget(let asking): visitor.asking(0, asking)
        case .clearingMarker(let asking): visitor.asking(1, asking)
        case .clearingVolume(let asking): visitor.asking(2, asking)
        case .makingVolume(let asking):
            visitor.tag(3)
            visitor.optional(asking)
        case .makingTarget: visitor.tag(4)
        case .copying(let id):
            visitor.tag(5)
            visitor.id(id)
        case .resting(let until):
            visitor.tag(6)
            visitor.instant(until)
        case .marking(let asking): visitor.asking(7, asking)
        case .done: visitor.tag(8)
        case .failed(let problem):
            visitor.tag(9)
            problem.visit(&visitor)
        }
    }
}

extension Contained: Visited {
    public func visit(_ visitor: inout Visitor) {
        visitor.bytes(name)
        visitor.optional(startFailure)
        switch watch {
        case .none: visitor.tag(0)
        case .waiting(let id):
            visitor.tag(1)
            visitor.id(id)
        case .looking(let asking, let code):
            visitor.asking(2, asking)
            visitor.optional(code) { $0.number(Int($1)) }
        }
        switch phase {
        case .starting(let asking, let unseenAt):
            visitor.asking(0, asking)
            visitor.optional(unseenAt) { $0.instant($1) }
        case .alive: visitor.tag(1)
        case .terminating(let asking, let at): visitor.order(2, asking, at)
        case .killing(let asking, let at): visitor.order(3, asking, at)
        case .haunting(let asking, let at): visitor.order(4, asking, at)
        case .over(.ended(let code, let outOfMemory)):
            visitor.tag(5)
            visitor.number(Int(code))
            visitor.flag(outOfMemory)
        case .over(.notStarted(let failure)):
            visitor.tag(6)
            failure.visit(&visitor)
        case .over(.vanished): visitor.tag(7)
        }
    }
}

extension Visitor {
    fileprivate mutating func asking(_ kind: UInt8, _ asking: DockerAsking) {
        tag(kind)
        asking.visit(&self)
    }

    fileprivate mutating func order(_ kind: UInt8, _ asking: DockerAsking?, _ at: Instant) {
        tag(kind)
        optional(asking)
        instant(at)
    }
}
