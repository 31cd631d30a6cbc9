// The reader's numbers and strings.

extension JSONReader {
    /// Standing on `-` or a digit. The text is kept as it is.
    mutating func readNumber() throws(JSONError) -> Bytes {
        let start = position
        if bytes[position] == 0x2d { position &+= 1 }
        if position < bytes.count, bytes[position] == 0x30 {
            position &+= 1
        } else {
            try readDigits(of: start)
        }
        if position < bytes.count, bytes[position] == 0x2e {
            position &+= 1
            try readDigits(of: start)
        }
        if position < bytes.count, bytes[position] | 0x20 == 0x65 {
            position &+= 1
            if position < bytes.count, bytes[position] == 0x2b || bytes[position] == 0x2d { position &+= 1 }
            try readDigits(of: start)
        }
        // What may stand behind a number is checked where that is read, but 01, 1a and 1.2.3 are said better here.
        if position < bytes.count, continuesNumber(bytes[position]) { throw JSONError(.badNumber, at: start) }
        return copy(start..<position)
    }

    /// At least one digit.
    private mutating func readDigits(of start: Int) throws(JSONError) {
        let first = position
        while position < bytes.count, bytes[position] &- 0x30 < 10 { position &+= 1 }
        guard position > first else {
            throw JSONError(position < bytes.count ? .badNumber : .endsTooSoon, at: start)
        }
    }

    private func continuesNumber(_ byte: UInt8) -> Bool {
        byte &- 0x30 < 10 || byte == 0x2e || byte == 0x2b || byte == 0x2d || (byte | 0x20) &- 0x61 < 26
    }

    @inline(__always)
    private func copy(_ range: Range<Int>) -> Bytes {
        Bytes(UnsafeBufferPointer(rebasing: bytes[range]))
    }

    /// Standing on the opening quote.
    mutating func readString() throws(JSONError) -> Bytes {
        position &+= 1
        let start = position
        try skipPlain()
        if bytes[position] == 0x22 {
            let content = copy(start..<position)
            position &+= 1
            return content
        }
        return try readEscaped(copy(start..<position))
    }

    /// Up to the next quote or backslash, which is there.
    private mutating func skipPlain() throws(JSONError) {
        while position < bytes.count {
            let byte = bytes[position]
            if byte == 0x22 || byte == 0x5c { return }
            if byte < 0x80 {
                guard byte >= 0x20 else { throw JSONError(.controlCharacter, at: position) }
                position &+= 1
            } else {
                guard let length = characterLength(bytes, at: position) else {
                    throw JSONError(.notUTF8, at: position)
                }
                position &+= length
            }
        }
        throw JSONError(.endsTooSoon, at: position)
    }

    /// The rest of a string that has escapes; standing on the first backslash.
    private mutating func readEscaped(_ before: Bytes) throws(JSONError) -> Bytes {
        var content = before
        while true {
            if bytes[position] == 0x22 {
                position &+= 1
                return content
            }
            try readEscape(into: &content)
            let start = position
            try skipPlain()
            content.append(contentsOf: UnsafeBufferPointer(rebasing: bytes[start..<position]))
        }
    }

    /// Standing on the backslash.
    private mutating func readEscape(into content: inout Bytes) throws(JSONError) {
        let start = position
        guard position &+ 1 < bytes.count else { throw JSONError(.endsTooSoon, at: bytes.count) }
        position &+= 2
        switch bytes[position &- 1] {
        case 0x22: content.append(0x22)
        case 0x5c: content.append(0x5c)
        case 0x2f: content.append(0x2f)
        case 0x62: content.append(0x08)
        case 0x66: content.append(0x0c)
        case 0x6e: content.append(0x0a)
        case 0x72: content.append(0x0d)
        case 0x74: content.append(0x09)
        case 0x75: try readScalar(into: &content, start)
        default: throw JSONError(.badEscape, at: start)
        }
    }

    /// Behind `\u`. A high surrogate takes a low one that follows it; each half alone becomes U+FFFD.
    private mutating func readScalar(into content: inout Bytes, _ start: Int) throws(JSONError) {
        let unit = try readUnit(start)
        if unit >= 0xd800, unit < 0xdc00, position &+ 1 < bytes.count, bytes[position] == 0x5c,
            bytes[position &+ 1] == 0x75
        {
            let second = position
            position &+= 2
            let low = try readUnit(second)
            if low >= 0xdc00, low < 0xe000 {
                content.append(scalar: 0x10000 &+ ((unit &- 0xd800) << 10) &+ (low &- 0xdc00))
                return
            }
            // Not its other half: read again as an escape of its own.
            position = second
        }
        content.append(scalar: unit)
    }

    /// Four hexadecimal digits.
    private mutating func readUnit(_ start: Int) throws(JSONError) -> UInt32 {
        var unit: UInt32 = 0
        for _ in 0..<4 {
            guard position < bytes.count else { throw JSONError(.endsTooSoon, at: position) }
            guard let digit = hexValue(bytes[position]) else { throw JSONError(.badEscape, at: start) }
            unit = unit << 4 | UInt32(digit)
            position &+= 1
        }
        return unit
    }
}
