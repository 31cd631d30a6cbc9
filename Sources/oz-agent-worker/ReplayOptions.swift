// The command line of `replay`.

import Codecs
import Effects
import Recording

/// Words of nil: help was asked for.
struct ReplayUsage: Error {
    let words: String?
}

struct ReplayOptions {
    enum Mode {
        case verify
        case at(UInt64, asJSON: Bool)
        case task(Bytes)
        case timeline(Bytes)
    }

    /// Where what is looked at begins or ends.
    enum Bound {
        case input(UInt64)
        case wall(Int64)
        /// Since the first input.
        case since(Span)
    }

    private(set) var mode = Mode.verify
    private(set) var files: [Bytes] = []
    private(set) var from: Bound?
    private(set) var to: Bound?
    private(set) var isAlone = false
    private(set) var isStrict = false

    static let help = [
        "Usage: oz-agent-worker replay [FLAGS] FILE...",
        "",
        "Takes what was recorded with --record through the worker's decisions again. Without further flags",
        "it verifies: every input must lead to the same requests, and the first that does not is shown.",
        "Older segments of the same life (FILE.1, FILE.2, ...) are read along.",
        "",
        "  --at N            show the state after input N",
        "  --json            with --at: all of the state, as JSON",
        "  --task ID         tell the story of one task",
        "  --timeline OUT    write the session as a page for a browser",
        "  --from WHEN       look only at inputs from there on: an input's number, a time such as",
        "  --to WHEN         2026-01-31T12:00:00Z, or +1m30s since the first input",
        "  --alone           read only the files that are named",
        "  --strict          a recording of another build must agree, too",
        "  --help            show this help",
        "",
        "Exit codes: 0 verified, 1 differs or not found, 2 usage, 65 no recording or damaged,",
        "66 can't be opened, 73 the page can't be written.",
    ]

    init(_ arguments: [Bytes]) throws(ReplayUsage) {
        var words = Words(arguments)
        var asJSON = false
        while let word = words.next() {
            guard word.first == UInt8(ascii: "-"), word.count > 1 else {
                files.append(word)
                continue
            }
            switch words.flag(word) {
            case "--help", "-h": throw ReplayUsage(words: nil)
            case "--at":
                let value = try words.value("--at N")
                guard let number = UInt64(decimal: value), number > 0 else {
                    throw ReplayUsage(words: "--at takes the number of an input, from 1 on")
                }
                try choose(.at(number, asJSON: false))
            case "--task": try choose(.task(try words.value("--task ID")))
            case "--timeline": try choose(.timeline(try words.value("--timeline OUT")))
            case "--from": from = try ReplayOptions.bound(try words.value("--from WHEN"), "--from")
            case "--to": to = try ReplayOptions.bound(try words.value("--to WHEN"), "--to")
            case "--json": asJSON = true
            case "--alone": isAlone = true
            case "--strict": isStrict = true
            case let unknown: throw ReplayUsage(words: "unknown flag \(Terminal.shown(Bytes(text: unknown)))")
            }
            if let flag = words.leftOver { throw ReplayUsage(words: "\(flag) takes no value") }
        }
        if asJSON {
            guard case .at(let number, _) = mode else { throw ReplayUsage(words: "--json goes with --at") }
            mode = .at(number, asJSON: true)
        }
        if files.isEmpty { throw ReplayUsage(words: "which recording? Name its file") }
    }

    private mutating func choose(_ wanted: Mode) throws(ReplayUsage) {
        guard case .verify = mode else {
            throw ReplayUsage(words: "--at, --task and --timeline can't be given together")
        }
        mode = wanted
    }

    private static func bound(_ text: Bytes, _ flag: String) throws(ReplayUsage) -> Bound {
        if let number = UInt64(decimal: text), text.first != UInt8(ascii: "+") { return .input(number) }
        if text.first == UInt8(ascii: "+"), let length = try? GoDuration.parse(Bytes(text.dropFirst())), length >= 0 {
            return .since(Span(nanoseconds: UInt64(length)))
        }
        if let time = RFC3339.parse(text) {
            let (seconds, over) = time.seconds.multipliedReportingOverflow(by: 1_000_000_000)
            if !over { return .wall(seconds &+ Int64(time.nanoseconds)) }
        }
        let wanted = "the number of an input, a time such as 2026-01-31T12:00:00Z, or +1m30s since the first input"
        throw ReplayUsage(words: "\(flag) \(Terminal.shown(text)): expected \(wanted)")
    }

    /// Takes the words of the command line; a value stands behind its flag or behind an equals sign.
    private struct Words {
        private var rest: ArraySlice<Bytes>
        private var attached: Bytes?
        private var flag = ""

        init(_ words: [Bytes]) {
            rest = words[...]
        }

        mutating func next() -> Bytes? { rest.popFirst() }

        mutating func flag(_ word: Bytes) -> String {
            let name = word.prefix { $0 != UInt8(ascii: "=") }
            attached = name.count < word.count ? Bytes(word.dropFirst(name.count + 1)) : nil
            flag = name.text
            return flag
        }

        mutating func value(_ usage: String) throws(ReplayUsage) -> Bytes {
            defer { attached = nil }
            guard let value = attached ?? rest.popFirst(), !value.isEmpty else {
                throw ReplayUsage(words: "expected \(usage)")
            }
            return value
        }

        /// The flag, if what was attached to it is still there.
        var leftOver: String? { attached == nil ? nil : flag }
    }
}
