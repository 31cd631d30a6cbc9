// The commands, each with the line that `--help` shows.

import Codecs
import ControlPlane

enum Command: String, CaseIterable {
    case run
    case check
    case gc
    case explore
    case simulate
    case replay
    case controlPlane = "control-plane"
    case echoClient = "echo-client"
    case demo
    case version
    case help
    /// The processes of `check --run-task`; nothing for people.
    case canary

    static let shown = allCases.filter { $0 != .canary }

    var summary: String {
        switch self {
        case .run: "run the worker (the default)"
        case .check: "check configuration, backend and the way to the control plane; --run-task tries a task"
        case .gc: "remove what a Docker daemon still has of this worker and nothing needs; --dry-run only says it"
        case .explore: "search every interleaving of the model's scenarios, and say what was found"
        case .simulate: "live through simulated weeks by chance, with faults; a seed repeats a run"
        case .replay: "verify a recording, or tell what happened in it"
        case .controlPlane: "serve a control plane for development on this machine"
        case .echoClient: "echo what a WebSocket conformance suite sends, case by case"
        case .demo: "run the worker against that control plane, with a stub agent"
        case .version: "print version, commit and libraries"
        case .help: "print this help"
        case .canary: ""
        }
    }

    static func run(_ arguments: [Bytes]) -> Int32 {
        guard let word = arguments.first, let command = Command(rawValue: word.text) else {
            return refused(arguments) ?? runWorker(arguments)
        }
        let rest = Array(arguments.dropFirst())
        switch command {
        case .run: return runWorker(rest)
        case .check: return runCheck(rest)
        case .gc: return runCollect(rest)
        case .explore: return runExplore(rest)
        case .simulate: return runSimulate(rest)
        case .replay: return runReplay(rest)
        case .controlPlane: return controlPlaneMain(arguments: rest)
        case .echoClient: return runEchoClientCommand(rest)
        case .demo: return runDemo(rest)
        case .version: return runWorker([Bytes(text: "--version")])
        case .help: return runWorker([Bytes(text: "--help")])
        case .canary: return runCanaryChild(rest)
        }
    }

    /// A first word that is neither a command nor a flag.
    private static func refused(_ arguments: [Bytes]) -> Int32? {
        guard let word = arguments.first, word.first != UInt8(ascii: "-") else { return nil }
        let names = shown.map { Bytes(text: $0.rawValue) }
        let near = DidYouMean.closest(to: word, among: names).map { "; did you mean \($0.text)?" } ?? ""
        Terminal.complain("oz-agent-worker: there is no command \"\(Terminal.shown(word))\"\(near)")
        Terminal.complain("oz-agent-worker: the commands are \(shown.map(\.rawValue).joined(separator: ", "))")
        return ExitCode.usage
    }
}

enum ExitCode {
    static let well: Int32 = 0
    static let failed: Int32 = 1
    static let usage: Int32 = 2
    static let unavailable: Int32 = 69
    static let broken: Int32 = 70
}
