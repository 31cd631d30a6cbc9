// The processes that `check --run-task` starts: this binary again, as its control plane and as its worker.
//
// The worker reads the operator's own arguments, file and environment as `run` does, and differs in six things: it
// dials the check's control plane, with that one's key; its agent is the stub; it cleans up; it has an instance of its
// own, that is kept nowhere; it records nothing; and its log is for the check to read. Both end with
// the check, however that one ends.

import CLinux
import Codecs
import Configuration
import ControlPlane
import Effects
import Glibc
import Interpreter

enum CanaryWords {
    static let plane = "plane"
    static let worker = "worker"
}

func runCanaryChild(_ arguments: [Bytes]) -> Int32 {
    guard let word = arguments.first else { return ExitCode.usage }
    _ = oz_set_parent_death_signal(SIGTERM)
    let rest = Array(arguments.dropFirst())
    if word == Bytes(text: CanaryWords.plane) { return controlPlaneMain(arguments: rest) }
    guard word == Bytes(text: CanaryWords.worker), rest.count >= 3 else { return ExitCode.usage }
    return runCanaryWorker(url: rest[0], keyFile: rest[1], agent: rest[2], Array(rest.dropFirst(3)))
}

private func runCanaryWorker(url: Bytes, keyFile: Bytes, agent: Bytes, _ arguments: [Bytes]) -> Int32 {
    let input = HostSystem.input(arguments: arguments)
    guard case .run(var configuration) = parseCheck(input).outcome else { return ExitCode.usage }
    // Commands may print it: it stays masked.
    let realKey = DialKey(configuration.apiKey)
    configuration.webSocketURL = url
    configuration.apiKey = .file(keyFile)
    configuration.cleanup = true
    configuration.logFormat = .json
    configuration.logLevel = .info
    // A running worker may be writing to that path.
    configuration.record = nil
    if case .direct(var direct) = configuration.backend {
        direct.ozPath = agent
        configuration.backend = .direct(direct)
    }
    do {
        var assembly = try Assembly.make(configuration, input.environment) { StateDirectory.passingID() }
        switch realKey {
        case .fixed(let key): assembly.mask(key)
        case .file(let path): assembly.mask(((try? HostSystem.read(path).get()) ?? []).trimmed())
        }
        return runDaemon(assembly.options)
    } catch {
        return error.exitCode
    }
}

extension Assembly {
    /// One more value that is never to be logged.
    fileprivate mutating func mask(_ value: Bytes) {
        let ref = SecretRef(number: UInt64(options.secrets.count) + 1)
        options.secrets.append(Secret(ref: ref, bytes: value, kind: .text))
    }
}
