// Byte strings: what ids, keys, paths, arguments and environments are made of.
// String compares by canonical equivalence and takes "\r\n" for one Character, so it is kept for people.

public typealias Bytes = [UInt8]

extension Array where Element == UInt8 {
    /// The UTF-8 of a text.
    @_disfavoredOverload
    public init(text: String) {
        self = text.utf8.withContiguousStorageIfAvailable { Array($0) } ?? Array(text.utf8)
    }

    /// The UTF-8 of a literal: nothing but a copy of its bytes. A literal takes this one before the other.
    @inlinable
    public init(text: StaticString) {
        self = text.withUTF8Buffer { Array($0) }
    }

    /// The decimal digits of a whole number.
    @inlinable
    public init(decimal number: some FixedWidthInteger) {
        self = []
        append(decimal: number)
    }

    /// Appends a whole number in decimal digits.
    @inlinable
    public mutating func append(decimal number: some FixedWidthInteger) {
        if number < 0 { append(0x2d) }
        let magnitude = number.magnitude
        guard magnitude > UInt64.max else { return append(digits: UInt64(truncatingIfNeeded: magnitude), width: 1) }
        // Wider than a word: in two pieces.
        let (high, low) = magnitude.quotientAndRemainder(dividingBy: 1_000_000_000_000_000_000)
        append(decimal: high)
        append(digits: UInt64(truncatingIfNeeded: low), width: 18)
    }

    /// Appends a whole number that is not negative in decimal digits, with zeros before it up to the width; for dates
    /// and fractions.
    public mutating func append(decimal number: Int, width: Int) {
        append(digits: UInt64(Swift.max(0, number)), width: width)
    }

    @usableFromInline
    mutating func append(digits number: UInt64, width: Int) {
        let start = count
        var rest = number
        repeat {
            append(0x30 &+ UInt8(truncatingIfNeeded: rest % 10))
            rest /= 10
        } while rest != 0
        while count &- start < width { append(0x30) }
        var (low, high) = (start, count &- 1)
        while low < high {
            swapAt(low, high)
            low &+= 1
            high &-= 1
        }
    }

    /// Appends the UTF-8 of a text.
    @_disfavoredOverload
    public mutating func append(text: String) {
        let isDone: Void? = text.utf8.withContiguousStorageIfAvailable { append(contentsOf: $0) }
        if isDone == nil { append(contentsOf: text.utf8) }
    }

    /// Appends the UTF-8 of a literal.
    @inlinable
    public mutating func append(text: StaticString) {
        text.withUTF8Buffer { append(contentsOf: $0) }
    }

    /// Whether these are exactly the bytes of a literal.
    @inlinable
    public func equals(_ literal: StaticString) -> Bool {
        count == literal.utf8CodeUnitCount && hasPrefix(literal)
    }

    /// Whether the bytes of a literal stand at the front. One by one: what is general is ten times slower.
    @inlinable
    public func hasPrefix(_ literal: StaticString) -> Bool {
        literal.withUTF8Buffer { wanted in
            guard wanted.count <= count else { return false }
            for index in wanted.indices where self[index] != wanted[index] { return false }
            return true
        }
    }
}

extension Collection where Element == UInt8 {
    /// For people: bytes that are no UTF-8 become U+FFFD.
    public var text: String {
        String(decoding: self, as: UTF8.self)
    }

    /// Two lower-case hexadecimal digits for each byte.
    @inlinable
    public var hex: Bytes {
        var digits = Bytes()
        digits.reserveCapacity(count &* 2)
        for byte in self {
            digits.append(hexDigit(byte >> 4))
            digits.append(hexDigit(byte & 15))
        }
        return digits
    }

    /// Whether these are exactly the bytes of a literal.
    @inlinable
    public func equals(_ literal: StaticString) -> Bool {
        literal.withUTF8Buffer { elementsEqual($0) }
    }

    /// Whether the bytes of a literal stand at the front.
    @inlinable
    public func hasPrefix(_ literal: StaticString) -> Bool {
        literal.withUTF8Buffer { starts(with: $0) }
    }

    /// Whether the given bytes stand at the front.
    @inlinable
    public func hasPrefix(_ prefix: some Collection<UInt8>) -> Bool {
        starts(with: prefix)
    }

    /// Order by bytes, a prefix first.
    @inlinable
    public func isLess(than other: some Collection<UInt8>) -> Bool {
        lexicographicallyPrecedes(other)
    }

    /// The parts between the separators; n separators give n + 1 parts, some of them perhaps empty.
    @inlinable
    public func parts(separatedBy separator: UInt8) -> [Bytes] {
        split(separator: separator, omittingEmptySubsequences: false).map { Bytes($0) }
    }

