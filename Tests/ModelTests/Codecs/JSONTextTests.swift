// A text that is looked into where it lies says the same as the tree that is made of it.

import Codecs
import Testing

@Suite struct JSONTextTests {
    @Test(arguments: acceptedJSON) func saysTheSameAsTheTree(_ item: JSONCase) throws {
        let text = try JSONText(item.text)
        let parsed = try JSON.parse(item.text)
        #expect(text.encoded(text.root) == parsed.encoded())
        #expect(tree(of: text.root, in: text) == parsed)
        var strings: [Bytes] = []
        text.eachString(in: text.root) { strings.append($0) }
        #expect(strings == leaves(of: parsed))
    }

    @Test(arguments: refusedJSON) func refusesTheSame(_ item: JSONCase) {
        var errors: [JSONError] = []
        do { _ = try JSONText(item.text) } catch { errors.append(error) }
        do { _ = try JSON.parse(item.text) } catch { errors.append(error) }
        #expect(errors.count == 2 && errors.first == errors.last)
    }

    /// The same tree, made by looking.
    private func tree(of place: JSONText.Place, in text: JSONText) -> JSON {
        switch text.kind(place) {
        case .null: return .null
        case .bool: return .bool(text.bool(place) == true)
        case .number: return .number(text.encoded(place))
        case .string: return .string(text.string(place) ?? [])
        case .array: return .array(text.values(in: place).map { tree(of: $0, in: text) })
        case .object:
            return .object(
                text.values(in: place).map { JSONMember(name: text.name(of: $0), value: tree(of: $0, in: text)) })
        }
    }

    private func leaves(of value: JSON) -> [Bytes] {
        switch value {
        case .string(let content): [content]
        case .array(let elements): elements.flatMap { leaves(of: $0) }
        case .object(let members): members.flatMap { leaves(of: $0.value) }
        default: []
        }
    }

    private let sample = Bytes(
        text: #"{"a":1,"b":{"a":2,"required":false},"\u0061b":"x\n","a":3,"":[true,"#
            + #"{"c":[{"re\u0071uired":true}]}],"n":null}"#)

    @Test func theLastMemberOfANameCounts() throws {
        let text = try JSONText(sample)
        let found = try #require(text.member("a", of: text.root))
        #expect(text.int(found.value) == 3 && found.number == 3)
        let escaped = try #require(text.member("ab", of: text.root))
        #expect(text.string(escaped.value) == Bytes(text: "x\n") && escaped.number == 2)
        #expect(text.member("c", of: text.root) == nil)
        #expect(text.member("", of: text.root).map { text.kind($0.value) } == .array)
        #expect(text.member("n", of: text.root).map { text.kind($0.value) } == .null)
        #expect(text.member("a", of: found.value) == nil)
    }

    @Test func aTrueIsFoundByItsNameAtAnyDepth() throws {
        let text = try JSONText(sample)
        #expect(text.holdsTrue(named: "required", in: text.root))
        let inner = try #require(text.member("b", of: text.root)?.value)
        #expect(!text.holdsTrue(named: "required", in: inner))
        #expect(!text.holdsTrue(named: "c", in: text.root))
        let list = try JSONText(Bytes(text: #"["required",true,true]"#))
        #expect(!list.holdsTrue(named: "required", in: list.root))
    }

    @Test func whatIsNotThereIsNothing() throws {
        let text = try JSONText(sample)
        let small = try JSONText(Bytes(text: "1"))
        let far = try #require(text.member("n", of: text.root)?.value)
        #expect(small.kind(far) == .null && small.string(far) == nil && small.int(far) == nil)
        #expect(Array(small.values(in: far)).isEmpty && small.encoded(far).isEmpty)
        #expect(small.name(of: small.root).isEmpty && !small.holdsTrue(named: "a", in: far))
        small.eachString(in: far) { _ in Issue.record("there is no string") }
    }

    /// Strings are read eight bytes at a time: each byte that matters is seen at each of the places.
    @Test func everyByteIsSeenAtEveryPlace() throws {
        for length in 0..<26 {
            for place in 0..<max(1, length) {
                for (byte, problem) in special {
                    var content = Bytes(repeating: UInt8(ascii: "x"), count: length)
                    if length > 0 { content[place] = byte }
                    let text = [0x22] + content + [0x22]
                    let problem = length > 0 ? problem : nil
                    do {
                        let value = try JSON.parse(text)
                        #expect(value == .string(content) && problem == nil)
                    } catch {
                        #expect(error == problem.map { JSONError($0, at: place + 1) })
                    }
                }
            }
        }
    }

    private let special: [(UInt8, JSONError.Problem?)] = [
        (0x00, .controlCharacter), (0x1f, .controlCharacter), (0x80, .notUTF8), (0xff, .notUTF8), (0x20, nil),
        (0x21, nil), (0x23, nil), (0x5b, nil), (0x5d, nil), (0x7f, nil), (0x2f, nil),
    ]

    @Test func aQuoteEndsAStringAtEveryPlace() throws {
        for length in 0..<26 {
            for place in 0..<length {
                var content = Bytes(repeating: UInt8(ascii: "x"), count: length)
                content[place] = 0x22
                #expect(throws: JSONError(.unexpectedByte, at: place + 3)) {
                    try JSON.parse(Bytes(text: "[\"") + content.prefix(place + 1) + Bytes(text: "x]"))
                }
                content[place] = 0x5c
                let escaped = Bytes(text: "\"") + content.prefix(place) + Bytes(text: #"\\"#)
                let text = escaped + content.dropFirst(place + 1) + Bytes(text: "\"")
                #expect(try JSON.parse(text) == .string(content))
            }
        }
    }
}
