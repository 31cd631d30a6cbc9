// Any Codable value in one line of words: for golden scenarios, stories and differences. One way only; what must be
// read again is recorded as JSON.
//
//   process finished 1.4 exit 3        a case is its name and what it carries; nameless parts in order, the last one
//                                      open, the others and the named ones in parentheses where they are of several
//   level=1 key=a/1                    a struct is its parts by name; one of a single part is that part
//   1.4, a/1, 0.25s                    a request's id, an execution's key, a length of time

/// `naming` may give a request's id, slot and sequence, a name that a person knows it by.
public func describe(
    _ value: some Encodable, naming: @escaping (UInt64, UInt64) -> String? = { _, _ in nil }
) -> String {
    do {
        return Description(naming: naming).words(try StateEncoder.json(of: value, path: nil, names: true))
    } catch {
        return "(\(StateCodingError(wrapping: error).words))"
    }
}

private struct Description {
    let naming: (UInt64, UInt64) -> String?

    func words(_ value: JSON) -> String {
        switch value {
        case .null: "nothing"
        case .bool(let flag): flag ? "true" : "false"
        case .number(let text): text.text
        case .string(let content): atom(content)
        case .secret(let text): "secret \(describe(text))"
        case .verbatim(let ref): "verbatim \(ref.number)"
        case .array(let elements): "[" + elements.map { words($0) }.joined(separator: ", ") + "]"
        case .object(let members): words(members)
        }
    }

    private func words(_ members: [JSONMember]) -> String {
        if let known = known(members) { return known }
        guard members.count == 1, let only = members.first else {
            return members.map { "\($0.name.text)=\(part($0.value))" }.joined(separator: " ")
        }
        guard case .object(let carried) = only.value, known(carried) == nil else {
            return only.name.equals("nanoseconds") ? seconds(only.value) : words(only.value)
        }
        return ([only.name.text] + arguments(carried)).joined(separator: " ")
    }

    private func arguments(_ carried: [JSONMember]) -> [String] {
        carried.enumerated().map { index, argument in
            guard argument.name.first == UInt8(ascii: "_") else {
                return "\(argument.name.text)=\(part(argument.value))"
            }
            return index == carried.count &- 1 ? words(argument.value) : part(argument.value)
        }
    }

    /// What is of several words, in parentheses.
    private func part(_ value: JSON) -> String {
        let words = words(value)
        let isOne: Bool
        switch value {
        case .null, .bool, .number, .string, .array: isOne = true
        case .secret, .verbatim: isOne = false
        case .object: isOne = !words.utf8.contains(UInt8(ascii: " "))
        }
        return isOne ? words : "(\(words))"
    }

    /// Shapes that everybody knows by sight.
    private func known(_ members: [JSONMember]) -> String? {
        guard let first = members.first, members.count <= 2 else { return nil }
        let second = members.count == 2 ? members[1] : nil
        if first.name.equals("slot"), let second, second.name.equals("sequence") {
            guard let slot = number(first.value), let sequence = number(second.value) else { return nil }
            return naming(slot, sequence) ?? "\(slot).\(sequence)"
        }
        if first.name.equals("task"), second.map({ $0.name.equals("execution") }) ?? true {
            return "\(words(first.value))/\(second.map { words($0.value) } ?? "")"
        }
        return nil
    }

    private func number(_ value: JSON) -> UInt64? {
        if case .number(let text) = value { UInt64(decimal: text) } else { nil }
    }

    private func seconds(_ value: JSON) -> String {
        guard let nanoseconds = number(value) else { return words(value) }
        var digits = Bytes(decimal: nanoseconds / 1_000_000_000)
        var fraction = Bytes()
        fraction.append(decimal: Int(truncatingIfNeeded: nanoseconds % 1_000_000_000), width: 9)
        while fraction.last == UInt8(ascii: "0") { fraction.removeLast() }
        if !fraction.isEmpty { digits += [UInt8(ascii: ".")] + fraction }
        return digits.text + "s"
    }

    /// Bare where that can't be mistaken for anything else.
    private func atom(_ content: Bytes) -> String {
        let isPlain = content.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "/"), UInt8(ascii: "-"),
                UInt8(ascii: "_"), UInt8(ascii: ":"), UInt8(ascii: "@"), UInt8(ascii: "+"), UInt8(ascii: "%"):
                true
            default: byte >= 0x80
            }
        }
        return isPlain && !content.isEmpty ? content.text : JSON.string(content).encoded().text
    }
}
