// Where secrets lie: the only place in the process that knows both a reference and what it stands for.
//
// Bounded in bytes. The secrets of a message or a file come and go together; permanent ones (the API key, values from
// the configuration) stay, and are masked in everything that is logged.

import Codecs
import Effects

/// There is no room for these secrets; none of them was kept.
struct VaultFull: Error, Equatable {}

final class Vault {
    static let apiKey = SecretRef(number: 0)
    /// What a secret costs beside its bytes.
    private static let overhead = 96
    private static let cachedMaskers = 64
    /// Earlier values of a replaced secret that are still masked.
    private static let earlierValues = 8

    private struct Entry {
        let bytes: Bytes
        let kind: Secret.Kind
    }

    private let capacity: Int
    private var entries: [UInt64: Entry] = [:]
    private var permanent = Few<UInt64, Bytes>()
    private var earlier: [Bytes] = []
    private var maskers: [[SecretRange]: Masker] = [:]
    private var permanentMasker: Masker?

    /// The number that the next secret gets.
    private(set) var nextSecret: UInt64 = 1
    /// What the secrets that are not permanent take.
    private(set) var bytesKept = 0
    /// Rises with every change of the permanent secrets: a masker made before does not know them.
    private(set) var permanentVersion: UInt64 = 0

    init(capacity: Int = 64 << 20) {
        self.capacity = capacity
    }

    /// How many secrets lie here, the permanent ones not counted.
    var count: Int { entries.count }

    func value(_ ref: SecretRef) -> Bytes? {
        entries[ref.number]?.bytes ?? permanent[ref.number]
    }

    /// Whether none of them was forgotten.
    func holds(_ ranges: [SecretRange]) -> Bool {
        ranges.allSatisfy { $0.isEmpty || entries[$0.first] != nil }
    }

    // MARK: Secrets of messages and files

    /// Decodes a message and keeps its secrets. An assignment whose secrets find no room is answered as unreadable.
    func receive(_ bytes: Bytes, keepDocument: Bool) -> IncomingMessage {
        var next = nextSecret
        let (message, secrets) = decodeMessage(bytes, nextSecret: &next, keepDocument: keepDocument)
        guard keep(secrets, next: next) != nil, case .assignment(let assignment) = message else { return message }
        return .unreadableAssignment(assignment.key, WireProblem(kind: .tooMany, path: Bytes(text: "data")))
    }

    /// Keeps all of them or none. Their numbers are used up either way.
    @discardableResult
    func keep(_ secrets: [Secret], next: UInt64) -> VaultFull? {
        nextSecret = max(nextSecret, next)
        let cost = secrets.reduce(0) { $0 &+ $1.bytes.count &+ Self.overhead }
        guard cost <= capacity &- bytesKept else { return VaultFull() }
        bytesKept &+= cost
        for secret in secrets { entries[secret.ref.number] = Entry(bytes: secret.bytes, kind: secret.kind) }
        return nil
    }

    /// Keeps values that belong together, in this order.
    func keep(_ values: [Bytes]) throws(VaultFull) -> SecretRange {
        guard !values.isEmpty else { return .none }
        let first = nextSecret
        let secrets = values.enumerated().map { index, bytes in
            Secret(ref: SecretRef(number: first &+ UInt64(index)), bytes: bytes, kind: .text)
        }
        if let problem = keep(secrets, next: first &+ UInt64(values.count)) { throw problem }
        return SecretRange(first: first, count: UInt64(values.count))
    }

    func forget(_ range: SecretRange) {
        let last = range.first.addingReportingOverflow(range.count)
        let end = last.overflow ? UInt64.max : last.partialValue
        // A range that is longer than all that there is can't be walked number by number.
        let numbers =
            range.count > UInt64(entries.count)
            ? entries.keys.filter { $0 >= range.first && $0 < end } : Array(range.first..<end)
        for number in numbers {
            guard let entry = entries.removeValue(forKey: number) else { continue }
            bytesKept &-= entry.bytes.count &+ Self.overhead
        }
        maskers = maskers.filter { !$0.key.contains(range) }
    }

