// The three kinds of container that a type may ask an encoder for.

struct StateKeyedEncoder<Key: CodingKey>: KeyedEncodingContainerProtocol {
    let node: StateNode
    let path: StatePath?

    var codingPath: [any CodingKey] { StatePath.keys(path) }

    func encodeNil(forKey key: Key) { node.add(key, .value(.null)) }
    func encode(_ value: Bool, forKey key: Key) { node.add(key, .value(.bool(value))) }
    func encode(_ value: String, forKey key: Key) { node.add(key, .value(.string(value))) }
    func encode(_ value: Double, forKey key: Key) { node.add(key, .value(StateEncoder.json(of: value))) }
    func encode(_ value: Float, forKey key: Key) { node.add(key, .value(StateEncoder.json(of: value))) }
    func encode(_ value: Int128, forKey key: Key) { node.add(key, .value(.number(value))) }
    func encode(_ value: UInt128, forKey key: Key) { node.add(key, .value(.number(value))) }

    func encode<Number: FixedWidthInteger & Encodable>(_ value: Number, forKey key: Key) {
        node.add(key, .value(.number(value)))
    }

    func encode<Value: Encodable>(_ value: Value, forKey key: Key) throws {
        node.add(key, .value(try StateEncoder.json(of: value, path: StatePath(path, key), names: node.names)))
    }

    private func place(_ key: some CodingKey) -> StateEncoder {
        let inner = StateNode(names: node.names)
        node.add(key, .node(inner))
        return StateEncoder(node: inner, path: StatePath(path, key))
    }

    func nestedContainer<Inner: CodingKey>(
        keyedBy type: Inner.Type, forKey key: Key
    ) -> KeyedEncodingContainer<Inner> {
        place(key).container(keyedBy: type)
    }

    func nestedUnkeyedContainer(forKey key: Key) -> any UnkeyedEncodingContainer {
        place(key).unkeyedContainer()
    }

    func superEncoder() -> any Encoder { place(StateKey.superclass) }

    func superEncoder(forKey key: Key) -> any Encoder { place(key) }
}

struct StateUnkeyedEncoder: UnkeyedEncodingContainer {
    let node: StateNode
    let path: StatePath?

    var codingPath: [any CodingKey] { StatePath.keys(path) }
    var count: Int { node.count }

    func encodeNil() { node.add(.value(.null)) }
    func encode(_ value: Bool) { node.add(.value(.bool(value))) }
    func encode(_ value: String) { node.add(.value(.string(value))) }
    func encode(_ value: Double) { node.add(.value(StateEncoder.json(of: value))) }
    func encode(_ value: Float) { node.add(.value(StateEncoder.json(of: value))) }
    func encode(_ value: Int128) { node.add(.value(.number(value))) }
    func encode(_ value: UInt128) { node.add(.value(.number(value))) }

    func encode<Number: FixedWidthInteger & Encodable>(_ value: Number) {
        node.add(.value(.number(value)))
    }

    func encode<Value: Encodable>(_ value: Value) throws {
        let place = StatePath(path, StateKey(index: count))
        node.add(.value(try StateEncoder.json(of: value, path: place, names: node.names)))
    }

    private func place() -> StateEncoder {
        let inner = StateNode(names: node.names)
        let key = StateKey(index: count)
        node.add(.node(inner))
        return StateEncoder(node: inner, path: StatePath(path, key))
    }

    func nestedContainer<Inner: CodingKey>(keyedBy type: Inner.Type) -> KeyedEncodingContainer<Inner> {
        place().container(keyedBy: type)
    }

    func nestedUnkeyedContainer() -> any UnkeyedEncodingContainer { place().unkeyedContainer() }

    func superEncoder() -> any Encoder { place() }
}

struct StateSingleEncoder: SingleValueEncodingContainer {
    let node: StateNode
    let path: StatePath?

    var codingPath: [any CodingKey] { StatePath.keys(path) }

    func encodeNil() { node.set(.null) }
    func encode(_ value: Bool) { node.set(.bool(value)) }
    func encode(_ value: String) { node.set(.string(value)) }
    func encode(_ value: Double) { node.set(StateEncoder.json(of: value)) }
    func encode(_ value: Float) { node.set(StateEncoder.json(of: value)) }
    func encode(_ value: Int128) { node.set(.number(value)) }
    func encode(_ value: UInt128) { node.set(.number(value)) }

    func encode<Number: FixedWidthInteger & Encodable>(_ value: Number) {
        node.set(.number(value))
    }

    func encode<Value: Encodable>(_ value: Value) throws {
        node.set(try StateEncoder.json(of: value, path: path, names: node.names))
    }
}
