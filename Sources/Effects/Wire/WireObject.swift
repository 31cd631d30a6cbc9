// One object of a message while it is being decoded: fields are taken by name, and what nobody took stays behind, to
// be hidden or ignored. Absent, null and empty are the same for everything optional.

import Codecs

extension WireProblem: Error {}

/// Nothing public may grow without bound inside the model.
enum WireLimits {
    static let id = 4_096
    static let text = 65_536
    static let type = 128
    static let json = JSONLimits(depth: JSONLimits.deepest, size: 16 << 20, values: 1 << 20)
}

struct WireObject {
    let document: JSONText
    private let object: JSONText.Place
    private let place: StaticString
    private let index: Int?
    /// By the place of a member in the object: one bit each, and a list for an object that has more.
    private var taken: UInt64 = 0
    private var takenBehind: [Int] = []

    /// `index` is the place of the object in the list of that name.
    init(_ text: JSONText, _ object: JSONText.Place, at place: StaticString, index: Int? = nil) {
        document = text
        self.object = object
        self.place = place
        self.index = index
    }

    /// Hides what was not taken, earlier ones of a repeated name among it.
    func hideRest(in secrets: inout SecretCollector) {
        var number = 0
        for value in document.values(in: object) {
            if !isTaken(number) { secrets.hide(value, of: document) }
            number &+= 1
        }
    }

    private func isTaken(_ number: Int) -> Bool {
        number < 64 ? taken & 1 << UInt64(number) != 0 : takenBehind.contains(number)
    }

    func problem(_ kind: WireProblem.Kind, _ name: StaticString, element: Int? = nil) -> WireProblem {
        var path = place.withUTF8Buffer { Bytes($0) }
        if let index { path.append(text: "[\(index)]") }
        if !path.isEmpty { path.append(0x2e) }
        name.withUTF8Buffer { path.append(contentsOf: $0) }
        if let element { path.append(text: "[\(element)]") }
        return WireProblem(kind: kind, path: path)
    }

    /// The field; nil where it is absent or null. The last one of a repeated name counts.
    mutating func take(_ name: StaticString) -> JSONText.Place? {
        guard let found = document.member(name, of: object) else { return nil }
        if found.number < 64 { taken |= 1 << UInt64(found.number) } else { takenBehind.append(found.number) }
        return document.kind(found.value) == .null ? nil : found.value
    }

    mutating func object(_ name: StaticString) throws(WireProblem) -> JSONText.Place? {
        guard let value = take(name) else { return nil }
        guard document.kind(value) == .object else { throw problem(.expectedObject, name) }
        return document.isEmpty(value) ? nil : value
    }

    mutating func map(_ name: StaticString) throws(WireProblem) -> JSONText.Place? {
        guard let value = take(name) else { return nil }
        guard document.kind(value) == .object else { throw problem(.expectedMap, name) }
        return value
    }

    mutating func list(_ name: StaticString) throws(WireProblem) -> JSONText.Place? {
        guard let value = take(name) else { return nil }
        guard document.kind(value) == .array else { throw problem(.expectedList, name) }
        return value
    }

    mutating func flag(_ name: StaticString) throws(WireProblem) -> Bool? {
        guard let value = take(name) else { return nil }
        guard let flag = document.bool(value) else { throw problem(.expectedFlag, name) }
        return flag
    }

    /// A whole number; one that does not fit is no number that we could act on.
    mutating func number(_ name: StaticString) throws(WireProblem) -> Int? {
        guard let value = take(name) else { return nil }
        guard let number = document.int(value) else { throw problem(.expectedNumber, name) }
        return number
    }

    /// A public string as it is; nil where it is absent, null or empty.
    mutating func text(_ name: StaticString, limit: Int = WireLimits.text) throws(WireProblem) -> Bytes? {
        guard let value = take(name) else { return nil }
        guard let content = document.string(value) else { throw problem(.expectedText, name) }
        guard content.count <= limit else { throw problem(.tooMany, name) }
        return content.isEmpty ? nil : content
    }

    /// The same without white space at its ends.
    mutating func trimmedText(_ name: StaticString) throws(WireProblem) -> Bytes? {
        guard let content = try text(name) else { return nil }
        let trimmed = trimmedBytes(content)
        return trimmed.isEmpty ? nil : trimmed
    }

    mutating func requiredID(_ name: StaticString, limit: Int = WireLimits.id) throws(WireProblem) -> Bytes {
        guard let value = take(name) else { throw problem(.missing, name) }
        guard let content = document.string(value) else { throw problem(.expectedText, name) }
        guard !content.isEmpty else { throw problem(.empty, name) }
        guard content.count <= limit else { throw problem(.tooMany, name) }
        return content
    }
}

/// Trims, for which there is seldom anything to do.
func trimmedBytes(_ bytes: Bytes) -> Bytes {
    guard let first = bytes.first, let last = bytes.last else { return bytes }
    return first > 0x20 && first < 0x80 && last > 0x20 && last < 0x80 ? bytes : bytes.trimmed()
}
