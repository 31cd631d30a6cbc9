// A large value that changes no more.

/// Behind one reference, so that whoever hands it on counts one and copies nothing.
@frozen
public indirect enum Fixed<Value> {
    case fixed(Value)

    @inlinable
    public var value: Value {
        switch self {
        case .fixed(let value): value
        }
    }
}

extension Fixed: Equatable where Value: Equatable {}
extension Fixed: Hashable where Value: Hashable {}
extension Fixed: Encodable where Value: Encodable {}
extension Fixed: Decodable where Value: Decodable {}
extension Fixed: Sendable where Value: Sendable {}