    /// The same with A to Z in lower case; other bytes stay.
    @inlinable
    public var lowercasedASCII: Bytes {
        map { $0 >= 0x41 && $0 <= 0x5a ? $0 | 0x20 : $0 }
    }
}

extension BidirectionalCollection where Element == UInt8 {
    /// Without Unicode white space at both ends.
    @inlinable
    public func trimmed() -> Bytes {
        Bytes(trimmedSlice())
    }

    /// Whether nothing is left after trimming.
    @inlinable
    public var isBlank: Bool {
        trimmedSlice().isEmpty
    }

    /// Whether the bytes of a literal stand at the end.
    @inlinable
    public func hasSuffix(_ literal: StaticString) -> Bool {
        literal.withUTF8Buffer { count >= $0.count && suffix($0.count).elementsEqual($0) }
    }

    @inlinable
    func trimmedSlice() -> SubSequence {
        var rest = self[...]
        while case let length = leadingSpace(rest), length > 0 { rest = rest.dropFirst(length) }
        while case let length = trailingSpace(rest), length > 0 { rest = rest.dropLast(length) }
        return rest
    }
}

extension FixedWidthInteger {
    /// A whole number in decimal digits, with an optional sign; nil for anything else and for what does not fit.
    @inlinable
    public init?(decimal digits: some Collection<UInt8>) {
        var rest = digits[...]
        let negative = rest.first == 0x2d
        if negative || rest.first == 0x2b { rest = rest.dropFirst() }
        guard !rest.isEmpty else { return nil }
        var value: Self = 0
        for byte in rest {
            guard let digit = Self(exactly: byte &- 0x30), digit <= 9 else { return nil }
            let (scaled, overflow) = value.multipliedReportingOverflow(by: 10)
            let (next, outside) =
                negative ? scaled.subtractingReportingOverflow(digit) : scaled.addingReportingOverflow(digit)
            guard !overflow, !outside else { return nil }
            value = next
        }
        self = value
    }
}

/// The lower-case hexadecimal digit of a value below 16.
@inlinable @inline(__always)
func hexDigit(_ value: UInt8) -> UInt8 {
    value < 10 ? 0x30 &+ value : 0x57 &+ value
}

/// The value of a hexadecimal digit in either case.
@inline(__always)
func hexValue(_ digit: UInt8) -> UInt8? {
    switch digit {
    case 0x30...0x39: digit &- 0x30
    case 0x41...0x46: digit &- 0x37
    case 0x61...0x66: digit &- 0x57
    default: nil
    }
}

/// How many bytes of white space stand at the front: one character's worth, or none.
@inlinable
func leadingSpace<C: Collection<UInt8>>(_ bytes: C) -> Int {
    guard let first = bytes.first else { return 0 }
    if isSpace(first) { return 1 }
    if first < 0x80 { return 0 }
    let front = Bytes(bytes.prefix(3))
    if isSpace(front.prefix(2)) { return 2 }
    return isSpace(front.prefix(3)) ? 3 : 0
}

@inlinable
func trailingSpace<C: BidirectionalCollection<UInt8>>(_ bytes: C) -> Int {
    guard let last = bytes.last else { return 0 }
    if isSpace(last) { return 1 }
    if last < 0x80 { return 0 }
    let end = Bytes(bytes.suffix(3))
    if isSpace(end.suffix(2)) { return 2 }
    return isSpace(end.suffix(3)) ? 3 : 0
}

/// ASCII white space: tab, line feed, vertical tab, form feed, carriage return, space.
@inlinable @inline(__always)
func isSpace(_ byte: UInt8) -> Bool {
    byte == 0x20 || (byte >= 0x09 && byte <= 0x0d)
}

/// The UTF-8 of one white space character outside ASCII.
@usableFromInline
func isSpace(_ character: ArraySlice<UInt8>) -> Bool {
    switch Bytes(character) {
    case [0xc2, 0x85], [0xc2, 0xa0]: true
    case [0xe1, 0x9a, 0x80], [0xe3, 0x80, 0x80], [0xe2, 0x81, 0x9f]: true
    case [0xe2, 0x80, 0x80], [0xe2, 0x80, 0x81], [0xe2, 0x80, 0x82], [0xe2, 0x80, 0x83], [0xe2, 0x80, 0x84]: true
    case [0xe2, 0x80, 0x85], [0xe2, 0x80, 0x86], [0xe2, 0x80, 0x87], [0xe2, 0x80, 0x88], [0xe2, 0x80, 0x89]: true
    case [0xe2, 0x80, 0x8a], [0xe2, 0x80, 0xa8], [0xe2, 0x80, 0xa9], [0xe2, 0x80, 0xaf]: true
    default: false
    }
}
