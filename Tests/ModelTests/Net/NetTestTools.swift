// What the tests of this folder share: bytes from text, a small seeded generator, and cutting input into pieces.

import Codecs

func netBytes(_ text: String) -> Bytes { Array(text.utf8) }

struct NetDice {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    mutating func below(_ bound: Int) -> Int { Int(next() % UInt64(max(1, bound))) }

    mutating func bytes(_ count: Int) -> Bytes { (0..<count).map { _ in UInt8(truncatingIfNeeded: next()) } }

    /// The same bytes in pieces of one to `longest` bytes.
    mutating func pieces(of bytes: Bytes, longest: Int) -> [Bytes] {
        var pieces: [Bytes] = []
        var rest = bytes[...]
        while !rest.isEmpty {
            let piece = rest.prefix(1 + below(longest))
            pieces.append(Bytes(piece))
            rest = rest.dropFirst(piece.count)
        }
        return pieces
    }
}
