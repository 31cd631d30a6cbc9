// Time and chance, read here and nowhere else, so that an input carries all that the core may know of them.

import CLinux
import Effects

enum Clock {
    /// CLOCK_BOOTTIME: monotonic, and counts sleep.
    static func now() -> Instant {
        Instant(nanoseconds: UInt64(clamping: oz_clock_boottime()))
    }

    static func wall() -> WallTime {
        WallTime(nanoseconds: oz_clock_realtime())
    }
}

/// xoshiro256**, seeded by the kernel: for jitter and for the masks of frames. No key is ever drawn from it.
struct Entropy {
    private var state: (UInt64, UInt64, UInt64, UInt64)

    /// Nil where the kernel gives no random bytes.
    init?() {
        var seed: [UInt64] = [0, 0, 0, 0]
        let failed = seed.withUnsafeMutableBytes { oz_random($0.baseAddress, $0.count) }
        // All zeros would stay so for ever.
        guard failed == 0, seed.contains(where: { $0 != 0 }) else { return nil }
        state = (seed[0], seed[1], seed[2], seed[3])
    }

    mutating func draw() -> UInt64 {
        let result = rotated(state.1 &* 5, by: 7) &* 9
        let shifted = state.1 << 17
        state.2 ^= state.0
        state.3 ^= state.1
        state.1 ^= state.2
        state.0 ^= state.3
        state.2 ^= shifted
        state.3 = rotated(state.3, by: 45)
        return result
    }

    private func rotated(_ word: UInt64, by count: UInt64) -> UInt64 {
        word << count | word >> (64 - count)
    }
}
