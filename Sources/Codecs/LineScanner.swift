// Takes a line's pieces from the front, in the order in which the writer puts them.

public struct LineScanner {
    public let bytes: UnsafeRawBufferPointer
    public var position: Int
    public let end: Int

    @inlinable
    public init(_ bytes: UnsafeRawBufferPointer, _ range: Range<Int>) {
        self.bytes = bytes
        position = range.lowerBound
        end = min(range.upperBound, bytes.count)
    }

    @inlinable
    public var isAtEnd: Bool { position == end }

    @inlinable
    @inline(__always)
    public mutating func take(_ mark: StaticString) -> Bool {
        let count = mark.utf8CodeUnitCount
        guard end &- position >= count else { return false }
        let wanted = mark.utf8Start
        for offset in 0..<count where bytes[position &+ offset] != wanted[offset] { return false }
        position &+= count
        return true
    }

    /// Decimal digits, as a number that fits.
    public mutating func number() -> UInt64? {
        var value: UInt64 = 0
        let start = position
        while position < end {
            let digit = bytes[position] &- 0x30
            guard digit < 10 else { break }
            // Nineteen digits can't overflow.
            if position &- start < 19 {
                value = value &* 10 &+ UInt64(digit)
            } else {
                let (scaled, over) = value.multipliedReportingOverflow(by: 10)
                let (sum, beyond) = scaled.addingReportingOverflow(UInt64(digit))
                guard !over, !beyond else { return nil }
                value = sum
            }
            position &+= 1
        }
        // No zeros before a number.
        if position &- start > 1, bytes[start] == 0x30 { return nil }
        return position > start ? value : nil
    }

    public mutating func signed() -> Int64? {
        let isNegative = take("-")
        guard let magnitude = number() else { return nil }
        if !isNegative { return Int64(exactly: magnitude) }
        return magnitude <= UInt64(Int64.max) &+ 1 ? Int64(truncatingIfNeeded: 0 &- magnitude) : nil
    }

    public mutating func flag() -> Bool? {
        if take("true") { return true }
        return take("false") ? false : nil
    }

    /// A byte string in quotes that was written as it is; nil for one with escapes or with a mark before it.
    public mutating func plainText() -> Bytes? {
        guard position < end, bytes[position] == 0x22 else { return nil }
        let start = position &+ 1
        var index = start
        while index &+ 8 <= end, PlainText.isPlain(word: bytes.loadUnaligned(fromByteOffset: index, as: UInt64.self)) {
            index &+= 8
        }
        while index < end, bytes[index] != 0x22 {
            guard PlainText.isPlain(bytes[index]) else { return nil }
            index &+= 1
        }
        guard index < end else { return nil }
        let content = UnsafeRawBufferPointer(rebasing: bytes[start..<index])
        guard !PlainText.isMarked(content) else { return nil }
        position = index &+ 1
        return Bytes(content)
    }

    /// Where the next line feed is, looked for from there on.
    public static func lineFeed(in bytes: UnsafeRawBufferPointer, from start: Int) -> Int? {
        var index = start
        while index &+ 8 <= bytes.count {
            // Which of eight bytes is a line feed: the one that becomes zero.
            let word = bytes.loadUnaligned(fromByteOffset: index, as: UInt64.self) ^ 0x0a0a_0a0a_0a0a_0a0a
            if (word &- 0x0101_0101_0101_0101) & ~word & 0x8080_8080_8080_8080 != 0 { break }
            index &+= 8
        }
        while index < bytes.count {
            if bytes[index] == 0x0a { return index }
            index &+= 1
        }
        return nil
    }
}

/// Whoever makes values out of the pieces of a line.
public protocol LineReader {
    var scanner: LineScanner { get set }
}

extension LineReader {
    @inlinable
    @inline(__always)
    public mutating func take(_ mark: StaticString) -> Bool { scanner.take(mark) }

    /// A JSON array; nil where one of its elements is.
    @inlinable
    public mutating func list<Element>(_ element: (inout Self) -> Element?) -> [Element]? {
        guard take("[") else { return nil }
        var found: [Element] = []
        if take("]") { return found }
        repeat {
            guard let next = element(&self) else { return nil }
            found.append(next)
        } while take(",")
        return take("]") ? found : nil
    }
}
