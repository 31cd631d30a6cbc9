// Reads a JSON text by RFC 8259, strictly: no byte order mark, no trailing commas, nothing behind the document,
// nothing but UTF-8. An escaped surrogate without its other half becomes U+FFFD. Depth, size and number of values
// are bounded, so no text can exhaust the stack or the memory.
//
// One walk checks the whole text and notes where each value lies. What is made of it, a tree (`JSON.parse`) or a view
// (`JSONText`), comes after and can't fail any more.

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
        let nodes = try JSONReader.nodes(of: bytes, limits: limits)
        return JSONTree(bytes: bytes, nodes: nodes).value(at: 0)
    }
}

/// One value, or the name of a member, where it lies in its text. Nodes follow each other as in the text, so what a
/// list or an object holds stands right behind it: elements, or names and values by turns.
struct JSONNode {
    enum Kind: UInt8 {
        case null, `true`, `false`, number, plainString, escapedString, array, object
        /// Of the member whose value comes next.
        case plainName, escapedName
    }

    let kind: Kind
    /// Of a string, what lies between the quotes.
    let start: UInt32
    var end: UInt32
    /// The index of the first node behind this one and all that it holds.
    var next: UInt32

    var range: Range<Int> { Int(start)..<Int(end) }
}

struct JSONReader {
    let bytes: UnsafeBufferPointer<UInt8>
    var position = 0
    var depthLeft: Int
    var valuesLeft: Int
    private var nodes: [JSONNode] = []

    init(bytes: UnsafeBufferPointer<UInt8>, depthLeft: Int, valuesLeft: Int) {
        self.bytes = bytes
        self.depthLeft = depthLeft
        self.valuesLeft = valuesLeft
    }

    static func nodes(of bytes: UnsafeBufferPointer<UInt8>, limits: JSONLimits) throws(JSONError) -> [JSONNode] {
        let most = min(limits.size, Int(UInt32.max))
        guard bytes.count <= most else { throw JSONError(.tooLong, at: max(0, most)) }
        var reader = JSONReader(
            bytes: bytes, depthLeft: min(limits.depth, JSONLimits.deepest), valuesLeft: limits.values)
        // Enough for most texts; a text of nothing but short values grows it twice.
        reader.nodes.reserveCapacity(bytes.count / 12 &+ 4)
        try reader.readValue()
        reader.skipSpace()
        guard reader.position == bytes.count else { throw JSONError(.contentAfterTheEnd, at: reader.position) }
        return reader.nodes
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

    @inline(__always)
    private mutating func note(_ kind: JSONNode.Kind, _ range: Range<Int>) {
        nodes.append(
            JSONNode(
                kind: kind, start: UInt32(truncatingIfNeeded: range.lowerBound),
                end: UInt32(truncatingIfNeeded: range.upperBound), next: UInt32(truncatingIfNeeded: nodes.count &+ 1)))
    }

    mutating func readValue() throws(JSONError) {
        let first = try peek()
        guard valuesLeft > 0 else { throw JSONError(.tooManyValues, at: position) }
        valuesLeft &-= 1
        let start = position
        switch first {
        case 0x22:
            let (content, escaped) = try readString()
            note(escaped ? .escapedString : .plainString, content)
        case 0x7b: try readMembers()
        case 0x5b: try readElements()
        case 0x2d, 0x30...0x39:
            try readNumber()
            note(.number, start..<position)
        case 0x74:
            try expect("true")
            note(.true, start..<position)
        case 0x66:
            try expect("false")
            note(.false, start..<position)
        case 0x6e:
            try expect("null")
            note(.null, start..<position)
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

    /// At the opening bracket; the index of the node.
    private mutating func enter(_ kind: JSONNode.Kind) throws(JSONError) -> Int {
        guard depthLeft > 0 else { throw JSONError(.tooDeep, at: position) }
        depthLeft &-= 1
        note(kind, position..<position)
        position &+= 1
        return nodes.count &- 1
    }

    /// Behind the closing bracket.
    private mutating func leave(_ index: Int) {
        depthLeft &+= 1
        nodes[index].end = UInt32(truncatingIfNeeded: position)
        nodes[index].next = UInt32(truncatingIfNeeded: nodes.count)
    }

    /// After an element: true at a comma, false at the closing bracket.
    @inline(__always)
    private mutating func goesOn(until close: UInt8) throws(JSONError) -> Bool {
        let next = try peek()
        guard next == 0x2c || next == close else { throw JSONError(.unexpectedByte, at: position) }
        position &+= 1
        return next == 0x2c
    }

    private mutating func readElements() throws(JSONError) {
        let index = try enter(.array)
        defer { leave(index) }
        if try peek() == 0x5d {
            position &+= 1
            return
        }
        repeat {
            try readValue()
        } while try goesOn(until: 0x5d)
    }

    private mutating func readMembers() throws(JSONError) {
        let index = try enter(.object)
        defer { leave(index) }
        if try peek() == 0x7d {
            position &+= 1
            return
        }
        repeat {
            guard try peek() == 0x22 else { throw JSONError(.unexpectedByte, at: position) }
            let (name, escaped) = try readString()
            note(escaped ? .escapedName : .plainName, name)
            guard try peek() == 0x3a else { throw JSONError(.unexpectedByte, at: position) }
            position &+= 1
            try readValue()
        } while try goesOn(until: 0x7d)
    }
}
