// A JSON text that was read, to be looked into where it lies. For messages of which few values are wanted: nothing is
// copied before somebody asks for it.

public struct JSONText: Sendable {
    /// One value of this text.
    public struct Place: Hashable, Sendable {
        fileprivate let index: Int
    }

    public enum Kind: Sendable { case null, bool, number, string, array, object }

    private let bytes: Bytes
    private let nodes: [JSONNode]

    public init(_ bytes: Bytes, limits: JSONLimits = JSONLimits()) throws(JSONError) {
        self.bytes = bytes
        nodes = try bytes.withUnsafeBufferPointer { buffer throws(JSONError) in
            try JSONReader.nodes(of: buffer, limits: limits)
        }
    }

    /// A place of another text could lie anywhere.
    @inline(__always)
    private func node(_ place: Place) -> JSONNode {
        nodes.indices.contains(place.index) ? nodes[place.index] : JSONNode(kind: .null, start: 0, end: 0, next: 0)
    }

    /// The document itself.
    public var root: Place { Place(index: 0) }

    public func kind(_ place: Place) -> Kind {
        switch node(place).kind {
        case .null: .null
        case .true, .false: .bool
        case .number: .number
        case .plainString, .escapedString, .plainName, .escapedName: .string
        case .array: .array
        case .object: .object
        }
    }

    // MARK: - Scalars

    public func bool(_ place: Place) -> Bool? {
        switch node(place).kind {
        case .true: true
        case .false: false
        case .null, .number, .plainString, .escapedString, .array, .object, .plainName, .escapedName: nil
        }
    }

    /// A whole number, also where it is written `1e6` or `3.0`; nil where it has a fraction or does not fit.
    public func int(_ place: Place) -> Int? {
        let node = node(place)
        return node.kind == .number ? JSON.whole(Bytes(bytes[node.range])) : nil
    }

    /// A string's content, unescaped.
    public func string(_ place: Place) -> Bytes? {
        let node = node(place)
        switch node.kind {
        case .plainString, .plainName: return Bytes(bytes[node.range])
        case .escapedString, .escapedName:
            return bytes.withUnsafeBufferPointer { JSONUnescaper.content($0, node.range) }
        case .null, .true, .false, .number, .array, .object: return nil
        }
    }

    // MARK: - What holds others

    /// The elements of a list or the values of an object; none of anything else.
    public func values(in place: Place) -> Values {
        let node = node(place)
        let isObject = node.kind == .object
        return Values(
            text: self, index: place.index &+ (isObject ? 2 : 1), end: Int(node.next), step: isObject ? 1 : 0)
    }

    public struct Values: Sequence, IteratorProtocol {
        fileprivate let text: JSONText
        fileprivate var index: Int
        fileprivate let end: Int
        /// Over the name before the next value.
        fileprivate let step: Int

        public mutating func next() -> Place? {
            guard index < end else { return nil }
            let place = Place(index: index)
            index = Int(text.node(place).next) &+ step
            return place
        }
    }

    public func isEmpty(_ place: Place) -> Bool {
        Int(node(place).next) == place.index &+ 1
    }

    /// The name of a member, by its value.
    public func name(of value: Place) -> Bytes {
        string(Place(index: value.index &- 1)) ?? []
    }

    /// The value of the last member of that name in an object, and which of its members that is.
    public func member(_ name: StaticString, of object: Place) -> (value: Place, number: Int)? {
        let node = node(object)
        guard node.kind == .object else { return nil }
        return name.withUTF8Buffer { name in
            bytes.withUnsafeBufferPointer { bytes in
                nodes.withUnsafeBufferPointer { nodes in
                    JSONText.member(name, from: object.index &+ 1, to: Int(node.next), bytes, nodes)
                }
            }
        }
    }

