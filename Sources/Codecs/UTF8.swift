// Which byte sequences are UTF-8, by the table of RFC 3629: no overlong forms, no surrogates, nothing past U+10FFFF.

/// The length of the well-formed character at the index, or nil.
@inline(__always)
func characterLength(_ bytes: UnsafeBufferPointer<UInt8>, at index: Int) -> Int? {
    let left = bytes.count &- index
    guard left > 0 else { return nil }
    let lead = bytes[index]
    if lead < 0x80 { return 1 }
    guard lead >= 0xc2, left > 1 else { return nil }
    let second = bytes[index &+ 1]
    if lead < 0xe0 { return isContinuation(second) ? 2 : nil }
    guard left > 2, isContinuation(bytes[index &+ 2]) else { return nil }
    if lead < 0xf0 {
        let low: UInt8 = lead == 0xe0 ? 0xa0 : 0x80
        let high: UInt8 = lead == 0xed ? 0x9f : 0xbf
        return second >= low && second <= high ? 3 : nil
    }
    guard lead < 0xf5, left > 3, isContinuation(bytes[index &+ 3]) else { return nil }
    let low: UInt8 = lead == 0xf0 ? 0x90 : 0x80
    let high: UInt8 = lead == 0xf4 ? 0x8f : 0xbf
    return second >= low && second <= high ? 4 : nil
}

@inline(__always)
private func isContinuation(_ byte: UInt8) -> Bool {
    byte & 0xc0 == 0x80
}

extension Array where Element == UInt8 {
    /// Whether all of it is well-formed UTF-8.
    public var isUTF8: Bool {
        withUnsafeBufferPointer { bytes in
            var index = 0
            while index < bytes.count {
                guard let length = characterLength(bytes, at: index) else { return false }
                index &+= length
            }
            return true
        }
    }

    /// The replacement character U+FFFD.
    static var replacement: Bytes { [0xef, 0xbf, 0xbd] }

    /// Appends the UTF-8 of a scalar below 0x110000; a surrogate becomes U+FFFD.
    mutating func append(scalar: UInt32) {
        if scalar < 0x80 {
            append(UInt8(truncatingIfNeeded: scalar))
        } else if scalar < 0x800 {
            append(0xc0 | UInt8(truncatingIfNeeded: scalar >> 6))
            appendContinuation(scalar)
        } else if scalar >= 0xd800 && scalar < 0xe000 || scalar > 0x10ffff {
            append(contentsOf: Bytes.replacement)
        } else if scalar < 0x10000 {
            append(0xe0 | UInt8(truncatingIfNeeded: scalar >> 12))
            appendContinuation(scalar >> 6)
            appendContinuation(scalar)
        } else {
            append(0xf0 | UInt8(truncatingIfNeeded: scalar >> 18))
            appendContinuation(scalar >> 12)
            appendContinuation(scalar >> 6)
            appendContinuation(scalar)
        }
    }

    private mutating func appendContinuation(_ bits: UInt32) {
        append(0x80 | UInt8(truncatingIfNeeded: bits & 0x3f))
    }
}
