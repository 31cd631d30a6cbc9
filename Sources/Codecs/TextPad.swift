// A stretch of memory that text is written into, straight to its place. What has no room is not written, and told: the
// caller gives it more room and has it written once more.

public struct TextPad {
    @usableFromInline let room: UnsafeMutableBufferPointer<UInt8>
    @usableFromInline var next: Int
    @usableFromInline var lacksRoom = false

    /// What stands before `start` is another's.
    @inlinable
    public init(_ room: UnsafeMutableBufferPointer<UInt8>, from start: Int) {
        self.room = room
        next = min(max(0, start), room.count)
    }

    /// Behind the last byte that was written.
    @inlinable
    public var end: Int { next }
    /// Something had no room, so what stands here is not all.
    @inlinable
    public var isFull: Bool { lacksRoom }

    /// Where so many bytes go; nil where they have no room.
    @inlinable
    @inline(__always)
    mutating func place(for count: Int) -> UnsafeMutablePointer<UInt8>? {
        guard !lacksRoom, room.count &- next >= count, let base = room.baseAddress else {
            lacksRoom = true
            return nil
        }
        let place = base + next
        next &+= count
        return place
    }

    @inlinable
    @inline(__always)
    public mutating func append(_ text: StaticString) {
        place(for: text.utf8CodeUnitCount)?.update(from: text.utf8Start, count: text.utf8CodeUnitCount)
    }

    public mutating func append(_ bytes: Bytes) {
        bytes.withUnsafeBufferPointer { bytes in
            guard let source = bytes.baseAddress else { return }
            place(for: bytes.count)?.update(from: source, count: bytes.count)
        }
    }

    public mutating func append(_ number: UInt64) {
        if number < 10 {
            place(for: 1)?.pointee = 0x30 &+ UInt8(truncatingIfNeeded: number)
            return
        }
        var width = 2
        var above: UInt64 = 100
        while number >= above {
            width &+= 1
            let (next, over) = above.multipliedReportingOverflow(by: 10)
            if over { break }
            above = next
        }
        guard let place = place(for: width) else { return }
        var rest = number
        var index = width
        while index > 0 {
            index &-= 1
            let (tens, digit) = rest.quotientAndRemainder(dividingBy: 10)
            place[index] = 0x30 &+ UInt8(truncatingIfNeeded: digit)
            rest = tens
        }
    }

    public mutating func append(signed number: Int64) {
        if number < 0 { append("-") }
        append(number.magnitude)
    }

    /// A byte string in quotes. False for one that needs more care than that; then part of it may stand here.
    public mutating func append(plain bytes: Bytes) -> Bool {
        guard !PlainText.isMarked(bytes) else { return false }
        guard let place = place(for: bytes.count &+ 2) else { return true }
        place[0] = 0x22
        place[bytes.count &+ 1] = 0x22
        return bytes.withUnsafeBytes { source in
            var index = 0
            while index &+ 8 <= source.count {
                let word = source.loadUnaligned(fromByteOffset: index, as: UInt64.self)
                guard PlainText.isPlain(word: word) else { return false }
                UnsafeMutableRawPointer(place).storeBytes(of: word, toByteOffset: index &+ 1, as: UInt64.self)
                index &+= 8
            }
            while index < source.count {
                guard PlainText.isPlain(source[index]) else { return false }
                place[index &+ 1] = source[index]
                index &+= 1
            }
            return true
        }
    }

    /// What was written from there on.
    public func bytes(from start: Int) -> UnsafeRawBufferPointer {
        guard start >= 0, start <= end else { return UnsafeRawBufferPointer(start: nil, count: 0) }
        return UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(room)[start..<end])
    }
}
