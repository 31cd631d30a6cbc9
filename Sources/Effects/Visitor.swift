// The hot description of a state: one walk that feeds a hash.
//
// As a digest it takes everything as it is. As a fingerprint, which is what the explorer needs, it renames request
// ids by order of first appearance and takes times relative to now, so that two states that differ only in how often
// something happened before are one.

import Codecs

public protocol Visited {
    func visit(_ visitor: inout Visitor)
}

public struct Visitor {
    private var hash: UInt64 = 0x243F_6A88_85A3_08D3
    private let now: Instant?
    private var names: [UInt64] = []

    /// A digest.
    public init() {
        now = nil
    }

    /// A fingerprint of a state at that moment.
    public init(relativeTo now: Instant) {
        self.now = now
        names.reserveCapacity(16)
    }

    public var result: UInt64 {
        var mixed = hash
        mixed ^= mixed >> 32
        mixed = mixed &* 0xD6E8_FEB8_6659_FD93
        mixed ^= mixed >> 32
        return mixed
    }

    public mutating func word(_ value: UInt64) {
        hash = (hash ^ value) &* 0x9FB2_1C65_1E98_DF25
        hash ^= hash >> 29
    }

    public mutating func tag(_ value: UInt8) { word(UInt64(value) &+ 0x5100) }
    public mutating func flag(_ value: Bool) { word(value ? 0xF1 : 0xF0) }
    public mutating func number(_ value: Int) { word(UInt64(bitPattern: Int64(value))) }

    public mutating func bytes(_ value: Bytes) {
        word(UInt64(value.count) &+ 0xB0_0000)
        value.withUnsafeBytes { raw in
            var offset = 0
            while offset &+ 8 <= raw.count {
                word(raw.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
                offset &+= 8
            }
            while offset < raw.count {
                word(UInt64(raw[offset]))
                offset &+= 1
            }
        }
    }

    public mutating func instant(_ value: Instant) {
        guard let now else { return word(value.nanoseconds) }
        // Both sides of now, so that a deadline that passed a second ago is not one in a second.
        word(value.nanoseconds &- now.nanoseconds)
    }

    /// A moment that only says how long ago something was, for the logs: no decision hangs on it.
    public mutating func memory(_ value: Instant) {
        if now == nil { word(value.nanoseconds) }
    }

    /// A count that is only told.
    public mutating func memory(_ value: Int) {
        if now == nil { word(UInt64(bitPattern: Int64(value))) }
    }

    public mutating func span(_ value: Span) { word(value.nanoseconds) }

    public mutating func id(_ value: EffectID) {
        word(UInt64(value.slot))
        serial(value.sequence)
    }

    /// A number from the worker's one counter.
    public mutating func serial(_ value: UInt64) {
        guard now != nil else { return word(value) }
        if let known = names.firstIndex(of: value) { return word(UInt64(known)) }
        word(UInt64(names.count))
        names.append(value)
    }

    @inlinable
    public mutating func optional<T>(_ value: T?, _ visit: (inout Visitor, T) -> Void) {
        guard let value else { return tag(0) }
        tag(1)
        visit(&self, value)
    }

    @inlinable
    public mutating func optional<T: Visited>(_ value: T?) {
        guard let value else { return tag(0) }
        tag(1)
        value.visit(&self)
    }

    @inlinable
    public mutating func list<T: Visited>(_ values: [T]) {
        word(UInt64(values.count) &+ 0xA0_0000)
        for value in values { value.visit(&self) }
    }
}
