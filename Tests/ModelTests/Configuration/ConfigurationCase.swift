// A golden case: a config file whose first comments say what else is given, and what must come of it.
//
//     # args: --worker-id w -e "KEY=a b"      flags beside --config-file; \n, \t, \0 and \xNN inside quotes
//     # env: WARP_API_KEY=k OTHER=x           the whole environment; without it only an API key
//     # holds key.txt: "wk-1\n"               another file that can be read
//     # terminal                              the log goes to a terminal
//     # no file                               --config-file is not given

import Codecs
import Configuration

struct ConfigurationCase {
    static let file = Bytes(text: "config.yaml")

    var arguments: [Bytes] = []
    var environment: [(name: Bytes, value: Bytes)] = [
        (Bytes(text: "WARP_API_KEY"), Bytes(text: "wk-s3cret-environment"))
    ]
    var files: [(path: Bytes, content: Bytes)] = []
    var isTerminal = false

    init(_ content: Bytes) {
        files = [(ConfigurationCase.file, content)]
        var takesFile = true
        for line in content.parts(separatedBy: 0x0a).prefix(while: { $0.hasPrefix("# ") }) {
            let words = ConfigurationCase.words(line.dropFirst(2))
            switch words.first?.text {
            case "args:": arguments += words.dropFirst()
            case "env:": environment = words.dropFirst().map { ConfigurationCase.pair($0) }
            case "holds" where words.count > 1:
                files.append((Bytes(words[1].dropLast()), words.count > 2 ? words[2] : []))
            case "terminal": isTerminal = true
            case "no": takesFile = false
            default: break
            }
        }
        if takesFile { arguments = [Bytes(text: "--config-file"), ConfigurationCase.file] + arguments }
    }

    var outcome: ParseOutcome {
        parseConfiguration(
            ConfigurationInput(
                arguments: arguments, environment: environment,
                readFile: { path in
                    files.first { $0.path == path }.map { .success($0.content) }
                        ?? .failure(FileProblem(words: "No such file or directory"))
                }, isTerminal: isTerminal))
    }

    var rendered: String {
        switch outcome {
        case .help(let all): return all ? "help, all of it\n" : "help\n"
        case .version: return "version\n"
        case .invalid(let problems, let warnings):
            return lines("error", problems) + lines("warning", warnings)
        case .run(let configuration):
            return lines("warning", configuration.warnings)
                + renderResolved(configuration, file: ConfigurationCase.file)
        }
    }

    private func lines(_ kind: String, _ problems: [Problem]) -> String {
        problems.map { "\(kind): \($0.rendered)\n" }.joined()
    }

    private static func pair(_ word: Bytes) -> (name: Bytes, value: Bytes) {
        let name = Bytes(word.prefix { $0 != 0x3d })
        return (name, Bytes(word.dropFirst(name.count + 1)))
    }

    /// Split at spaces outside of double quotes.
    private static func words(_ line: some Collection<UInt8>) -> [Bytes] {
        var words: [Bytes] = []
        var word: Bytes?
        var isQuoted = false
        var rest = Bytes(line)[...]
        while let byte = rest.popFirst() {
            if byte == 0x22 {
                isQuoted.toggle()
                word = word ?? []
            } else if byte == 0x5c, isQuoted {
                word = (word ?? []) + escaped(&rest)
            } else if byte == 0x20, !isQuoted {
                if let word { words.append(word) }
                word = nil
            } else {
                word = (word ?? []) + [byte]
            }
        }
        return words + (word.map { [$0] } ?? [])
    }

    private static func escaped(_ rest: inout ArraySlice<UInt8>) -> Bytes {
        let byte = rest.popFirst() ?? 0x5c
        switch byte {
        case UInt8(ascii: "n"): return [0x0a]
        case UInt8(ascii: "t"): return [0x09]
        case UInt8(ascii: "0"): return [0]
        case UInt8(ascii: "x"):
            defer { rest = rest.dropFirst(2) }
            return [UInt8(rest.prefix(2).text, radix: 16) ?? 0]
        default: return [byte]
        }
    }
}
