// Reads a JSON text by RFC 8259, strictly: no byte order mark, no trailing commas, nothing behind the document,
// nothing but UTF-8. An escaped surrogate without its other half becomes U+FFFD. Depth, size and number of values
// are bounded, so no text can exhaust the stack or the memory.

extension JSON {
    public static func parse(_ bytes: Bytes, limits: JSONLimits = JSONLimits()) throws(JSONError) -> JSON {
        try bytes.withUnsafeBufferPointer { buffer throws(JSONError) in
            try parse(buffer, limits: limits)
        }
    }

    public static func parse(_ bytes: ArraySlice<UInt8>, limits: JSONLimits = JSONLimits()) throws(JSONError) -> JSON {
        try bytes.withUnsafeBufferPointer { buffer throws(JSONError) in
            try parse(buffer, limits: limits)
        }
    }

    public static func parse(_ bytes: UnsafeBufferPointer<UInt8>, limits: JSONLimits) throws(JSONError) -> JSON {
        guard bytes.count <= limits.size else { throw JSONError(.tooLong, at: max(0, limits.size)) }
        var reader = JSONReader(
            bytes: bytes, depthLeft: min(limits.depth, JSONLimits.deepest), valuesLeft: limits.values)
        let value = try reader.readValue()
        reader.skipSpace()
        guard reader.position == bytes.count else { throw JSONError(.contentAfterTheEnd, at: reader.position) }
        return value
    }
}

struct JSONReader {
    let bytes: UnsafeBufferPointer<UInt8>
    var position = 0
    var depthLeft: Int
    var valuesLeft: Int

    init(bytes: UnsafeBufferPointer<UInt8>, depthLeft: Int, valuesLeft: Int) {
        self.bytes = bytes
        self.depthLeft = depthLeft
        self.valuesLeft = valuesLeft
    }

    @inline(__always)
    mutating func skipSpace() {
        while position < bytes.count {
            let byte = bytes[position]
            guard byte == 0x20 || byte == 0x0a || byte == 0x0d || byte == 0x09 else { return }
            position &+= 1
        }
    }

    /// The next byte that is no white space; not consumed.
    @inline(__always)
    mutating func peek() throws(JSONError) -> UInt8 {
        skipSpace()
        guard position < bytes.count else { throw JSONError(.endsTooSoon, at: position) }
        return bytes[position]
    }

    mutating func readValue() throws(JSONError) -> JSON {
        let first = try peek()
        guard valuesLeft > 0 else { throw JSONError(.tooManyValues, at: position) }
        valuesLeft &-= 1
        switch first {
        case 0x22: return .string(try readString())
        case 0x7b: return .object(try readMembers())
        case 0x5b: return .array(try readElements())
        case 0x2d, 0x30...0x39: return .number(try readNumber())
        case 0x74:
            try expect("true")
            return .bool(true)
        case 0x66:
            try expect("false")
            return .bool(false)
        case 0x6e:
            try expect("null")
            return .null
        default: throw JSONError(.unexpectedByte, at: position)
        }
    }

    private mutating func expect(_ word: StaticString) throws(JSONError) {
        for offset in 0..<word.utf8CodeUnitCount {
            guard position < bytes.count else { throw JSONError(.endsTooSoon, at: position) }
            guard bytes[position] == word.utf8Start[offset] else { throw JSONError(.unexpectedByte, at: position) }
            position &+= 1
        }
    }

    private mutating func enter() throws(JSONError) {
        guard depthLeft > 0 else { throw JSONError(.tooDeep, at: position) }
        depthLeft &-= 1
        position &+= 1
    }

    /// After an element: true at a comma, false at the closing bracket.
    @inline(__always)
    private mutating func goesOn(until close: UInt8) throws(JSONError) -> Bool {
        let next = try peek()
        guard next == 0x2c || next == close else { throw JSONError(.unexpectedByte, at: position) }
        position &+= 1
        return next == 0x2c
    }

    private mutating func readElements() throws(JSONError) -> [JSON] {
        try enter()
        defer { depthLeft &+= 1 }
        var elements: [JSON] = []
        if try peek() == 0x5d {
            position &+= 1
            return elements
        }
        repeat {
            elements.append(try readValue())
        } while try goesOn(until: 0x5d)
        return elements
    }

    private mutating func readMembers() throws(JSONError) -> [JSONMember] {
        try enter()
        defer { depthLeft &+= 1 }
        var members: [JSONMember] = []
        if try peek() == 0x7d {
            position &+= 1
            return members
        }
        repeat {
            guard try peek() == 0x22 else { throw JSONError(.unexpectedByte, at: position) }
            let name = try readString()
            guard try peek() == 0x3a else { throw JSONError(.unexpectedByte, at: position) }
            position &+= 1
            members.append(JSONMember(name: name, value: try readValue()))
        } while try goesOn(until: 0x7d)
        return members
    }
}
