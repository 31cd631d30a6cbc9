// A set of 64-bit fingerprints in one flat table, and, where asked, in the order of their arrival.

struct FingerprintSet {
    private var table: [UInt64]
    private(set) var count = 0

    init(capacityBits: Int = 16) {
        table = [UInt64](repeating: 0, count: 1 << capacityBits)
    }

    /// True where it was new.
    mutating func insert(_ fingerprint: UInt64) -> Bool {
        if count &* 2 > table.count { grow() }
        return put(fingerprint == 0 ? 1 : fingerprint)
    }

    func contains(_ fingerprint: UInt64) -> Bool {
        let wanted = fingerprint == 0 ? 1 : fingerprint
        var place = home(wanted)
        while table[place] != 0 {
            if table[place] == wanted { return true }
            place = (place &+ 1) & (table.count &- 1)
        }
        return false
    }

    private func home(_ fingerprint: UInt64) -> Int {
        Int(truncatingIfNeeded: (fingerprint &* 0x9E37_79B9_7F4A_7C15) >> 20) & (table.count &- 1)
    }

    private mutating func put(_ fingerprint: UInt64) -> Bool {
        var place = home(fingerprint)
        while table[place] != 0 {
            if table[place] == fingerprint { return false }
            place = (place &+ 1) & (table.count &- 1)
        }
        table[place] = fingerprint
        count &+= 1
        return true
    }

    private mutating func grow() {
        let old = table
        table = [UInt64](repeating: 0, count: old.count &* 2)
        count = 0
        for fingerprint in old where fingerprint != 0 { _ = put(fingerprint) }
    }
}
