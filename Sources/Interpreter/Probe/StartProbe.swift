// A start without a dial. The worker itself is begun, with the executor of the daemon, and let go until it would dial
// or would give up; so what is said here of the backend is what the daemon would find.
//
// The start makes the workspace root where it is missing. What the probe made it takes away again: else a check by
// root would leave a directory that the worker's own user can't write to.

import CLibcurl
import Check
import Codecs
import Effects
import WorkerModel

/// Nil where the host gives no descriptors.
public func probeStart(_ options: DaemonOptions) -> BackendRecord? {
    let vault = Vault()
    let path = options.variable("PATH") ?? []
    guard let loop = Loop(), let files = FilesExecutor(loop: loop, vault: vault, searchPath: path),
        let entropy = Entropy()
    else { return nil }
    var docker: DockerExecutor?
    if case .docker = options.settings.backend {
        guard curl_global_init(Int(CURL_GLOBAL_NOTHING)) == CURLE_OK else { return nil }
        docker = DockerExecutor(loop: loop, vault: vault, log: nil, variables: options.environment)
    }
    return StartProbe(loop: loop, files: files, docker: docker, entropy: entropy, settings: options.settings).run()
}

private final class StartProbe: LoopCore {
    /// The host's file system may hang; the daemon would wait for ever.
    private static let patience = Span.seconds(15)
    /// A daemon that does not answer now is not waited for: whoever checks wants to know.
    private static let dockerPatience = Span.seconds(5)

    private let loop: Loop
    private let files: FilesExecutor
    private let docker: DockerExecutor?
    private var entropy: Entropy
    private var core: Core
    private var record = BackendRecord()
    private var asked: [(id: EffectID, place: Int)] = []
    private var missing: MissingDirectories?

    init(loop: Loop, files: FilesExecutor, docker: DockerExecutor?, entropy: Entropy, settings: Settings) {
        self.loop = loop
        self.files = files
        self.docker = docker
        var settings = settings
        settings.timing.daemonStart = Self.dockerPatience
        self.entropy = entropy
        core = Core(settings: settings)
    }

    func run() -> BackendRecord {
        loop.core = self
        let timer = loop.timer { [unowned self] in loop.stop(code: 0) }
        timer.due = Clock.now().after(Self.patience)
        loop.deliver(.began(.nothing))
        _ = loop.run()
        missing?.remove()
        return record
    }

    var nextDeadline: Instant? { core.nextDeadline() }

    func turnWasSlow(_ report: TurnReport) {}

    func reduce(_ event: Event) {
        if case .files(let answer) = event, let place = asked.first(where: { $0.id == answer.id })?.place {
            record.calls[place].answer = answer
        }
        if case .docker(.reached(_, let daemon)) = event { record.daemon = daemon }
        var requests: [Request] = []
        core.take(
            Input(at: Clock.now(), wall: Clock.wall(), entropy: entropy.draw(), event: event), into: &requests)
        for request in requests { execute(request) }
    }

    private func execute(_ request: Request) {
        switch request.effect {
        case .files(let call):
            if case .prepareRoot(let path) = call { missing = MissingDirectories(of: path) }
            asked.append((request.id, record.calls.count))
            record.calls.append(BackendCall(call))
            files.execute(request.id, call)
        // What an earlier life left is not for a check to remove: another worker of this name may be at work.
        case .docker(.listContainers):
            record.hasPassed = true
            loop.stop(code: 0)
        case .docker(let call): docker?.execute(request.id, call)
        case .log(let saying):
            if case .backendUnusable(let problem) = saying.saying { record.problem = problem }
        case .socket:
            record.hasPassed = true
            loop.stop(code: 0)
        case .exit: loop.stop(code: 0)
        case .process, .journal, .measure, .forgetSecrets: break
        }
    }
}
