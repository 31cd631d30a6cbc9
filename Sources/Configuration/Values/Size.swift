// A number of bytes: plain, or with a unit as Kubernetes and many tools write it.

import Codecs

enum Size {
    private static let units: [(name: StaticString, factor: Int64)] = [
        ("Ki", 1 << 10), ("Mi", 1 << 20), ("Gi", 1 << 30), ("k", 1_000), ("M", 1_000_000), ("G", 1_000_000_000),
    ]

    static func read(_ text: Bytes, atLeast least: Int64) throws(Complaint) -> Int64 {
        let unit = units.first { text.hasSuffix($0.name) }
        let digits = text.dropLast(unit?.name.utf8CodeUnitCount ?? 0)
        guard digits.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 }), let number = Int64(decimal: digits) else {
            throw Complaint("\(Words.quoted(text)) is no size; expected one such as 256Mi or 1G")
        }
        let (bytes, overflow) = number.multipliedReportingOverflow(by: unit?.factor ?? 1)
        if overflow { throw Complaint("\(text.text) is too large") }
        guard bytes >= least else { throw Complaint("\(text.text) is too small; expected at least \(least) bytes") }
        return bytes
    }
}
