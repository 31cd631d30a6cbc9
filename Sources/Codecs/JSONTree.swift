// From the nodes of a text to the tree that says the same.

struct JSONTree {
    let bytes: UnsafeBufferPointer<UInt8>
    let nodes: [JSONNode]

    /// The reader bounds how deep this goes.
    func value(at index: Int) -> JSON {
        guard nodes.indices.contains(index) else { return .null }
        let node = nodes[index]
        switch node.kind {
        case .null: return .null
        case .true: return .bool(true)
        case .false: return .bool(false)
        case .number: return .number(copy(node.range))
        case .plainString, .plainName: return .string(copy(node.range))
        case .escapedString, .escapedName: return .string(JSONUnescaper.content(bytes, node.range))
        case .array:
            var elements: [JSON] = []
            var place = index &+ 1
            while place < Int(node.next) {
                elements.append(value(at: place))
                place = Int(nodes[place].next)
            }
            return .array(elements)
        case .object:
            var members: [JSONMember] = []
            var place = index &+ 1
            while place &+ 1 < Int(node.next) {
                members.append(JSONMember(name: name(at: place), value: value(at: place &+ 1)))
                place = Int(nodes[place &+ 1].next)
            }
            return .object(members)
        }
    }

    private func name(at index: Int) -> Bytes {
        let node = nodes[index]
        return node.kind == .escapedName ? JSONUnescaper.content(bytes, node.range) : copy(node.range)
    }

    @inline(__always)
    private func copy(_ range: Range<Int>) -> Bytes {
        Bytes(UnsafeBufferPointer(rebasing: bytes[range]))
    }
}
