// Bytes from anywhere, written so that they can neither leave their place in a line nor turn a terminal round.

public enum LogText {
    private enum Piece {
        case plain
        case control(UInt8)
        /// A character that must not reach a terminal, and its length.
        case hostile(UInt32, Int)
        case invalid(UInt8)
    }

    /// Nothing to write out, as nearly always. Bytes above ASCII are left to the walk.
    private static func isPlain(_ bytes: Bytes, quotesMatter: Bool) -> Bool {
        for byte in bytes {
            if byte < 0x20 || byte >= 0x7f || (quotesMatter && (byte == 0x22 || byte == 0x5c)) { return false }
        }
        return true
    }

    /// For a terminal: `\n`, `\x1b`, `\u{202e}`; a backslash stays what it is.
    public static func plain(_ bytes: Bytes, into output: inout Bytes) {
        if isPlain(bytes, quotesMatter: false) { return output.append(contentsOf: bytes) }
        each(bytes) { piece, source in
            switch piece {
            case .plain: output.append(contentsOf: source)
            case .control(0x09): output.append(0x09)
            case .control(let byte): control(byte, into: &output)
            case .hostile(let scalar, _): output.append(text: "\\u{\(hex(scalar))}")
            case .invalid(let byte): control(byte, into: &output)
            }
        }
    }

    /// A field's value: quoted unless it is a plain word.
    public static func value(_ bytes: Bytes, into output: inout Bytes) {
        if !bytes.isEmpty, bytes.allSatisfy(isWord) { return output.append(contentsOf: bytes) }
        output.append(0x22)
        if isPlain(bytes, quotesMatter: true) {
            output.append(contentsOf: bytes)
            output.append(0x22)
            return
        }
        var escaped = Bytes()
        for byte in bytes {
            if byte == 0x22 || byte == 0x5c { escaped.append(0x5c) }
            escaped.append(byte)
        }
        plain(escaped, into: &output)
        output.append(0x22)
    }

    public static func json(_ bytes: Bytes, into output: inout Bytes) {
        output.append(0x22)
        if isPlain(bytes, quotesMatter: true) {
            output.append(contentsOf: bytes)
            output.append(0x22)
            return
        }
        each(bytes) { piece, source in
            switch piece {
            case .plain:
                for byte in source {
                    if byte == 0x22 || byte == 0x5c { output.append(0x5c) }
                    output.append(byte)
                }
            case .control(0x09): output.append(text: "\\t")
            case .control(0x0a): output.append(text: "\\n")
            case .control(0x0d): output.append(text: "\\r")
            case .control(let byte): unit(UInt32(byte), into: &output)
            case .hostile(let scalar, _): unit(scalar, into: &output)
            case .invalid: output.append(text: "\u{fffd}")
            }
        }
        output.append(0x22)
    }

    public static func list(_ numbers: [Int], into output: inout Bytes) {
        for (index, number) in numbers.enumerated() {
            if index > 0 { output.append(0x2c) }
            output.append(decimal: number)
        }
    }

    public static func cut(_ bytes: Bytes, at limit: Int) -> Bytes {
        guard bytes.count > limit else { return bytes }
        return Bytes(bytes.prefix(limit)) + Bytes(text: " ... (\(bytes.count &- limit) bytes more)")
    }

    private static func isWord(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5a, 0x61...0x7a, 0x2b, 0x2c, 0x2d, 0x2e, 0x2f, 0x3a, 0x40, 0x5f: true
        default: false
        }
    }

    private static func control(_ byte: UInt8, into output: inout Bytes) {
        switch byte {
        case 0x0a: output.append(text: "\\n")
        case 0x0d: output.append(text: "\\r")
        default:
            output.append(text: "\\x")
            output.append(contentsOf: [byte].hex)
        }
    }

    /// `\u001b`. What is hostile lies below 0x10000.
    private static func unit(_ scalar: UInt32, into output: inout Bytes) {
        output.append(text: "\\u")
        output.append(contentsOf: [UInt8(truncatingIfNeeded: scalar >> 8), UInt8(truncatingIfNeeded: scalar)].hex)
    }

    private static func hex(_ scalar: UInt32) -> String {
        String(scalar, radix: 16)
    }

    /// Walks the bytes; runs of harmless ones come as one piece.
    private static func each(_ bytes: Bytes, _ take: (Piece, ArraySlice<UInt8>) -> Void) {
        var start = 0
        var index = 0
        while index < bytes.count {
            let piece = bytes.withUnsafeBufferPointer { skipHarmless($0, &index) }
            if start < index { take(.plain, bytes[start..<index]) }
            guard let piece else { return }
            let length = if case .hostile(_, let length) = piece { length } else { 1 }
            take(piece, bytes[index..<index &+ length])
            index &+= length
            start = index
        }
    }

    /// Up to the next piece that has to be written out; nil at the end.
    private static func skipHarmless(_ bytes: UnsafeBufferPointer<UInt8>, _ index: inout Int) -> Piece? {
        while index < bytes.count {
            let byte = bytes[index]
            if byte < 0x80 {
                if byte < 0x20 || byte == 0x7f { return .control(byte) }
                index &+= 1
                continue
            }
            guard let length = characterLength(bytes, at: index) else { return .invalid(byte) }
            if length == 2, byte == 0xc2, bytes[index &+ 1] < 0xa0 { return .hostile(UInt32(bytes[index &+ 1]), 2) }
            if length == 3, let scalar = hostile(bytes[index], bytes[index &+ 1], bytes[index &+ 2]) {
                return .hostile(scalar, 3)
            }
            index &+= length
        }
        return nil
    }

    /// Line and paragraph separators, and everything that turns the direction of text.
    private static func hostile(_ first: UInt8, _ second: UInt8, _ third: UInt8) -> UInt32? {
        guard first == 0xe2, second == 0x80 || second == 0x81 else { return nil }
        let scalar = 0x2000 | UInt32(second & 0x3f) << 6 | UInt32(third & 0x3f)
        switch scalar {
        case 0x200e, 0x200f, 0x2028...0x202e, 0x2066...0x2069: return scalar
        default: return nil
        }
    }
}
