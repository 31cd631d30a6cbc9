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
    private let place: StaticString
    private let index: Int?
    private let members: [JSONMember]
    private var taken: [Bool]

    /// `index` is the place of the object in the list of that name.
    init(_ members: [JSONMember], at place: StaticString, index: Int? = nil) {
        self.place = place
        self.index = index
        self.members = members
        taken = Array(repeating: false, count: members.count)
    }

    /// What was not taken, earlier ones of a repeated name among it.
    var rest: [JSON] {
        members.indices.filter { !taken[$0] }.map { members[$0].value }
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
    mutating func take(_ name: StaticString) -> JSON? {
        var at = members.count
        while at > 0 {
            at &-= 1
            guard matches(members[at].name, name) else { continue }
            taken[at] = true
            let value = members[at].value
            if case .null = value { return nil }
            return value
        }
        return nil
    }

    mutating func object(_ name: StaticString) throws(WireProblem) -> [JSONMember]? {
        guard let value = take(name) else { return nil }
        guard case .object(let members) = value else { throw problem(.expectedObject, name) }
        return members.isEmpty ? nil : members
    }

    mutating func map(_ name: StaticString) throws(WireProblem) -> [JSONMember] {
        guard let value = take(name) else { return [] }
        guard case .object(let members) = value else { throw problem(.expectedMap, name) }
        return members
    }

    mutating func list(_ name: StaticString) throws(WireProblem) -> [JSON] {
        guard let value = take(name) else { return [] }
        guard case .array(let elements) = value else { throw problem(.expectedList, name) }
        return elements
    }

    mutating func flag(_ name: StaticString) throws(WireProblem) -> Bool? {
        guard let value = take(name) else { return nil }
        guard case .bool(let flag) = value else { throw problem(.expectedFlag, name) }
        return flag
    }

    /// A whole number; one that does not fit is no number that we could act on.
    mutating func number(_ name: StaticString) throws(WireProblem) -> Int? {
        guard let value = take(name) else { return nil }
        guard let number = value.asInt else { throw problem(.expectedNumber, name) }
        return number
    }

    /// A public string as it is; nil where it is absent, null or empty.
    mutating func text(_ name: StaticString, limit: Int = WireLimits.text) throws(WireProblem) -> Bytes? {
        guard let value = take(name) else { return nil }
        guard case .string(let content) = value else { throw problem(.expectedText, name) }
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
        guard case .string(let content) = value else { throw problem(.expectedText, name) }
        guard !content.isEmpty else { throw problem(.empty, name) }
        guard content.count <= limit else { throw problem(.tooMany, name) }
        return content
    }
}

/// Whether these are the bytes of a literal. Not the generic one of another module, since this is asked often.
func matches(_ bytes: Bytes, _ literal: StaticString) -> Bool {
    guard bytes.count == literal.utf8CodeUnitCount else { return false }
    let expected = literal.utf8Start
    for index in bytes.indices where bytes[index] != expected[index] { return false }
    return true
}

/// Trims, for which there is seldom anything to do.
func trimmedBytes(_ bytes: Bytes) -> Bytes {
    guard let first = bytes.first, let last = bytes.last else { return bytes }
    return first > 0x20 && first < 0x80 && last > 0x20 && last < 0x80 ? bytes : bytes.trimmed()
}