    /// What these ranges hide, as a text that `keep(handedOver:)` reads again: of each its kind, length and bytes.
    func handOver(_ ranges: [SecretRange]) -> Bytes {
        var text = Bytes()
        for range in ranges {
            for offset in 0..<min(range.count, UInt64(entries.count)) {
                guard let entry = entries[range.first &+ offset], entry.kind != .document else { continue }
                text.append(entry.kind == .json ? 1 : 0)
                withUnsafeBytes(of: UInt32(truncatingIfNeeded: entry.bytes.count).littleEndian) {
                    text.append(contentsOf: $0)
                }
                text.append(contentsOf: entry.bytes)
            }
        }
        return text
    }

    /// What an earlier life knew of a command that lives on. Nil where the text is damaged, or there is no room.
    func keep(handedOver text: Bytes) -> SecretRange? {
        let first = nextSecret
        var secrets: [Secret] = []
        var place = 0
        while place < text.count {
            guard text.count - place >= 5 else { return nil }
            let length = (1...4).reduce(0) { $0 | Int(text[place + $1]) << (8 * ($1 - 1)) }
            guard text[place] <= 1, text.count - place - 5 >= length else { return nil }
            let ref = SecretRef(number: first &+ UInt64(secrets.count))
            let bytes = Bytes(text[place + 5..<place + 5 + length])
            secrets.append(Secret(ref: ref, bytes: bytes, kind: text[place] == 1 ? .json : .text))
            place += 5 + length
        }
        guard !secrets.isEmpty else { return SecretRange.none }
        guard keep(secrets, next: first &+ UInt64(secrets.count)) == nil else { return nil }
        return SecretRange(first: first, count: UInt64(secrets.count))
    }

    /// How many of these bytes are the end of one of those secrets, whose beginning came before them. An end that is
    /// shorter than any secret is none: most lines begin with some secret's last byte.
    func tail(of range: SecretRange, atStartOf bytes: UnsafeBufferPointer<UInt8>) -> Int {
        var longest = Masker.shortest - 1
        for offset in 0..<min(range.count, UInt64(entries.count)) {
            guard let secret = entries[range.first &+ offset]?.bytes, Masker.isMasked(secret) else { continue }
            for length in stride(from: min(secret.count - 1, bytes.count), to: longest, by: -1)
            where secret.suffix(length).elementsEqual(bytes.prefix(length)) {
                longest = length
                break
            }
        }
        return longest < Masker.shortest ? 0 : longest
    }

    // MARK: Permanent secrets

    /// A permanent secret has another value now; the earlier one stays masked.
    func replace(_ ref: SecretRef, with bytes: Bytes) {
        let before = permanent[ref.number]
        guard before != bytes else { return }
        permanent[ref.number] = bytes
        if let before {
            earlier.append(before)
            if earlier.count > Self.earlierValues { earlier.removeFirst() }
        }
        permanentVersion &+= 1
        permanentMasker = nil
        maskers = [:]
    }

    // MARK: Masking

    /// Hides the permanent secrets.
    func masked(_ bytes: Bytes) -> Bytes {
        let masker = permanentMasker ?? makeMasker([])
        permanentMasker = masker
        return masker.masked(bytes)
    }

    /// Hides these secrets and the permanent ones.
    func masker(for ranges: [SecretRange]) -> Masker {
        if let masker = maskers[ranges] { return masker }
        let masker = makeMasker(ranges)
        if maskers.count >= Self.cachedMaskers { maskers = [:] }
        maskers[ranges] = masker
        return masker
    }

    private func makeMasker(_ ranges: [SecretRange]) -> Masker {
        var values = MaskedValues()
        for value in permanent.values { values.add(value) }
        for value in earlier { values.add(value) }
        for range in ranges {
            for offset in 0..<min(range.count, UInt64(entries.count)) {
                guard let entry = entries[range.first &+ offset] else { continue }
                switch entry.kind {
                case .text: values.add(entry.bytes)
                case .json: values.addLeaves(of: entry.bytes)
                case .document: break
                }
            }
        }
        return Masker(values)
    }
}
