// The backend's own checks before the first dial.
//
//   fresh          -> findingAgent | preparing | passed     (a backend without checks passes at once)
//   findingAgent   -> checkingGround | failed
//   preparing      -> passed | failed             (the Docker daemon: DockerStart)
//   checkingGround -> passed | failed
//
// A check that fails ends the process with one clear line; a worker that can't run anything must not claim anything.

import Codecs
import Effects

public struct Starting: Hashable, Codable, Sendable {
    public enum Phase: Hashable, Codable, Sendable {
        case fresh
        /// First the agent, then the ground it stands on.
        case findingAgent(EffectID)
        case checkingGround(EffectID, executable: Bytes)
        case preparing(DockerStart)
        case passed(Backend)
        case failed
    }

    public private(set) var phase: Phase = .fresh
    /// To go on with once the checks are passed.
    public private(set) var inheritance = Inheritance.nothing

    mutating func begin(_ inheritance: Inheritance, _ turn: inout Turn) {
        guard phase == .fresh else { return }
        self.inheritance = inheritance
        turn.count(above: inheritance.highest)
        turn.log(.info, .starting)
        switch turn.settings.backend {
        case .direct(let direct): phase = .findingAgent(turn.ask(.files(.findExecutable(path: direct.ozPath))))
        // A line for a shell: whether it works shows when it runs.
        case .command(let command): phase = .passed(.command(command))
        case .docker: phase = .preparing(DockerStart(sweeps: turn.settings.cleanup, &turn))
        }
    }

    public var deadline: Instant? {
        switch phase {
        case .preparing(let start): start.deadline
        case .fresh, .findingAgent, .checkingGround, .passed, .failed: nil
        }
    }

    mutating func take(_ event: DockerEvent, _ turn: inout Turn) {
        guard case .preparing(var start) = phase else { return turn.late() }
        start.take(event, inheritance, &turn)
        prepared(start, &turn)
    }

    mutating func tick(_ turn: inout Turn) {
        guard case .preparing(var start) = phase else { return }
        start.tick(&turn)
        prepared(start, &turn)
    }

    private mutating func prepared(_ start: DockerStart, _ turn: inout Turn) {
        guard case .docker(let docker) = turn.settings.backend else { return }
        switch start.phase {
        case .passed: phase = .passed(.docker(docker, platform: start.platform))
        case .failed(let problem): fail(problem, &turn)
        case .reaching, .pausing, .sweeping: phase = .preparing(start)
        }
    }

    mutating func take(_ event: FilesEvent, _ turn: inout Turn) {
        guard case .direct(let direct) = turn.settings.backend else { return turn.late() }
        switch (phase, event) {
        case (.findingAgent(event.id), .found(_, let path)):
            let call: FilesCall =
                direct.targetDirectory.map { .checkDirectory($0) } ?? .prepareRoot(direct.workspaceRoot)
            phase = .checkingGround(turn.ask(.files(call)), executable: path)
        case (.findingAgent(event.id), _):
            fail(.agentMissing(path: direct.ozPath, event.failure), &turn)
        case (.checkingGround(event.id, let executable), .done):
            phase = .passed(.direct(direct, executable: executable))
        case (.checkingGround(event.id, _), _):
            if let target = direct.targetDirectory {
                fail(.targetDirectory(target, event.failure), &turn)
            } else {
                fail(.workspaceRoot(direct.workspaceRoot, event.failure), &turn)
            }
        case (.fresh, _), (.findingAgent, _), (.checkingGround, _), (.preparing, _), (.passed, _), (.failed, _):
            turn.late()
        }
    }

    mutating func broke(_ id: EffectID, _ turn: inout Turn) {
        if case .preparing = phase { return take(.failed(id, .unreadable(Detail("an internal error"))), &turn) }
        take(.failed(id, .system(errno: 0)), &turn)
    }

    private mutating func fail(_ problem: BackendProblem, _ turn: inout Turn) {
        turn.log(.error, .backendUnusable(problem))
        phase = .failed
    }
}

extension Starting: Visited {
    public func visit(_ visitor: inout Visitor) {
        inheritance.visit(&visitor)
        switch phase {
        case .fresh: visitor.tag(0)
        case .findingAgent(let id):
            visitor.tag(1)
            visitor.id(id)
        case .checkingGround(let id, let executable):
            visitor.tag(2)
            visitor.id(id)
            visitor.bytes(executable)
        case .passed(let backend):
            visitor.tag(3)
            backend.visit(&visitor)
        case .failed: visitor.tag(4)
        case .preparing(let start):
            visitor.tag(5)
            start.visit(&visitor)
        }
    }
}
