// The hot description of what the core says and counts.

import Codecs

extension LogRecord: Visited {
    public func visit(_ visitor: inout Visitor) {
        visitor.tag(level.rawValue)
        visitor.optional(key)
        saying.visit(&visitor)
    }
}

extension Saying: Visited {
    public func visit(_ visitor: inout Visitor) {
        visitor.tag(mark)
        switch self {
        case .backendUnusable(let problem): problem.visit(&visitor)
        case .dialling(let count), .connectionShortLived(let count), .resending(let count), .draining(let count),
            .stopping(let count):
            visitor.number(count)
        case .dialFailed(let failure, let retryIn):
            failure.visit(&visitor)
            visitor.span(retryIn)
        case .keyRefused(let status, let retryIn):
            visitor.number(status)
            visitor.span(retryIn)
        case .connectionLost(let end, let heldFor, let retryIn):
            end.visit(&visitor)
            visitor.span(heldFor)
            visitor.span(retryIn)
        case .messageUnreadable(let problem): problem.visit(&visitor)
        case .messageTypeUnknown(let type): visitor.bytes(type)
        case .taskRejected(let rejection): rejection.visit(&visitor)
        case .workspaceMade(let path), .workspaceKept(let path): visitor.bytes(path)
        case .environmentMalformed(let lines):
            visitor.number(lines.count)
            for line in lines { visitor.number(line) }
        case .environmentTruncated(let omitted): visitor.number(omitted)
        case .inherited(let tasks, let unheard):
            visitor.number(tasks)
            visitor.number(unheard)
        case .taskAdopted(let role): visitor.tag(role.rawValue)
        case .journalFailed(let errno): visitor.number(Int(errno))
        case .taskStopping(let cause): visitor.tag(cause.rawValue)
        case .taskFailed(let failure, let exitCode):
            failure.visit(&visitor)
            visitor.optional(exitCode) { $0.number(Int($1)) }
        case .imageMissing(let fallback): visitor.bytes(fallback)
        case .dispatch(let saying): saying.visit(&visitor)
        case .docker(let saying): saying.visit(&visitor)
        case .teardownFailed(let problem): problem.visit(&visitor)
        case .removalFailed(let path, let failure, let givenUp):
            visitor.bytes(path)
            failure.visit(&visitor)
            visitor.flag(givenUp)
        case .stopIncomplete(let unheard, let unfinished):
            visitor.number(unheard)
            visitor.number(unfinished)
        case .starting, .shapesDoNotApply, .listening, .connectionSilent, .connectionClosed, .courtesyDropped,
            .taskAssigned, .taskClaimed, .taskWaiting, .claimRepeated, .finalWordRepeated, .claimNotWritten,
            .finalWordWithdrawn, .setupStarted, .agentStarted, .cancellationRequested, .cancellationUnknown,
            .taskKilled, .taskCompleted, .taskCancelled, .deathUnconfirmed, .deathConfirmed, .teardownTimedOut,
            .finalWordHeard, .stopForced, .stopped, .contractBroken, .journalRestored:
            break
        }
    }

    /// Tells the sayings apart in a digest. The stable names would do, and cost more.
    private var mark: UInt8 {
        switch self {
        case .starting: 0
        case .backendUnusable: 1
        case .shapesDoNotApply: 2
        case .dialling: 3
        case .listening: 4
        case .dialFailed: 5
        case .keyRefused: 6
        case .connectionLost: 7
        case .connectionSilent: 8
        case .connectionShortLived: 9
        case .connectionClosed: 10
        case .resending: 11
        case .messageUnreadable: 12
        case .messageTypeUnknown: 13
        case .courtesyDropped: 14
        case .taskAssigned: 15
        case .taskClaimed: 16
        case .taskWaiting: 17
        case .taskRejected: 18
        case .claimRepeated: 19
        case .finalWordRepeated: 20
        case .claimNotWritten: 21
        case .finalWordWithdrawn: 22
        case .workspaceMade: 23
        case .setupStarted: 24
        case .agentStarted: 25
        case .environmentMalformed: 26
        case .cancellationRequested: 27
        case .cancellationUnknown: 28
        case .taskStopping: 29
        case .taskKilled: 30
        case .taskCompleted: 31
        case .taskCancelled: 32
        case .taskFailed: 33
        case .deathUnconfirmed: 34
        case .deathConfirmed: 35
        case .teardownFailed: 36
        case .teardownTimedOut: 37
        case .removalFailed: 38
        case .workspaceKept: 39
        case .finalWordHeard: 40
        case .draining: 41
        case .stopping: 42
        case .stopForced: 43
        case .stopIncomplete: 44
        case .stopped: 45
        case .contractBroken: 46
        case .environmentTruncated: 47
        case .imageMissing: 48
        case .dispatch: 49
        case .docker: 50
        case .inherited: 51
        case .taskAdopted: 52
        case .journalFailed: 53
        case .journalRestored: 54
        }
    }
}

