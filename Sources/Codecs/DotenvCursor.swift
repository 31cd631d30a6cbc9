// Walks over the bytes of a dotenv file and knows the line it is in. Every reading step gives nil where the line is
// malformed; whoever asked goes back to the line's start then.

struct DotenvCursor {
    private let bytes: Bytes
    private var position: Int
    private var line = 1

    init(_ bytes: Bytes) {
        self.bytes = bytes
        position = bytes.starts(with: [0xef, 0xbb, 0xbf]) ? 3 : 0
    }

    var current: UInt8? { byte(at: 0) }

    private func byte(at offset: Int) -> UInt8? {
        position &+ offset < bytes.count ? bytes[position &+ offset] : nil
    }

    private var isAtLineEnd: Bool {
        current == nil || current == 0x0a || (current == 0x0d && byte(at: 1) == 0x0a)
    }

    /// One byte further; over a CRLF as a whole.
    private mutating func advance() {
        if current == 0x0d && byte(at: 1) == 0x0a { position &+= 1 }
        if current == 0x0a { line &+= 1 }
        position &+= 1
    }

    private mutating func skipBlanks() {
        while let byte = current, isSpace(byte), !isAtLineEnd { position &+= 1 }
    }

    mutating func skipLine() {
        while !isAtLineEnd { position &+= 1 }
        if current != nil { advance() }
    }

    /// Past empty lines and comments; the number of the line where something else stands.
    mutating func nextStatement() -> Int? {
        while let byte = current {
            if byte == 0x23 {
                skipLine()
            } else if isSpace(byte) {
                advance()
            } else {
                return line
            }
        }
        return nil
    }

    /// Up to the value's first byte.
    mutating func readName() -> Bytes? {
        var name = readNameBytes()
        let start = position
        skipBlanks()
        if name.equals("export"), position > start, let byte = current, isNameByte(byte) {
            name = readNameBytes()
            skipBlanks()
        }
        guard !name.isEmpty, current == 0x3d || current == 0x3a else { return nil }
        position &+= 1
        skipBlanks()
        return name
    }

    private mutating func readNameBytes() -> Bytes {
        let start = position
        while let byte = current, isNameByte(byte) { position &+= 1 }
        return Bytes(bytes[start..<position])
    }

    private func isNameByte(_ byte: UInt8) -> Bool {
        isVariableByte(byte) || byte == 0x2e || byte == 0x2d
    }

    private func isVariableByte(_ byte: UInt8) -> Bool {
        byte &- 0x30 < 10 || (byte | 0x20) &- 0x61 < 26 || byte == 0x5f
    }

    /// Behind a value: white space and a comment, and nothing else.
    mutating func endLine() -> Bool {
        skipBlanks()
        guard isAtLineEnd || current == 0x23 else { return false }
        skipLine()
        return true
    }

    /// Everything up to the next single quote, as it is.
    mutating func readSingleQuoted() -> Bytes? {
        position &+= 1
        var value = Bytes()
        while let byte = current, byte != 0 {
            if byte == 0x27 {
                position &+= 1
                return value
            }
            take(into: &value)
        }
        return nil
    }

    /// Appends the current byte and goes on; a CRLF as a line feed.
    private mutating func take(into value: inout Bytes) {
        guard let byte = current else { return }
        value.append(byte == 0x0d && self.byte(at: 1) == 0x0a ? 0x0a : byte)
        advance()
    }

    /// `lookUp` gives the value of a name, or nil where the line is malformed by it.
    mutating func readDoubleQuoted(_ lookUp: (Bytes) -> Bytes?) -> Bytes? {
        position &+= 1
        var value = Bytes()
        while let byte = current, byte != 0 {
            if byte == 0x22 {
                position &+= 1
                return value
            }
            if byte == 0x5c {
                position &+= 1
                takeEscaped(into: &value)
            } else if let name = takeVariable() {
                guard let content = lookUp(name) else { return nil }
                value.append(contentsOf: content)
            } else {
                take(into: &value)
            }
        }
        return nil
    }

    /// Behind a backslash. What is no known escape stands for itself.
    private mutating func takeEscaped(into value: inout Bytes) {
        switch current {
        case 0x6e: value.append(0x0a)
        case 0x72: value.append(0x0d)
        case 0x74: value.append(0x09)
        case 0: return
        default:
            take(into: &value)
            return
        }
        position &+= 1
    }

    /// To the line's end or to a comment, without white space at the end. A backslash only escapes a dollar sign.
    mutating func readBare(_ lookUp: (Bytes) -> Bytes?) -> Bytes? {
        var value = Bytes()
        let end = bareEnd()
        while position < end, let byte = current, byte != 0 {
            if byte == 0x5c && self.byte(at: 1) == 0x24 {
                value.append(0x24)
                position &+= 2
            } else if let name = takeVariable() {
                guard let content = lookUp(name) else { return nil }
                value.append(contentsOf: content)
            } else {
                value.append(byte)
                position &+= 1
            }
        }
        return position < end ? nil : value
    }

    private func bareEnd() -> Int {
        var probe = self
        var end = position
        while !probe.isAtLineEnd, let byte = probe.current {
            if byte == 0x23, probe.position > 0, isSpace(bytes[probe.position &- 1]) { break }
            probe.position &+= 1
            if !isSpace(byte) { end = probe.position }
        }
        return end
    }

    /// The name in `$NAME` or `${NAME}`; nil, and nothing taken, where there is neither.
    private mutating func takeVariable() -> Bytes? {
        guard current == 0x24 else { return nil }
        let start = position
        position &+= 1
        let braced = current == 0x7b
        if braced { position &+= 1 }
        let first = position
        while let byte = current, braced ? isNameByte(byte) : isVariableByte(byte) { position &+= 1 }
        let name = Bytes(bytes[first..<position])
        if name.isEmpty || (braced && current != 0x7d) {
            position = start
            return nil
        }
        if braced { position &+= 1 }
        return name
    }
}
