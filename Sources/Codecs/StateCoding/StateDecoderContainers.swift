// The three kinds of container that a type may ask a decoder for.

struct StateKeyedDecoder<Key: CodingKey>: KeyedDecodingContainerProtocol {
    let members: [JSONMember]
    let path: StatePath?

    var codingPath: [any CodingKey] { StatePath.keys(path) }
    var allKeys: [Key] { members.compactMap { Key(stringValue: $0.name.text) } }

    private func find(_ key: some CodingKey) -> JSON? {
        var name = key.stringValue
        return name.withUTF8 { bytes in
            members.last { $0.name.count == bytes.count && $0.name.elementsEqual(bytes) }?.value
        }
    }

    private func place(_ key: some CodingKey) throws -> StateDecoder {
        let inner = StatePath(path, key)
        guard let value = find(key) else { throw StateCodingError(.missing, at: inner) }
        return StateDecoder(value: value, path: inner)
    }

    func contains(_ key: Key) -> Bool { find(key) != nil }
    func decodeNil(forKey key: Key) throws -> Bool { try place(key).isNull }
    func decode(_ type: Bool.Type, forKey key: Key) throws -> Bool { try place(key).decodedBool() }
    func decode(_ type: String.Type, forKey key: Key) throws -> String { try place(key).decodedString() }
    func decode(_ type: Double.Type, forKey key: Key) throws -> Double { try place(key).decodedReal() }
    func decode(_ type: Float.Type, forKey key: Key) throws -> Float { try place(key).decodedReal() }
    func decode(_ type: Int128.Type, forKey key: Key) throws -> Int128 { try place(key).decodedInteger() }
    func decode(_ type: UInt128.Type, forKey key: Key) throws -> UInt128 { try place(key).decodedInteger() }

    func decode<Number: FixedWidthInteger & Decodable>(_ type: Number.Type, forKey key: Key) throws -> Number {
        try place(key).decodedInteger()
    }

    func decode<Value: Decodable>(_ type: Value.Type, forKey key: Key) throws -> Value {
        try place(key).decoded(type)
    }

    func nestedContainer<Inner: CodingKey>(
        keyedBy type: Inner.Type, forKey key: Key
    ) throws -> KeyedDecodingContainer<Inner> {
        try place(key).container(keyedBy: type)
    }

    func nestedUnkeyedContainer(forKey key: Key) throws -> any UnkeyedDecodingContainer {
        try place(key).unkeyedContainer()
    }

    func superDecoder() throws -> any Decoder { try place(StateKey.superclass) }

    func superDecoder(forKey key: Key) throws -> any Decoder { try place(key) }
}

struct StateUnkeyedDecoder: UnkeyedDecodingContainer {
    let elements: [JSON]
    let path: StatePath?
    var currentIndex = 0

    init(elements: [JSON], path: StatePath?) {
        self.elements = elements
        self.path = path
    }

    var codingPath: [any CodingKey] { StatePath.keys(path) }
    var count: Int? { elements.count }
    var isAtEnd: Bool { currentIndex >= elements.count }

    /// The current element; the index moves on once it was read well.
    private mutating func next<Value>(_ read: (StateDecoder) throws -> Value) throws -> Value {
        let inner = StatePath(path, StateKey(index: currentIndex))
        guard elements.indices.contains(currentIndex) else { throw StateCodingError(.nothingLeft, at: inner) }
        let value = try read(StateDecoder(value: elements[currentIndex], path: inner))
        currentIndex += 1
        return value
    }

    mutating func decodeNil() throws -> Bool {
        guard elements.indices.contains(currentIndex) else {
            throw StateCodingError(.nothingLeft, at: StatePath(path, StateKey(index: currentIndex)))
        }
        guard case .null = elements[currentIndex] else { return false }
        currentIndex += 1
        return true
    }

    mutating func decode(_ type: Bool.Type) throws -> Bool { try next { try $0.decodedBool() } }
    mutating func decode(_ type: String.Type) throws -> String { try next { try $0.decodedString() } }
    mutating func decode(_ type: Double.Type) throws -> Double { try next { try $0.decodedReal() } }
    mutating func decode(_ type: Float.Type) throws -> Float { try next { try $0.decodedReal() } }
    mutating func decode(_ type: Int128.Type) throws -> Int128 { try next { try $0.decodedInteger() } }
    mutating func decode(_ type: UInt128.Type) throws -> UInt128 { try next { try $0.decodedInteger() } }

    mutating func decode<Number: FixedWidthInteger & Decodable>(_ type: Number.Type) throws -> Number {
        try next { try $0.decodedInteger() }
    }

    mutating func decode<Value: Decodable>(_ type: Value.Type) throws -> Value {
        try next { try $0.decoded(type) }
    }

    mutating func nestedContainer<Inner: CodingKey>(
        keyedBy type: Inner.Type
    ) throws -> KeyedDecodingContainer<Inner> {
        try next { try $0.container(keyedBy: type) }
    }

    mutating func nestedUnkeyedContainer() throws -> any UnkeyedDecodingContainer {
        try next { try $0.unkeyedContainer() }
    }

    mutating func superDecoder() throws -> any Decoder { try next { $0 } }
}

struct StateSingleDecoder: SingleValueDecodingContainer {
    let decoder: StateDecoder

    var codingPath: [any CodingKey] { decoder.codingPath }

    func decodeNil() -> Bool { decoder.isNull }
    func decode(_ type: Bool.Type) throws -> Bool { try decoder.decodedBool() }
    func decode(_ type: String.Type) throws -> String { try decoder.decodedString() }
    func decode(_ type: Double.Type) throws -> Double { try decoder.decodedReal() }
    func decode(_ type: Float.Type) throws -> Float { try decoder.decodedReal() }
    func decode(_ type: Int128.Type) throws -> Int128 { try decoder.decodedInteger() }
    func decode(_ type: UInt128.Type) throws -> UInt128 { try decoder.decodedInteger() }

    func decode<Number: FixedWidthInteger & Decodable>(_ type: Number.Type) throws -> Number {
        try decoder.decodedInteger()
    }

    func decode<Value: Decodable>(_ type: Value.Type) throws -> Value {
        try decoder.decoded(type)
    }
}
