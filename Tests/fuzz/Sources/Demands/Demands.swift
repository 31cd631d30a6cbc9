// What all targets share: a property that must hold, and the ways in which an input can arrive in pieces.

import Codecs

/// Ends the process where a property does not hold: the fuzzer then keeps the input.
public func demand(
    _ holds: Bool, _ words: @autoclosure () -> String, file: StaticString = #file, line: UInt = #line
) {
    if !holds { fatalError("violated: \(words())", file: file, line: line) }
}

public func demandEqual<Value: Equatable>(
    _ one: Value, _ other: Value, _ words: @autoclosure () -> String, file: StaticString = #file, line: UInt = #line
) {
    demand(one == other, "\(words())\n  one:   \(one)\n  other: \(other)", file: file, line: line)
}

/// The input of one run, and chance that comes from the input alone, so that a run can be repeated.
public struct Course {
    public let bytes: Bytes
    private var state: UInt64

    public init(_ start: UnsafePointer<UInt8>?, _ count: Int) {
        self.init(Bytes(UnsafeBufferPointer(start: start, count: count)))
    }

    public init(_ bytes: Bytes) {
        self.bytes = bytes
        state = 0xcbf2_9ce4_8422_2325
        for byte in bytes { state = (state ^ UInt64(byte)) &* 0x100_0000_01b3 }
    }

    public mutating func chance() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ mixed >> 30) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ mixed >> 27) &* 0x94d0_49bb_1331_11eb
        return mixed ^ mixed >> 31
    }

    public mutating func below(_ limit: Int) -> Int {
        limit > 0 ? Int(chance() % UInt64(limit)) : 0
    }

    /// The input byte by byte, cut once, and cut here and there.
    public mutating func splittings(longest most: Int = 40) -> [[ArraySlice<UInt8>]] {
        guard bytes.count > 1 else { return [] }
        var ways: [[ArraySlice<UInt8>]] = []
        if bytes.count <= 1_024 { ways.append(bytes.indices.map { bytes[$0...$0] }) }
        let cut = 1 + below(bytes.count - 1)
        ways.append([bytes[..<cut], bytes[cut...]])
        var pieces: [ArraySlice<UInt8>] = []
        var start = 0
        let longest = 1 + below(most)
        while start < bytes.count {
            let end = min(bytes.count, start + 1 + below(longest))
            pieces.append(bytes[start..<end])
            start = end
        }
        ways.append(pieces)
        return ways
    }
}

/// Text for people, of which nothing may move a terminal's cursor or begin a line.
public func isOneLine(_ text: some Collection<UInt8>) -> Bool {
    text.allSatisfy { $0 >= 0x20 && $0 != 0x7f }
}