    private static func member(
        _ name: UnsafeBufferPointer<UInt8>, from start: Int, to end: Int, _ bytes: UnsafeBufferPointer<UInt8>,
        _ nodes: UnsafeBufferPointer<JSONNode>
    ) -> (value: Place, number: Int)? {
        var found = 0
        var foundNumber = 0
        var index = start
        var number = 0
        while index &+ 1 < end {
            if isNamed(nodes[index], name, bytes) { (found, foundNumber) = (index &+ 1, number) }
            index = Int(nodes[index &+ 1].next)
            number &+= 1
        }
        return found > 0 ? (Place(index: found), foundNumber) : nil
    }

    @inline(__always)
    private static func isNamed(
        _ node: JSONNode, _ name: UnsafeBufferPointer<UInt8>, _ bytes: UnsafeBufferPointer<UInt8>
    ) -> Bool {
        // Most names differ in their length already; an escape makes a name longer than what it stands for.
        guard Int(node.end &- node.start) >= name.count else { return false }
        if node.kind == .escapedName { return JSONUnescaper.content(bytes, node.range).elementsEqual(name) }
        guard node.kind == .plainName, Int(node.end &- node.start) == name.count else { return false }
        for offset in name.indices where bytes[Int(node.start) &+ offset] != name[offset] { return false }
        return true
    }

    // MARK: - All that lies below

    /// Every string in a value, at any depth, without the names of members; in the order of the text.
    public func eachString(in place: Place, _ take: (Bytes) -> Void) {
        for index in place.index..<max(place.index, Int(node(place).next)) {
            switch nodes[index].kind {
            case .plainString, .escapedString: if let content = string(Place(index: index)) { take(content) }
            case .null, .true, .false, .number, .array, .object, .plainName, .escapedName: break
            }
        }
    }

    /// Whether a member of that name is true in a value, at any depth.
    public func holdsTrue(named name: StaticString, in place: Place) -> Bool {
        let end = Int(node(place).next)
        return name.withUTF8Buffer { name in
            bytes.withUnsafeBufferPointer { bytes in
                var index = place.index &+ 1
                while index < end {
                    if nodes[index].kind == .true, JSONText.isNamed(nodes[index &- 1], name, bytes) { return true }
                    index &+= 1
                }
                return false
            }
        }
    }

    // MARK: - Written again

    /// In the compact form, as `JSON.encoded` writes it.
    public func encoded(_ place: Place) -> Bytes {
        var output = Bytes()
        output.reserveCapacity(node(place).range.count)
        encode(place, into: &output)
        return output
    }

    public func encode(_ place: Place, into output: inout Bytes) {
        let node = node(place)
        switch node.kind {
        case .null, .true, .false, .number: output.append(contentsOf: bytes[node.range])
        case .plainString, .plainName:
            // Nothing in it needed an escape when it was read, so nothing needs one now.
            output.append(0x22)
            output.append(contentsOf: bytes[node.range])
            output.append(0x22)
        case .escapedString, .escapedName: JSON.quote(string(place) ?? [], into: &output)
        case .array: encodeElements(place, into: &output)
        case .object: encodeMembers(place, into: &output)
        }
    }

    private func encodeElements(_ place: Place, into output: inout Bytes) {
        output.append(0x5b)
        var isFirst = true
        for value in values(in: place) {
            if !isFirst { output.append(0x2c) }
            isFirst = false
            encode(value, into: &output)
        }
        output.append(0x5d)
    }

    private func encodeMembers(_ place: Place, into output: inout Bytes) {
        output.append(0x7b)
        var isFirst = true
        for value in values(in: place) {
            if !isFirst { output.append(0x2c) }
            isFirst = false
            encodeMember(value, into: &output)
        }
        output.append(0x7d)
    }

    /// A name, a colon and the value.
    public func encodeMember(_ value: Place, into output: inout Bytes) {
        encode(Place(index: value.index &- 1), into: &output)
        output.append(0x3a)
        encode(value, into: &output)
    }
}
