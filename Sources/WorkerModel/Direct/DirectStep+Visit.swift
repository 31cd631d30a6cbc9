// The hot description of the direct backend's step.

import Effects

extension DirectStep: Visited {
    public func visit(_ visitor: inout Visitor) {
        key.visit(&visitor)
        place.visit(&visitor)
        visitor.optional(stopping) { $0.tag($1.rawValue) }
        visitor.list(secrets)
        visitor.bytes(executable)
        visitor.optional(haunting)
        visitor.optional(rename)
        switch phase {
        case .makingGround(let plan, let attempt):
            visitor.tag(0)
            plan.visit(&visitor)
            visitor.number(attempt)
        case .makingEnvironmentFile(let plan):
            visitor.tag(1)
            plan.visit(&visitor)
        case .settingUp(let plan, let process):
            visitor.tag(2)
            plan.visit(&visitor)
            process.visit(&visitor)
        case .readingEnvironment(let plan, let id):
            visitor.tag(3)
            plan.visit(&visitor)
            visitor.id(id)
        case .running(let process):
            visitor.tag(4)
            process.visit(&visitor)
        case .interrupted(let process):
            visitor.tag(7)
            process.visit(&visitor)
        case .settingAside(let rename, let until, let judgement):
            visitor.tag(5)
            rename.visit(&visitor)
            visitor.instant(until)
            judgement.visit(&visitor)
        case .over(let judgement):
            visitor.tag(6)
            judgement.visit(&visitor)
        }
    }
}

extension DirectStep.PendingRename: Visited {
    public func visit(_ visitor: inout Visitor) {
        visitor.id(id)
        visitor.bytes(to)
        visitor.flag(isRepeated)
    }
}
