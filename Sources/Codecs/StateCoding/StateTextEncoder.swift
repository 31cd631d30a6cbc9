// What a type sees of the writer: an encoder, and the three kinds of container.

struct StateTextEncoder: Encoder {
    let writer: StateWriter

    var codingPath: [any CodingKey] { [] }
    var userInfo: [CodingUserInfoKey: Any] { [:] }

    func container<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedEncodingContainer<Key> {
        writer.open(isObject: true)
        return KeyedEncodingContainer(StateTextMembers<Key>(writer: writer, level: writer.depth))
    }

    func unkeyedContainer() -> any UnkeyedEncodingContainer {
        writer.open(isObject: false)
        return StateTextElements(writer: writer, level: writer.depth)
    }

    func singleValueContainer() -> any SingleValueEncodingContainer {
        StateTextSingle(writer: writer)
    }
}

private struct StateTextMembers<Key: CodingKey>: KeyedEncodingContainerProtocol {
    let writer: StateWriter
    let level: Int

    var codingPath: [any CodingKey] { [] }

    func encodeNil(forKey key: Key) {
        writer.member(key, at: level)
        writer.write(json: .null)
    }

    func encode(_ value: Bool, forKey key: Key) {
        writer.member(key, at: level)
        writer.write(flag: value)
    }

    func encode(_ value: String, forKey key: Key) { write(.string(value), key) }
    func encode(_ value: Double, forKey key: Key) { write(StateEncoder.json(of: value), key) }
    func encode(_ value: Float, forKey key: Key) { write(StateEncoder.json(of: value), key) }
    func encode(_ value: Int128, forKey key: Key) { write(.number(value), key) }
    func encode(_ value: UInt128, forKey key: Key) { write(.number(value), key) }

    func encode<Number: FixedWidthInteger & Encodable>(_ value: Number, forKey key: Key) {
        writer.member(key, at: level)
        writer.write(number: value)
    }

    func encode<Value: Encodable>(_ value: Value, forKey key: Key) throws {
        writer.member(key, at: level)
        try writer.write(value)
    }

    private func write(_ value: JSON, _ key: Key) {
        writer.member(key, at: level)
        writer.write(json: value)
    }

    func nestedContainer<Inner: CodingKey>(
        keyedBy type: Inner.Type, forKey key: Key
    ) -> KeyedEncodingContainer<Inner> {
        writer.member(key, at: level)
        return StateTextEncoder(writer: writer).container(keyedBy: type)
    }

    func nestedUnkeyedContainer(forKey key: Key) -> any UnkeyedEncodingContainer {
        writer.member(key, at: level)
        return StateTextEncoder(writer: writer).unkeyedContainer()
    }

    func superEncoder() -> any Encoder {
        writer.member(StateKey.superclass, at: level)
        return StateTextEncoder(writer: writer)
    }

    func superEncoder(forKey key: Key) -> any Encoder {
        writer.member(key, at: level)
        return StateTextEncoder(writer: writer)
    }
}

private struct StateTextElements: UnkeyedEncodingContainer {
    let writer: StateWriter
    let level: Int
    private(set) var count = 0

    init(writer: StateWriter, level: Int) {
        self.writer = writer
        self.level = level
    }

    var codingPath: [any CodingKey] { [] }

    private mutating func next() {
        writer.element(at: level)
        count &+= 1
    }

    private mutating func write(_ value: JSON) {
        next()
        writer.write(json: value)
    }

    mutating func encodeNil() { write(.null) }
    mutating func encode(_ value: Bool) { write(.bool(value)) }
    mutating func encode(_ value: String) { write(.string(value)) }
    mutating func encode(_ value: Double) { write(StateEncoder.json(of: value)) }
    mutating func encode(_ value: Float) { write(StateEncoder.json(of: value)) }
    mutating func encode(_ value: Int128) { write(.number(value)) }
    mutating func encode(_ value: UInt128) { write(.number(value)) }

    mutating func encode<Number: FixedWidthInteger & Encodable>(_ value: Number) {
        next()
        writer.write(number: value)
    }

    mutating func encode<Value: Encodable>(_ value: Value) throws {
        next()
        try writer.write(value)
    }

    mutating func nestedContainer<Inner: CodingKey>(keyedBy type: Inner.Type) -> KeyedEncodingContainer<Inner> {
        next()
        return StateTextEncoder(writer: writer).container(keyedBy: type)
    }

    mutating func nestedUnkeyedContainer() -> any UnkeyedEncodingContainer {
        next()
        return StateTextEncoder(writer: writer).unkeyedContainer()
    }

    mutating func superEncoder() -> any Encoder {
        next()
        return StateTextEncoder(writer: writer)
    }
}

private struct StateTextSingle: SingleValueEncodingContainer {
    let writer: StateWriter

    var codingPath: [any CodingKey] { [] }

    func encodeNil() { writer.write(json: .null) }
    func encode(_ value: Bool) { writer.write(flag: value) }
    func encode(_ value: String) { writer.write(json: .string(value)) }
    func encode(_ value: Double) { writer.write(json: StateEncoder.json(of: value)) }
    func encode(_ value: Float) { writer.write(json: StateEncoder.json(of: value)) }
    func encode(_ value: Int128) { writer.write(json: .number(value)) }
    func encode(_ value: UInt128) { writer.write(json: .number(value)) }

    func encode<Number: FixedWidthInteger & Encodable>(_ value: Number) {
        writer.write(number: value)
    }

    func encode<Value: Encodable>(_ value: Value) throws {
        try writer.write(value)
    }
}
