// Lines that prove themselves: one JSON object each, whose last member is a checksum of all that stands before it.
//
// A line that was torn, or in which anything at all has changed, is told from a good one, and the next line feed is
// where to look for another. Recordings and the journal consist of them.

public enum SealedLine {
    /// What stands between the object's members and its checksum, and behind that.
    private static let mark: StaticString = ",\"crc\":\""
    private static let end: StaticString = "\"}\n"
    /// With the line feed.
    public static let sealLength = 8 + 8 + 3

    /// Closes the object that was begun at `start`, and the line.
    public static func seal(_ output: inout Bytes, from start: Int) {
        let sum = output.withUnsafeBytes { CRC32.checksum(UnsafeRawBufferPointer(rebasing: $0[start...])) }
        output.append(text: mark)
        for place in 0..<8 {
            output.append(hexDigit(UInt8(truncatingIfNeeded: sum >> UInt32(28 &- 4 &* place)) & 15))
        }
        output.append(text: end)
    }

    /// The same for text on a pad.
    public static func seal(_ pad: inout TextPad, from start: Int) {
        let sum = CRC32.checksum(pad.bytes(from: start))
        pad.append(mark)
        guard let place = pad.place(for: 8) else { return }
        for index in 0..<8 {
            place[index] = hexDigit(UInt8(truncatingIfNeeded: sum >> UInt32(28 &- 4 &* index)) & 15)
        }
        pad.append(end)
    }

    /// What was sealed in a line, which reaches behind its line feed; nil where the seal does not fit.
    public static func body(of line: Range<Int>, in bytes: UnsafeRawBufferPointer) -> Range<Int>? {
        guard line.lowerBound >= 0, line.upperBound <= bytes.count, line.count > sealLength else { return nil }
        let body = line.lowerBound..<line.upperBound &- sealLength
        let sum = body.upperBound &+ mark.utf8CodeUnitCount
        guard begins(mark, bytes, at: body.upperBound), begins(end, bytes, at: sum &+ 8),
            let wanted = number(bytes[sum..<sum &+ 8]),
            CRC32.checksum(UnsafeRawBufferPointer(rebasing: bytes[body])) == wanted
        else { return nil }
        return body
    }

    /// Eight digits as they are written here; no other spelling, so that not even that can change unnoticed.
    private static func number(_ digits: some Collection<UInt8>) -> UInt32? {
        var number: UInt32 = 0
        for digit in digits {
            guard let value = hexValue(digit), hexDigit(value) == digit else { return nil }
            number = number << 4 | UInt32(value)
        }
        return number
    }

    /// Whether these bytes stand there; the caller has looked that there is room.
    private static func begins(_ text: StaticString, _ bytes: UnsafeRawBufferPointer, at place: Int) -> Bool {
        let count = text.utf8CodeUnitCount
        guard place &+ count <= bytes.count else { return false }
        return text.withUTF8Buffer {
            UnsafeRawBufferPointer(rebasing: bytes[place..<place &+ count]).elementsEqual($0)
        }
    }
}
