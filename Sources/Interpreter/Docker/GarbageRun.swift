// The hands of `gc`: a loop, the executor of the daemon, and somebody who is told.

import CLibcurl
import Codecs
import Effects
import WorkerModel

public struct GarbageOutcome: Sendable {
    public let code: Int32
    /// How much was removed, or would be.
    public let found: Int
}

extension StateDirectory {
    /// What its journal tells, as far as it can be read; nil where it can't be, or is of a later version.
    public func inheritance() -> Inheritance? {
        do throws(JournalProblem) {
            guard let content = try JournalFile(directory: descriptor).read() else { return .nothing }
            let reading = JournalReading(content)
            return reading.newer == nil ? reading.inheritance : nil
        } catch {
            return nil
        }
    }
}

/// Nil where the host gives no descriptors or memory.
public func collectGarbage(
    _ options: DaemonOptions, _ collecting: Collecting, _ inheritance: Inheritance,
    tell: @escaping (LogRecord) -> Void
) -> GarbageOutcome? {
    let vault = Vault()
    guard let loop = Loop(), let entropy = Entropy(), curl_global_init(Int(CURL_GLOBAL_NOTHING)) == CURLE_OK,
        let docker = DockerExecutor(loop: loop, vault: vault, log: nil, variables: options.environment)
    else { return nil }
    let run = GarbageRun(loop, docker, entropy, collecting, tell)
    // The loop does not hold its core.
    return withExtendedLifetime(run) { run.run(inheritance) }
}

private final class GarbageRun: LoopCore {
    private let loop: Loop
    private let docker: DockerExecutor
    private var entropy: Entropy
    private var core: Collecting
    private let tell: (LogRecord) -> Void

    init(
        _ loop: Loop, _ docker: DockerExecutor, _ entropy: Entropy, _ core: Collecting,
        _ tell: @escaping (LogRecord) -> Void
    ) {
        self.loop = loop
        self.docker = docker
        self.entropy = entropy
        self.core = core
        self.tell = tell
    }

    func run(_ inheritance: Inheritance) -> GarbageOutcome {
        loop.core = self
        loop.deliver(.began(inheritance))
        let code = loop.run()
        docker.close()
        return GarbageOutcome(code: code, found: core.found)
    }

    var nextDeadline: Instant? { core.deadline }

    func turnWasSlow(_ report: TurnReport) {}

    func reduce(_ event: Event) {
        var requests: [Request] = []
        core.take(
            Input(at: Clock.now(), wall: Clock.wall(), entropy: entropy.draw(), event: event), into: &requests)
        for request in requests {
            switch request.effect {
            case .docker(let call): docker.execute(request.id, call)
            case .log(let record): tell(record)
            case .socket, .process, .files, .journal, .measure, .forgetSecrets, .exit: break
            }
        }
        if case .over(let code) = core.phase { loop.stop(code: code) }
    }
}
