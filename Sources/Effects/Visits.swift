// The hot description of the vocabulary's values that machines keep in their state.

import Codecs

extension ProcessEnd: Visited {
    public func visit(_ visitor: inout Visitor) {
        switch self {
        case .exit(let status):
            visitor.tag(0)
            visitor.number(Int(status))
        case .signal(let number):
            visitor.tag(1)
            visitor.number(Int(number))
        case .unseen: visitor.tag(2)
        }
    }
}

extension StartFailure: Visited {
    public func visit(_ visitor: inout Visitor) {
        switch self {
        case .exec(let errno):
            visitor.tag(0)
            visitor.number(Int(errno))
        case .directory(let errno):
            visitor.tag(1)
            visitor.number(Int(errno))
        case .host(let errno):
            visitor.tag(2)
            visitor.number(Int(errno))
        case .tooLarge: visitor.tag(3)
        }
    }
}

extension FileFailure: Visited {
    public func visit(_ visitor: inout Visitor) {
        switch self {
        case .system(let errno):
            visitor.tag(0)
            visitor.number(Int(errno))
        case .notADirectory: visitor.tag(1)
        case .notExecutable: visitor.tag(2)
        case .notFound: visitor.tag(3)
        case .tooLarge: visitor.tag(4)
        }
    }
}

extension ExecutionKey: Visited {
    public func visit(_ visitor: inout Visitor) {
        visitor.bytes(task.bytes)
        visitor.optional(execution) { $0.bytes($1.bytes) }
    }
}

extension SecretRange: Visited {
    public func visit(_ visitor: inout Visitor) {
        visitor.word(first)
        visitor.word(count)
    }
}

extension Text: Visited {
    public func visit(_ visitor: inout Visitor) {
        switch self {
        case .literal(let bytes):
            visitor.tag(0)
            visitor.bytes(bytes)
        case .secret(let ref):
            visitor.tag(1)
            visitor.word(ref.number)
        case .joined(let parts):
            visitor.tag(2)
            visitor.list(parts)
        }
    }
}

extension EnvironmentVariable: Visited {
    public func visit(_ visitor: inout Visitor) {
        visitor.bytes(name)
        value.visit(&visitor)
    }
}

extension Verdict: Visited {
    public func visit(_ visitor: inout Visitor) {
        switch self {
        case .completed: visitor.tag(0)
        case .cancelled: visitor.tag(1)
        case .failed(let failure):
            visitor.tag(2)
            failure.visit(&visitor)
        case .dispatched: visitor.tag(3)
        }
    }
}

extension Failure: Visited {
    public func visit(_ visitor: inout Visitor) {
        switch self {
        case .internal(let cause):
            visitor.tag(0)
            visitor.tag(cause.rawValue)
        case .taskTimeout(let span):
            visitor.tag(1)
            visitor.span(span)
        case .gracefulShutdown: visitor.tag(2)
        case .workspaceSetup(let problem):
            visitor.tag(3)
            problem.visit(&visitor)
        case .setupCommand(let problem):
            visitor.tag(4)
            problem.visit(&visitor)
        case .agentInvocation(let problem):
            visitor.tag(5)
            problem.visit(&visitor)
        case .dispatchCommand(let problem):
            visitor.tag(6)
            problem.visit(&visitor)
        case .dispatchTimeout(let span):
            visitor.tag(7)
            visitor.span(span)
        case .imagePull(let problem):
            visitor.tag(8)
            problem.visit(&visitor)
        case .sidecarPrep(let problem):
            visitor.tag(9)
            problem.visit(&visitor)
        case .containerCreate(let failure):
            visitor.tag(10)
            failure.visit(&visitor)
        case .containerStart(let failure):
            visitor.tag(11)
            failure.visit(&visitor)
        case .containerWait: visitor.tag(12)
        case .containerExit(let code):
            visitor.tag(13)
            visitor.number(Int(code))
        case .containerOOM(let code):
            visitor.tag(14)
            visitor.number(Int(code))
        }
    }
}

extension WorkspaceProblem: Visited {
    public func visit(_ visitor: inout Visitor) {
        switch self {
        case .unusableTaskID: visitor.tag(0)
        case .workspace(let failure):
            visitor.tag(1)
            failure.visit(&visitor)
        case .environmentFile(let failure):
            visitor.tag(2)
            failure.visit(&visitor)
        case .noFreeName: visitor.tag(3)
        }
    }
}

extension CommandProblem: Visited {
    public func visit(_ visitor: inout Visitor) {
        switch self {
        case .startFailed(let failure):
            visitor.tag(0)
            failure.visit(&visitor)
        case .ended(let end):
            visitor.tag(1)
            end.visit(&visitor)
        case .tookTooLong(let span):
            visitor.tag(2)
            visitor.span(span)
        case .leftUnkillable: visitor.tag(3)
        }
    }
}

extension InstanceShape: Visited {
    public func visit(_ visitor: inout Visitor) {
        visitor.optional(vcpus) { $0.number($1) }
        visitor.optional(memoryGiB) { $0.number($1) }
    }
}

extension Sidecar: Visited {
    public func visit(_ visitor: inout Visitor) {
        visitor.bytes(image)
        visitor.bytes(mountPath)
        visitor.flag(readWrite)
    }
}

extension OutgoingMessage: Visited {
    public func visit(_ visitor: inout Visitor) {
        switch self {
        case .claimed(let task, let worker):
            visitor.tag(0)
            visitor.bytes(task.bytes)
            visitor.bytes(worker)
        case .completed(let key, let confirmed):
            visitor.tag(1)
            key.visit(&visitor)
            visitor.flag(confirmed)
        case .cancelled(let key, let confirmed):
            visitor.tag(2)
            key.visit(&visitor)
            visitor.flag(confirmed)
        case .failed(let key, let failure, let code, let confirmed):
            visitor.tag(3)
            key.visit(&visitor)
            failure.visit(&visitor)
            visitor.optional(code) { $0.number(Int($1)) }
            visitor.flag(confirmed)
        case .rejected(let task, let rejection):
            visitor.tag(4)
            visitor.bytes(task.bytes)
            rejection.visit(&visitor)
        }
    }
}

extension Rejection: Visited {
    public func visit(_ visitor: inout Visitor) {
        switch self {
        case .unreadable(let problem):
            visitor.tag(0)
            problem.visit(&visitor)
        case .lifecycleHooksRequired: visitor.tag(1)
        case .shuttingDown: visitor.tag(2)
        case .atCapacity: visitor.tag(3)
        }
    }
}

extension WireProblem: Visited {
    public func visit(_ visitor: inout Visitor) {
        visitor.bytes(path)
        visitor.number(offset)
        visitor.number(kind.hashTag)
    }
}

extension WireProblem.Kind {
    fileprivate var hashTag: Int {
        switch self {
        case .notJSON: 0
        case .missing: 1
        case .expectedObject: 2
        case .expectedText: 3
        case .expectedList: 4
        case .expectedMap: 5
        case .expectedNumber: 6
        case .expectedFlag: 7
        case .empty: 8
        case .tooMany: 9
        }
    }
}