extension DispatchSaying: Visited {
    public func visit(_ visitor: inout Visitor) {
        switch self {
        case .started: visitor.tag(0)
        case .hurried(let span):
            visitor.tag(1)
            visitor.span(span)
        case .brokenOff(let failure):
            visitor.tag(2)
            failure.visit(&visitor)
        case .handedOver: visitor.tag(3)
        case .handedOverAlready: visitor.tag(4)
        case .cancelStarted(let attempt):
            visitor.tag(5)
            visitor.number(attempt)
        case .cancelDone: visitor.tag(6)
        case .cancelFailed(let problem, let attempt, let givenUp):
            visitor.tag(7)
            problem.visit(&visitor)
            visitor.number(attempt)
            visitor.flag(givenUp)
        case .cancelUnderWay: visitor.tag(8)
        case .cancelMissing: visitor.tag(9)
        }
    }
}

extension BackendProblem: Visited {
    public func visit(_ visitor: inout Visitor) {
        switch self {
        case .agentMissing(let path, let failure):
            visitor.tag(0)
            visitor.optional(path) { $0.bytes($1) }
            failure.visit(&visitor)
        case .targetDirectory(let path, let failure):
            visitor.tag(1)
            visitor.bytes(path)
            failure.visit(&visitor)
        case .workspaceRoot(let path, let failure):
            visitor.tag(2)
            visitor.bytes(path)
            failure.visit(&visitor)
        case .dockerUnreachable(let failure):
            visitor.tag(3)
            failure.visit(&visitor)
        case .dockerTooOld(let version):
            visitor.tag(4)
            visitor.bytes(version)
        case .dockerPlatform(let platform):
            visitor.tag(5)
            visitor.bytes(platform)
        }
    }
}

extension DialFailure: Visited {
    public func visit(_ visitor: inout Visitor) {
        switch self {
        case .name(let detail): visitor.detail(0, detail)
        case .proxy(let detail): visitor.detail(1, detail)
        case .connect(let detail): visitor.detail(2, detail)
        case .tls(let detail): visitor.detail(3, detail)
        case .timedOut: visitor.tag(4)
        case .status(let status, let retryAfter):
            visitor.tag(5)
            visitor.number(status)
            visitor.optional(retryAfter) { $0.span($1) }
        case .handshake(let detail): visitor.detail(6, detail)
        case .key(let detail): visitor.detail(7, detail)
        case .abandoned: visitor.tag(8)
        }
    }
}

extension ConnectionEnd: Visited {
    public func visit(_ visitor: inout Visitor) {
        switch self {
        case .closedByPeer(let code):
            visitor.tag(0)
            visitor.optional(code) { $0.number(Int($1)) }
        case .closedByUs: visitor.tag(1)
        case .lost(let detail): visitor.detail(2, detail)
        case .violation(let code, let detail):
            visitor.detail(3, detail)
            visitor.number(Int(code))
        case .abandoned: visitor.tag(4)
        }
    }
}

extension Visitor {
    fileprivate mutating func detail(_ kind: UInt8, _ detail: Detail) {
        tag(kind)
        bytes(detail.bytes)
    }
}

extension Measure: Visited {
    public func visit(_ visitor: inout Visitor) {
        switch self {
        case .taskClaimed: visitor.tag(0)
        case .taskRejected(let label):
            visitor.tag(1)
            visitor.tag(label.rawValue)
        case .taskEnded(let label, let reason, let after):
            visitor.tag(2)
            visitor.tag(label.rawValue)
            visitor.optional(reason)
            visitor.span(after)
        case .cleanupFailed(let reason):
            visitor.tag(3)
            reason.visit(&visitor)
        case .reconnect(let dialFailed):
            visitor.tag(4)
            visitor.flag(dialFailed)
        case .connected(let connected):
            visitor.tag(5)
            visitor.flag(connected)
        case .lateCompletion: visitor.tag(6)
        case .contractBroken: visitor.tag(7)
        }
    }
}

extension FailureReason: Visited {
    public func visit(_ visitor: inout Visitor) {
        switch self {
        case .unknown: visitor.tag(0)
        case .taskTimeout: visitor.tag(1)
        case .taskCancelled: visitor.tag(2)
        case .gracefulShutdown: visitor.tag(3)
        case .workspaceSetup: visitor.tag(4)
        case .setupCommand: visitor.tag(5)
        case .agentInvocation: visitor.tag(6)
        case .teardownCommand: visitor.tag(7)
        case .cleanup: visitor.tag(8)
        case .dispatchCommand: visitor.tag(9)
        case .dispatchTimeout: visitor.tag(10)
        case .cancelCommand: visitor.tag(11)
        case .imagePull: visitor.tag(12)
        case .sidecarPrep: visitor.tag(13)
        case .containerCreate: visitor.tag(14)
        case .containerStart: visitor.tag(15)
        case .containerWait: visitor.tag(16)
        case .containerExit: visitor.tag(17)
        case .containerOOM: visitor.tag(18)
        }
    }
}
