// What a type sees of the reader: a decoder, and the three kinds of container.

struct StateTextDecoder: Decoder {
    let reader: StateReader
    let place: Int

    var codingPath: [any CodingKey] { [] }
    var userInfo: [CodingUserInfoKey: Any] { [:] }

    func container<Key: CodingKey>(keyedBy type: Key.Type) throws -> KeyedDecodingContainer<Key> {
        guard reader.kind(at: place) == .object else { throw reader.fault(.wrongKind(expected: .object)) }
        return KeyedDecodingContainer(StateTextMemberReader<Key>(reader: reader, object: place))
    }

    func unkeyedContainer() throws -> any UnkeyedDecodingContainer {
        guard reader.kind(at: place) == .array else { throw reader.fault(.wrongKind(expected: .array)) }
        return StateTextElementReader(reader: reader, array: place)
    }

    func singleValueContainer() -> any SingleValueDecodingContainer {
        StateTextSingleReader(reader: reader, place: place)
    }
}

private struct StateTextMemberReader<Key: CodingKey>: KeyedDecodingContainerProtocol {
    let reader: StateReader
    let object: Int

    var codingPath: [any CodingKey] { [] }

    var allKeys: [Key] {
        var keys: [Key] = []
        var place = object &+ 1
        let end = reader.next(object)
        while place < end {
            if let key = (try? reader.string(at: place)).flatMap(Key.init(stringValue:)) { keys.append(key) }
            place = reader.next(place &+ 1)
        }
        return keys
    }

    private func place(_ key: some CodingKey) throws -> Int {
        guard let place = reader.member(key, of: object) else { throw reader.fault(.missing) }
        return place
    }

    func contains(_ key: Key) -> Bool { reader.member(key, of: object) != nil }
    func decodeNil(forKey key: Key) throws -> Bool { reader.kind(at: try place(key)) == .null }
    func decode(_ type: Bool.Type, forKey key: Key) throws -> Bool { try reader.flag(at: place(key)) }
    func decode(_ type: String.Type, forKey key: Key) throws -> String { try reader.string(at: place(key)) }
    func decode(_ type: Double.Type, forKey key: Key) throws -> Double { try reader.real(at: place(key)) }
    func decode(_ type: Float.Type, forKey key: Key) throws -> Float { try reader.real(at: place(key)) }
    func decode(_ type: Int128.Type, forKey key: Key) throws -> Int128 { try reader.integer(at: place(key)) }
    func decode(_ type: UInt128.Type, forKey key: Key) throws -> UInt128 { try reader.integer(at: place(key)) }

    func decode<Number: FixedWidthInteger & Decodable>(_ type: Number.Type, forKey key: Key) throws -> Number {
        try reader.integer(at: place(key))
    }

    func decode<Value: Decodable>(_ type: Value.Type, forKey key: Key) throws -> Value {
        try reader.decoded(type, at: place(key))
    }

    private func decoder(_ key: some CodingKey) throws -> StateTextDecoder {
        StateTextDecoder(reader: reader, place: try place(key))
    }

    func nestedContainer<Inner: CodingKey>(
        keyedBy type: Inner.Type, forKey key: Key
    ) throws -> KeyedDecodingContainer<Inner> {
        try decoder(key).container(keyedBy: type)
    }

    func nestedUnkeyedContainer(forKey key: Key) throws -> any UnkeyedDecodingContainer {
        try decoder(key).unkeyedContainer()
    }

    func superDecoder() throws -> any Decoder { try decoder(StateKey.superclass) }

    func superDecoder(forKey key: Key) throws -> any Decoder { try decoder(key) }
}

private struct StateTextElementReader: UnkeyedDecodingContainer {
    let reader: StateReader
    private var place: Int
    private let end: Int
    private(set) var currentIndex = 0
    let count: Int?

    init(reader: StateReader, array: Int) {
        self.reader = reader
        place = array &+ 1
        end = reader.next(array)
        var elements = 0
        var next = place
        while next < end {
            elements &+= 1
            next = reader.next(next)
        }
        count = elements
    }

    var codingPath: [any CodingKey] { [] }
    var isAtEnd: Bool { place >= end }

    /// The current element; the index moves on once it was read well.
    private mutating func next<Value>(_ read: (StateReader, Int) throws -> Value) throws -> Value {
        guard place < end else { throw reader.fault(.nothingLeft) }
        let value = try read(reader, place)
        place = reader.next(place)
        currentIndex &+= 1
        return value
    }

    mutating func decodeNil() throws -> Bool {
        guard place < end else { throw reader.fault(.nothingLeft) }
        guard reader.kind(at: place) == .null else { return false }
        place = reader.next(place)
        currentIndex &+= 1
        return true
    }

    mutating func decode(_ type: Bool.Type) throws -> Bool { try next { try $0.flag(at: $1) } }
    mutating func decode(_ type: String.Type) throws -> String { try next { try $0.string(at: $1) } }
    mutating func decode(_ type: Double.Type) throws -> Double { try next { try $0.real(at: $1) } }
    mutating func decode(_ type: Float.Type) throws -> Float { try next { try $0.real(at: $1) } }
    mutating func decode(_ type: Int128.Type) throws -> Int128 { try next { try $0.integer(at: $1) } }
    mutating func decode(_ type: UInt128.Type) throws -> UInt128 { try next { try $0.integer(at: $1) } }

    mutating func decode<Number: FixedWidthInteger & Decodable>(_ type: Number.Type) throws -> Number {
        try next { try $0.integer(at: $1) }
    }

    mutating func decode<Value: Decodable>(_ type: Value.Type) throws -> Value {
        try next { try $0.decoded(type, at: $1) }
    }

    private mutating func decoder() throws -> StateTextDecoder {
        try next { StateTextDecoder(reader: $0, place: $1) }
    }

    mutating func nestedContainer<Inner: CodingKey>(keyedBy type: Inner.Type) throws -> KeyedDecodingContainer<Inner> {
        try decoder().container(keyedBy: type)
    }

    mutating func nestedUnkeyedContainer() throws -> any UnkeyedDecodingContainer {
        try decoder().unkeyedContainer()
    }

    mutating func superDecoder() throws -> any Decoder { try decoder() }
}

private struct StateTextSingleReader: SingleValueDecodingContainer {
    let reader: StateReader
    let place: Int

    var codingPath: [any CodingKey] { [] }

    func decodeNil() -> Bool { reader.kind(at: place) == .null }
    func decode(_ type: Bool.Type) throws -> Bool { try reader.flag(at: place) }
    func decode(_ type: String.Type) throws -> String { try reader.string(at: place) }
    func decode(_ type: Double.Type) throws -> Double { try reader.real(at: place) }
    func decode(_ type: Float.Type) throws -> Float { try reader.real(at: place) }
    func decode(_ type: Int128.Type) throws -> Int128 { try reader.integer(at: place) }
    func decode(_ type: UInt128.Type) throws -> UInt128 { try reader.integer(at: place) }

    func decode<Number: FixedWidthInteger & Decodable>(_ type: Number.Type) throws -> Number {
        try reader.integer(at: place)
    }

    func decode<Value: Decodable>(_ type: Value.Type) throws -> Value {
        try reader.decoded(type, at: place)
    }
}
