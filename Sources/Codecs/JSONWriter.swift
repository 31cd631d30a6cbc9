// Writes a JSON value in the compact form. Whatever the value holds, the output is JSON: bytes that are no UTF-8
// become U+FFFD, and a number that could not have been read becomes a string.

extension JSON {
    /// What stands where a secret was and nobody is there to tell it.
    static let hidden = Bytes(text: "[secret]")

    /// Secrets written as "[secret]".
    public func encoded() -> Bytes {
        var output = Bytes()
        encode(into: &output) { _ in nil }
        return output
    }

    /// `secrets` gives what the vault holds, or nil where it has forgotten it.
    public func encode(into output: inout Bytes, secrets: (SecretRef) -> Bytes?) {
        switch self {
        case .null: output.append(text: "null")
        case .bool(let value): output.append(text: value ? "true" : "false")
        case .number(let text): JSON.write(number: text, into: &output)
        case .string(let content): JSON.quote(content, into: &output)
        case .secret(let text): JSON.quote(text.rendered(secrets) ?? JSON.hidden, into: &output)
        case .verbatim(let ref):
            if let document = secrets(ref) {
                output.append(contentsOf: document)
            } else {
                JSON.quote(JSON.hidden, into: &output)
            }
        case .array(let elements):
            output.append(0x5b)
            for index in elements.indices {
                if index > 0 { output.append(0x2c) }
                elements[index].encode(into: &output, secrets: secrets)
            }
            output.append(0x5d)
        case .object(let members):
            output.append(0x7b)
            for index in members.indices {
                if index > 0 { output.append(0x2c) }
                JSON.quote(members[index].name, into: &output)
                output.append(0x3a)
                members[index].value.encode(into: &output, secrets: secrets)
            }
            output.append(0x7d)
        }
    }

    private static func write(number text: Bytes, into output: inout Bytes) {
        if isNumber(text) {
            output.append(contentsOf: text)
        } else {
            quote(text, into: &output)
        }
    }

    /// Whether a text is a number by the grammar of JSON.
    static func isNumber(_ text: Bytes) -> Bool {
        text.withUnsafeBufferPointer { isNumberText($0) }
    }

    private static func isNumberText(_ text: UnsafeBufferPointer<UInt8>) -> Bool {
        guard let first = text.first, first == 0x2d || first &- 0x30 < 10 else { return false }
        var reader = JSONReader(bytes: text, depthLeft: 0, valuesLeft: 1)
        do {
            try reader.readNumber()
            return reader.position == text.count
        } catch {
            return false
        }
    }

    /// Appends the content as a JSON string, quotes included.
    public static func quote(_ content: Bytes, into output: inout Bytes) {
        content.withUnsafeBufferPointer { bytes in
            output.append(0x22)
            var plain = 0
            var index = 0
            while index < bytes.count {
                let byte = bytes[index]
                if byte >= 0x80, let length = characterLength(bytes, at: index) {
                    index &+= length
                } else if byte >= 0x20 && byte < 0x80 && byte != 0x22 && byte != 0x5c {
                    index &+= 1
                } else {
                    output.append(contentsOf: UnsafeBufferPointer(rebasing: bytes[plain..<index]))
                    escape(byte, into: &output)
                    index &+= 1
                    plain = index
                }
            }
            output.append(contentsOf: UnsafeBufferPointer(rebasing: bytes[plain..<index]))
            output.append(0x22)
        }
    }

    private static func escape(_ byte: UInt8, into output: inout Bytes) {
        switch byte {
        case 0x22: output.append(text: "\\\"")
        case 0x5c: output.append(text: "\\\\")
        case 0x08: output.append(text: "\\b")
        case 0x09: output.append(text: "\\t")
        case 0x0a: output.append(text: "\\n")
        case 0x0c: output.append(text: "\\f")
        case 0x0d: output.append(text: "\\r")
        case 0x00..<0x20:
            output.append(text: "\\u00")
            output.append(hexDigit(byte >> 4))
            output.append(hexDigit(byte & 15))
        default: output.append(contentsOf: Bytes.replacement)
        }
    }
}
