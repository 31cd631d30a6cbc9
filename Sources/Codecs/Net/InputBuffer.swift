// What arrived and was not read yet. Reading moves an index; the bytes in front of it are dropped
// now and then, so that a byte is copied a bounded number of times however small the pieces are.

struct InputBuffer: Sendable {
    private var bytes: Bytes = []
    private var start = 0
    /// An empty buffer that grew beyond this gives its memory back.
    private static let keptCapacity = 65_536

    var count: Int { bytes.count - start }
    var isEmpty: Bool { start >= bytes.count }

    mutating func append(_ more: UnsafeRawBufferPointer) {
        compact()
        bytes.append(contentsOf: more)
    }

    mutating func append(_ more: some Collection<UInt8>) {
        compact()
        bytes.append(contentsOf: more)
    }

    /// The byte at this distance from the reading position.
    func peek(_ offset: Int) -> UInt8? {
        guard offset >= 0, offset < count else { return nil }
        return bytes[start + offset]
    }

    func slice(from: Int = 0, count wanted: Int) -> ArraySlice<UInt8> {
        let low = start + min(max(from, 0), count)
        let high = low + min(max(wanted, 0), bytes.count - low)
        return bytes[low..<high]
    }

    mutating func consume(_ amount: Int) {
        start += min(max(amount, 0), count)
        if start == bytes.count { drop() }
    }

    mutating func takeAll() -> Bytes {
        let rest = Bytes(bytes[start...])
        bytes = []
        start = 0
        return rest
    }

    /// The offset of the first occurrence of `byte` at or after `from`.
    func offset(of byte: UInt8, from: Int) -> Int? {
        let low = start + min(max(from, 0), count)
        guard let found = bytes[low...].firstIndex(of: byte) else { return nil }
        return found - start
    }

    private mutating func drop() {
        start = 0
        if bytes.capacity > Self.keptCapacity {
            bytes = []
        } else {
            bytes.removeAll(keepingCapacity: true)
        }
    }

    private mutating func compact() {
        guard start >= 4_096, start >= bytes.count - start else { return }
        bytes.removeSubrange(..<start)
        start = 0
    }
}
