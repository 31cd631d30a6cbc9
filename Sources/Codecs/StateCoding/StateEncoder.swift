// Collects what a type encodes of itself.

/// What was encoded in one place so far. Shared by all containers of that place.
final class StateNode {
    enum Slot {
        case value(JSON)
        case node(StateNode)
    }

    private enum Shape { case nothing, single, keyed, unkeyed }

    private var shape = Shape.nothing
    private var conflict = false
    private var single = JSON.null
    private var members: [(name: Bytes, slot: Slot)] = []
    private var elements: [Slot] = []
    /// Cases are written by their names also where their type gives them numbers; for people, not to be read again.
    let names: Bool

    init(names: Bool) {
        self.names = names
    }

    var count: Int { elements.count }

    private func claim(_ wanted: Shape) {
        if shape != .nothing && shape != wanted { conflict = true }
        shape = wanted
    }

    func beKeyed() { claim(.keyed) }

    func beUnkeyed() { claim(.unkeyed) }

    func set(_ value: JSON) {
        if shape == .single { conflict = true }
        claim(.single)
        single = value
    }

    func add(_ key: some CodingKey, _ slot: Slot) {
        members.append((Bytes(text: key.stringValue), slot))
    }

    func add(_ slot: Slot) {
        elements.append(slot)
    }

    /// A type that encoded nothing is an empty object.
    func json(at path: StatePath?) throws(StateCodingError) -> JSON {
        guard !conflict else { throw StateCodingError(.conflict, at: path) }
        switch shape {
        case .single: return single
        case .nothing, .keyed:
            var resolved: [JSONMember] = []
            resolved.reserveCapacity(members.count)
            for member in members {
                resolved.append(JSONMember(name: member.name, value: try StateNode.resolve(member.slot, path)))
            }
            return .object(resolved)
        case .unkeyed:
            var resolved: [JSON] = []
            resolved.reserveCapacity(elements.count)
            for element in elements { resolved.append(try StateNode.resolve(element, path)) }
            return .array(resolved)
        }
    }

    private static func resolve(_ slot: Slot, _ path: StatePath?) throws(StateCodingError) -> JSON {
        switch slot {
        case .value(let value): value
        case .node(let node): try node.json(at: path)
        }
    }
}

struct StateEncoder: Encoder {
    let node: StateNode
    let path: StatePath?

    var codingPath: [any CodingKey] { StatePath.keys(path) }
    var userInfo: [CodingUserInfoKey: Any] { [:] }

    func container<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedEncodingContainer<Key> {
        node.beKeyed()
        return KeyedEncodingContainer(StateKeyedEncoder<Key>(node: node, path: path))
    }

    func unkeyedContainer() -> any UnkeyedEncodingContainer {
        node.beUnkeyed()
        return StateUnkeyedEncoder(node: node, path: path)
    }

    func singleValueContainer() -> any SingleValueEncodingContainer {
        StateSingleEncoder(node: node, path: path)
    }

    /// Byte strings and JSON documents have forms of their own; everything else says itself what it is.
    static func json<Value: Encodable>(of value: Value, path: StatePath?, names: Bool = false) throws -> JSON {
        if names, let raw = value as? any RawRepresentable, !(raw.rawValue is String) { return .string("\(value)") }
        if Value.self == Bytes.self, let bytes = value as? Bytes { return .string(StateText.write(bytes)) }
        if Value.self == JSON.self, let document = value as? JSON { return StateDocument.write(document) }
        let node = StateNode(names: names)
        try value.encode(to: StateEncoder(node: node, path: path))
        return try node.json(at: path)
    }

    static func json(of number: Double) -> JSON {
        if number.isNaN { return .string(Bytes(text: "nan")) }
        if number.isInfinite { return .string(Bytes(text: number < 0 ? "-inf" : "inf")) }
        return .number(Bytes(text: number.description))
    }

    static func json(of number: Float) -> JSON {
        number.isFinite ? .number(Bytes(text: number.description)) : json(of: Double(number))
    }
}
