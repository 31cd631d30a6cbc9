// What SHA-1 and SHA-256 share: a message cut into blocks of 64 bytes, and the padding of the last one.

struct HashBlocks: Hashable, Sendable {
    private var pending = Bytes()
    private var length: UInt64 = 0

    static let size = 64

    /// Hands on each full block.
    mutating func append(_ message: ArraySlice<UInt8>, _ compress: (ArraySlice<UInt8>) -> Void) {
        length &+= UInt64(message.count)
        var rest = message
        if !pending.isEmpty {
            let missing = rest.prefix(HashBlocks.size &- pending.count)
            pending.append(contentsOf: missing)
            rest = rest.dropFirst(missing.count)
            guard pending.count == HashBlocks.size else { return }
            compress(pending[...])
            pending.removeAll(keepingCapacity: true)
        }
        while rest.count >= HashBlocks.size {
            compress(rest.prefix(HashBlocks.size))
            rest = rest.dropFirst(HashBlocks.size)
        }
        pending.append(contentsOf: rest)
    }

    /// A one bit, zeros, and the length in bits: one block more, or two.
    mutating func finish(_ compress: (ArraySlice<UInt8>) -> Void) {
        let bits = length &* 8
        var padding: Bytes = [0x80]
        while (pending.count &+ padding.count) % HashBlocks.size != 56 { padding.append(0) }
        for shift in stride(from: UInt64(56), through: 0, by: -8) {
            padding.append(UInt8(truncatingIfNeeded: bits >> shift))
        }
        append(padding[...], compress)
    }

    /// A block as big-endian words; room for a whole schedule.
    static func words(of block: ArraySlice<UInt8>) -> [UInt32] {
        var words: [UInt32] = []
        words.reserveCapacity(80)
        var word: UInt32 = 0
        var filled = 0
        for byte in block {
            word = word << 8 | UInt32(byte)
            filled &+= 1
            if filled == 4 {
                words.append(word)
                filled = 0
            }
        }
        return words
    }

    static func bytes(of words: [UInt32]) -> Bytes {
        words.flatMap { word in [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: word >> $0) } }
    }
}
