// Takes the command line apart by the table. Values are not looked into here, and never shown.

import Codecs

/// A flag as it was given.
struct FlagOccurrence {
    var option: Option
    /// As the operator wrote it: `--env` or `-e`.
    var spelled: String
    /// What was given; nil for a switch that stands alone.
    var value: Bytes?
}

struct ArgumentReader {
    private(set) var occurrences: [FlagOccurrence] = []
    /// The first of --help, --help-all and --version.
    private(set) var action: OptionName?

    private let arguments: [Bytes]
    private let table: [Option]
    private var position = 0
    /// After `--`.
    private var onlyWords = false
    /// The last thing read may have been a secret, so what follows might be its other half.
    private var secret: String?

    init(_ arguments: [Bytes], table: [Option] = optionTable, into diagnosis: inout Diagnosis) {
        self.arguments = arguments
        self.table = table
        while let argument = take() {
            if onlyWords || argument.first != 0x2d || argument.count == 1 {
                word(argument, into: &diagnosis)
            } else if argument.equals("--") {
                onlyWords = true
            } else if argument.hasPrefix("--") {
                long(argument, into: &diagnosis)
            } else {
                short(argument, into: &diagnosis)
            }
        }
    }

    private mutating func take() -> Bytes? {
        guard arguments.indices.contains(position) else { return nil }
        defer { position += 1 }
        return arguments[position]
    }

    private mutating func long(_ argument: Bytes, into diagnosis: inout Diagnosis) {
        let name = Bytes(argument.dropFirst(2).prefix { $0 != 0x3d })
        let hasValue = argument.count > name.count + 2
        let attached = hasValue ? Bytes(argument.dropFirst(name.count + 3)) : nil
        guard let option = self.option(named: name) else {
            let words = "unknown flag" + hint(name)
            diagnosis.error(.flag("--" + Words.shown(name)), words)
            if !hasValue { skipValue() }
            return
        }
        found(option, spelled: "--" + name.text, attached: attached, into: &diagnosis)
    }

    private mutating func short(_ argument: Bytes, into diagnosis: inout Diagnosis) {
        let rest = Bytes(argument.dropFirst(2))
        let letter = argument.dropFirst().first.map { Character(Unicode.Scalar($0)) }
        if let option = table.first(where: { $0.short != nil && $0.short == letter }),
            rest.isEmpty || option.kind != .action
        {
            // `-e=KEY=VALUE` is what some people write; no name and no path begins with an equals sign.
            let attached = rest.isEmpty ? nil : Bytes(rest.first == 0x3d ? rest.dropFirst() : rest[...])
            found(option, spelled: option.shortFlag ?? "", attached: attached, into: &diagnosis)
            return
        }
        let name = Bytes(argument.dropFirst().prefix { $0 != 0x3d })
        if option(named: name) != nil {
            diagnosis.error(.flag("-" + name.text), "unknown flag; did you mean --\(name.text)?")
        } else {
            // Only the letter is shown: the rest may be a value, and a secret.
            diagnosis.error(.flag("-" + Words.shown(Bytes(argument.dropFirst().prefix(1)))), "unknown flag")
        }
        if !argument.contains(0x3d) { skipValue() }
    }

    private mutating func found(
        _ option: Option, spelled: String, attached: Bytes?, into diagnosis: inout Diagnosis
    ) {
        secret = nil
        if option.kind == .action {
            if attached != nil { diagnosis.error(.flag(spelled), "takes no value") }
            action = action ?? option.name
            return
        }
        if option.kind.isSwitch {
            occurrences.append(FlagOccurrence(option: option, spelled: spelled, value: attached))
            return
        }
        guard let value = attached ?? nextValue(option, spelled, into: &diagnosis) else { return }
        if option.isSecret { secret = spelled }
        occurrences.append(FlagOccurrence(option: option, spelled: spelled, value: value))
    }

    /// The next argument, unless it is a flag of ours: then the value was forgotten.
    private mutating func nextValue(_ option: Option, _ spelled: String, into diagnosis: inout Diagnosis) -> Bytes? {
        let usage = "expected \(spelled) \(option.placeholder)"
        guard arguments.indices.contains(position) else {
            diagnosis.error(.flag(spelled), "lacks its value; \(usage)")
            return nil
        }
        if let flag = self.flag(in: arguments[position]) {
            let words = "lacks its value, since \(flag) follows, which is a flag; \(usage)"
            diagnosis.error(.flag(spelled), words)
            return nil
        }
        return take()
    }

    private mutating func word(_ argument: Bytes, into diagnosis: inout Diagnosis) {
        if let secret {
            let words = "more follows behind its value (not shown); if it belongs to it, put the whole in quotes"
            diagnosis.error(.flag(secret), words)
            return
        }
        if YAMLWords.bool(argument) != nil, let last = occurrences.last, last.option.kind.isSwitch {
            let words = "takes its value behind an equals sign: \(last.spelled)=\(argument.text)"
            diagnosis.error(.flag(last.spelled), words)
            return
        }
        let rule = onlyWords ? "nothing is expected behind --" : "only flags are expected here"
        diagnosis.error(.none, "unexpected argument \(Words.quoted(argument)); \(rule)")
    }

    /// Behind an unknown flag: what is no flag is taken for its value and not looked at.
    private mutating func skipValue() {
        guard arguments.indices.contains(position), arguments[position].first != 0x2d else { return }
        position += 1
    }
}

extension ArgumentReader {
    private func option(named name: Bytes) -> Option? {
        table.indices.first { table[$0].flag?.utf8.elementsEqual(name) ?? false }.map { table[$0] }
    }

    /// The flag that an argument is, without its value.
    private func flag(in argument: Bytes) -> String? {
        guard argument.first == 0x2d else { return nil }
        if argument.equals("--") { return "--" }
        let name = Bytes(argument.prefix { $0 != 0x3d })
        return table.lazy.compactMap { option -> String? in
            if let flag = option.longFlag, Bytes(text: flag) == name { return flag }
            if let flag = option.shortFlag, argument.starts(with: flag.utf8) { return flag }
            return nil
        }.first
    }

    /// What might have been meant: a flag, or a key of the file, which has underscores.
    private func hint(_ name: Bytes) -> String {
        let wanted = name.map { $0 == 0x5f ? 0x2d : $0 }
        let flags =
            table.filter { !$0.isHidden }.compactMap(\.flag) + table.filter(\.isHidden).compactMap(\.flag)
        if let best = DidYouMean.closest(to: wanted, among: flags.map { Bytes(text: $0) }) {
            return "; did you mean --\(best.text)?"
        }
        let negated = Bytes(text: "no-") + wanted
        if option(named: negated) != nil { return "; did you mean --\(negated.text)?" }
        let key = name.map { $0 == 0x2d ? 0x5f : $0 }
        let paths = table.flatMap(\.keys).filter { Bytes($0.utf8).hasSuffix(".", key) }
        if !paths.isEmpty { return "; in the config file there is \(Words.either(paths))" }
        return "; --help lists them all"
    }
}

extension Array where Element == UInt8 {
    /// Whether a separator and then the other stand at the end.
    fileprivate func hasSuffix(_ separator: StaticString, _ other: Bytes) -> Bool {
        let wanted = Bytes(text: separator) + other
        return count >= wanted.count && suffix(wanted.count).elementsEqual(wanted)
    }
}
