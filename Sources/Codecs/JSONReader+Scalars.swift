// The reader's numbers and strings.

extension JSONReader {
    /// Standing on `-` or a digit.
    mutating func readNumber() throws(JSONError) {
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

    /// Standing on the opening quote. What lies between the quotes, and whether something in it is escaped.
    mutating func readString() throws(JSONError) -> (content: Range<Int>, escaped: Bool) {
        position &+= 1
        let start = position
        var escaped = false
        while true {
            try skipPlain()
            if bytes[position] == 0x22 {
                position &+= 1
                return (start..<position &- 1, escaped)
            }
            escaped = true
            try readEscape()
        }
    }

    /// Up to the next quote or backslash, which is there.
    private mutating func skipPlain() throws(JSONError) {
        // Kept out of `self`, which is in memory, for the length of the run.
        var index = position
        while true {
            while index &+ 8 <= bytes.count {
                let plain = plainBytes(at: index)
                index &+= plain
                if plain < 8 { break }
            }
            guard index < bytes.count else { throw JSONError(.endsTooSoon, at: index) }
            let byte = bytes[index]
            if byte == 0x22 || byte == 0x5c {
                position = index
                return
            }
            guard byte >= 0x20 else { throw JSONError(.controlCharacter, at: index) }
            guard let length = characterLength(bytes, at: index) else { throw JSONError(.notUTF8, at: index) }
            index &+= length
        }
    }

    /// How many of the eight bytes from there on stand before the first quote, backslash, control character or byte
    /// outside ASCII. Each of the subtractions sets the highest bit of the byte that it finds; the lowest byte that is
    /// found has no borrow from a lower one, so it is the first.
    @inline(__always)
    private func plainBytes(at index: Int) -> Int {
        let word = UInt64(
            littleEndian: UnsafeRawBufferPointer(bytes).loadUnaligned(fromByteOffset: index, as: UInt64.self))
        let ones: UInt64 = 0x0101_0101_0101_0101
        let quotes = word ^ (ones &* 0x22)
        let backslashes = word ^ (ones &* 0x5c)
        let found = word | (word &- ones &* 0x20) | (quotes &- ones) | (backslashes &- ones)
        return (found & (ones &* 0x80)).trailingZeroBitCount / 8
    }

    /// Standing on the backslash.
    private mutating func readEscape() throws(JSONError) {
        let start = position
        guard position &+ 1 < bytes.count else { throw JSONError(.endsTooSoon, at: bytes.count) }
        position &+= 2
        switch bytes[position &- 1] {
        case 0x22, 0x5c, 0x2f, 0x62, 0x66, 0x6e, 0x72, 0x74: break
        case 0x75:
            for _ in 0..<4 {
                guard position < bytes.count else { throw JSONError(.endsTooSoon, at: position) }
                guard hexValue(bytes[position]) != nil else { throw JSONError(.badEscape, at: start) }
                position &+= 1
            }
        default: throw JSONError(.badEscape, at: start)
        }
    }
}

/// What a string's escapes stand for. The reader has found them well-formed; were they not, they would be left out.
struct JSONUnescaper {
    private let bytes: UnsafeBufferPointer<UInt8>
    private let end: Int
    private var position: Int
    private var content: Bytes = []

    static func content(_ bytes: UnsafeBufferPointer<UInt8>, _ range: Range<Int>) -> Bytes {
        var unescaper = JSONUnescaper(bytes, range)
        unescaper.run()
        return unescaper.content
    }

    private init(_ bytes: UnsafeBufferPointer<UInt8>, _ range: Range<Int>) {
        self.bytes = bytes
        position = range.lowerBound
        end = range.upperBound
        content.reserveCapacity(range.count)
    }

    private mutating func run() {
        while position < end {
            let start = position
            while position < end, bytes[position] != 0x5c { position &+= 1 }
            content.append(contentsOf: UnsafeBufferPointer(rebasing: bytes[start..<position]))
            if position < end { readEscape() }
        }
    }

    /// Standing on the backslash.
    private mutating func readEscape() {
        position &+= 2
        guard position <= end else { return }
        switch bytes[position &- 1] {
        case 0x22: content.append(0x22)
        case 0x5c: content.append(0x5c)
        case 0x2f: content.append(0x2f)
        case 0x62: content.append(0x08)
        case 0x66: content.append(0x0c)
        case 0x6e: content.append(0x0a)
        case 0x72: content.append(0x0d)
        case 0x74: content.append(0x09)
        case 0x75: readScalar()
        default: break
        }
    }

    /// Behind `\u`. A high surrogate takes a low one that follows it; each half alone becomes U+FFFD.
    private mutating func readScalar() {
        let unit = readUnit()
        if unit >= 0xd800, unit < 0xdc00, position &+ 1 < end, bytes[position] == 0x5c, bytes[position &+ 1] == 0x75 {
            let second = position
            position &+= 2
            let low = readUnit()
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
    private mutating func readUnit() -> UInt32 {
        var unit: UInt32 = 0
        for _ in 0..<4 where position < end {
            unit = unit << 4 | UInt32(hexValue(bytes[position]) ?? 0)
            position &+= 1
        }
        return unit
    }
}
