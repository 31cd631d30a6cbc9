// Hands a tree back to a type, piece by piece.

struct StateDecoder: Decoder {
    let value: JSON
    let path: StatePath?

    var codingPath: [any CodingKey] { StatePath.keys(path) }
    var userInfo: [CodingUserInfoKey: Any] { [:] }

    func container<Key: CodingKey>(keyedBy type: Key.Type) throws -> KeyedDecodingContainer<Key> {
        guard case .object(let members) = value else { throw wrong(.object) }
        return KeyedDecodingContainer(StateKeyedDecoder<Key>(members: members, path: path))
    }

    func unkeyedContainer() throws -> any UnkeyedDecodingContainer {
        guard case .array(let elements) = value else { throw wrong(.array) }
        return StateUnkeyedDecoder(elements: elements, path: path)
    }

    func singleValueContainer() -> any SingleValueDecodingContainer {
        StateSingleDecoder(decoder: self)
    }

    func fault(_ problem: StateCodingError.Problem) -> StateCodingError {
        StateCodingError(problem, at: path)
    }

    private func wrong(_ expected: StateCodingError.Kind) -> StateCodingError {
        fault(.wrongKind(expected: expected))
    }

    var isNull: Bool {
        if case .null = value { true } else { false }
    }

    func decodedBool() throws -> Bool {
        guard case .bool(let value) = value else { throw wrong(.bool) }
        return value
    }

    func decodedString() throws -> String {
        guard case .string(let content) = value else { throw wrong(.string) }
        return content.text
    }

    func decodedInteger<Number: FixedWidthInteger>() throws -> Number {
        guard case .number(let text) = value else { throw wrong(.number) }
        guard let number = Number(decimal: text) else { throw fault(.outOfRange) }
        return number
    }

    func decodedReal<Number: BinaryFloatingPoint & LosslessStringConvertible>() throws -> Number {
        switch value {
        case .number(let text):
            guard let number = Number(text.text), number.isFinite else { throw fault(.outOfRange) }
            return number
        case .string(let name) where name.equals("nan"): return .nan
        case .string(let name) where name.equals("inf"): return .infinity
        case .string(let name) where name.equals("-inf"): return -.infinity
        case .null, .bool, .string, .array, .object, .secret, .verbatim: throw wrong(.number)
        }
    }

    func decoded<Value: Decodable>(_ type: Value.Type) throws -> Value {
        if type == Bytes.self {
            guard case .string(let content) = value else { throw wrong(.string) }
            guard let bytes = StateText.read(content) as? Value else { throw fault(.malformedText) }
            return bytes
        }
        if type == JSON.self {
            guard let document = StateDocument.read(value) as? Value else { throw fault(.malformedText) }
            return document
        }
        return try Value(from: self)
    }
}
