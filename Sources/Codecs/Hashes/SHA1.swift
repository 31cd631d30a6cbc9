// SHA-1 (FIPS 180-4), for the handshake of RFC 6455 and nothing that needs a secure hash.

public enum SHA1 {
    /// Twenty bytes.
    public static func digest(_ message: Bytes) -> Bytes {
        var blocks = HashBlocks()
        var state: [UInt32] = [0x6745_2301, 0xefcd_ab89, 0x98ba_dcfe, 0x1032_5476, 0xc3d2_e1f0]
        blocks.append(message[...]) { compress(&state, $0) }
        blocks.finish { compress(&state, $0) }
        return HashBlocks.bytes(of: state)
    }

    private static func compress(_ state: inout [UInt32], _ block: ArraySlice<UInt8>) {
        var schedule = HashBlocks.words(of: block)
        for _ in 16..<80 {
            let count = schedule.count
            let word =
                schedule[count &- 3] ^ schedule[count &- 8] ^ schedule[count &- 14] ^ schedule[count &- 16]
            schedule.append(rotateLeft(word, 1))
        }
        var (a, b, c, d, e) = (state[0], state[1], state[2], state[3], state[4])
        for (round, word) in schedule.enumerated() {
            let (mixed, constant) = mix(round, b, c, d)
            let next = rotateLeft(a, 5) &+ mixed &+ e &+ constant &+ word
            (e, d, c, b, a) = (d, c, rotateLeft(b, 30), a, next)
        }
        state[0] &+= a
        state[1] &+= b
        state[2] &+= c
        state[3] &+= d
        state[4] &+= e
    }

    private static func mix(_ round: Int, _ b: UInt32, _ c: UInt32, _ d: UInt32) -> (UInt32, UInt32) {
        switch round {
        case ..<20: ((b & c) | (~b & d), 0x5a82_7999)
        case ..<40: (b ^ c ^ d, 0x6ed9_eba1)
        case ..<60: ((b & c) | (b & d) | (c & d), 0x8f1b_bcdc)
        default: (b ^ c ^ d, 0xca62_c1d6)
        }
    }

    private static func rotateLeft(_ word: UInt32, _ bits: UInt32) -> UInt32 {
        word << bits | word >> (32 &- bits)
    }
}
