// Codable values through the tree and back, and the trees with one leaf changed.

import Codecs
import Testing

private enum Phase: Hashable, Codable {
    case idle
    case asked(id: UInt64, Holding)
    case held(Holding?)
    indirect case after(Phase, [Phase])
}

private enum Reason: String, Hashable, Codable { case lost, refused }

private struct Holding: Hashable, Codable {
    var name: Bytes
    var deadline: Int64?
    var reason: Reason?
}

private struct Rich: Hashable, Codable {
    var flags = [true, false]
    var small: [Int8] = [.min, -1, 0, .max]
    var widths = Widths()
    var words = ["", "a\u{0}b", "hex:", "caf\u{e9}", "\u{1f600}\n\""]
    var bytes: [Bytes] = [
        [], [0xff, 0x00], Bytes(text: "plain"), Bytes(text: "hex:00"), Bytes(text: "text:x"), [0x80],
    ]
    var maybeBytes: [Bytes?] = [nil, [0xfe], []]
    var optionals: [Int?] = [nil, 1, nil]
    var reals: [Double] = [0, -0.5, 1e300, .leastNonzeroMagnitude, 0.1, .infinity, -.infinity, 1e21, .pi]
    var single: Float = 0.1
    var nested: [[[Int]]] = [[], [[], [1, 2]]]
    var phases: [Phase] = [
        .idle, .held(nil), .held(Holding(name: [0x61], deadline: .max, reason: .lost)),
        .after(.asked(id: .max, Holding(name: [0xff], deadline: nil, reason: nil)), [.idle, .after(.idle, [])]),
    ]
    var text = Text.joined([.literal([0xc3]), .secret(SecretRef(number: .max)), .joined([])])
    var times = [UnixTime(seconds: .min, nanoseconds: 999_999_999)]
    var missing: Int?
    var range = 3..<7
}

private struct Widths: Hashable, Codable {
    var int8 = Int8.min
    var int16 = Int16.min
    var int32 = Int32.min
    var int64 = Int64.min
    var int = Int.max
    var uint8 = UInt8.max
    var uint16 = UInt16.max
    var uint32 = UInt32.max
    var uint64 = UInt64.max
    var uint = UInt.max
}

private func roundTrip<Value: Codable>(_ value: Value) throws -> Value {
    // Through the text, since a recording goes there.
    try decodeState(Value.self, from: try JSON.parse(try encodeState(value).encoded()))
}

@Suite struct StateCodingTests {
    @Test func richValuesComeBack() throws {
        let value = Rich()
        #expect(try decodeState(Rich.self, from: try encodeState(value)) == value)
        #expect(try roundTrip(value) == value)
    }

    @Test func scalarsComeBack() throws {
        #expect(try roundTrip(true))
        #expect(try roundTrip("x") == "x")
        #expect(try roundTrip(Int.min) == Int.min)
        #expect(try roundTrip(Int128.max) == Int128.max)
        #expect(try roundTrip([UInt128.max]) == [UInt128.max])
        #expect(try roundTrip(Bytes(0...255)) == Bytes(0...255))
        #expect(try roundTrip(Int?.none) == nil)
        #expect(try roundTrip(Reason.refused) == .refused)
        #expect(try roundTrip([Double.nan]).first?.isNaN == true)
        #expect(try roundTrip(-0.0).sign == .minus)
    }

    @Test func formsAreReadable() throws {
        func form(_ value: some Encodable) throws -> String { try encodeState(value).encoded().text }
        #expect(try form(Bytes(text: "task-1")) == #""task-1""#)
        #expect(try form([0xff, 0x0a] as Bytes) == #""hex:ff0a""#)
        #expect(try form(Bytes(text: "hex:")) == #""text:hex:""#)
        #expect(try form(Phase.idle) == #"{"idle":{}}"#)
        #expect(
            try form(Phase.asked(id: 7, Holding(name: [0x61], deadline: nil, reason: .lost)))
                == #"{"asked":{"id":7,"_1":{"name":"a","reason":"lost"}}}"#)
        #expect(try form(UInt64.max) == "18446744073709551615")
    }

    @Test func documentsStayDocuments() throws {
        let documents = [
            #"{"a":[1.50,null,true,"x"],"a":{},"$b":1,"$$":2}"#, #"{"$secret":5}"#, #"{"$verbatim":"x"}"#,
            #"{"$number":"1"}"#, #""hex:00""#, #""text:""#, #"{"$hex:00":1}"#, "[]", "1e5", "null", #"{"":""}"#,
        ]
        for document in documents {
            let value = try JSON.parse(Bytes(text: document))
            #expect(try roundTrip(value) == value, "\(document)")
        }
        #expect(try encodeState(JSON.parse(Bytes(text: #"{"a":[1.50]}"#))).encoded().text == #"{"a":[1.50]}"#)
        let odd = JSON.object([
            JSONMember(name: [0xff], value: .secret(.secret(SecretRef(number: .max)))),
            JSONMember(
                "mixed",
                .secret(.joined([.literal([0xfe]), .secret(SecretRef(number: 7)), .joined([Text("$secret")])]))),
            JSONMember(name: Bytes(text: "$hex:ff"), value: .verbatim(SecretRef(number: 0))),
            JSONMember("c", .array([.string([0xfe]), .number(Bytes(text: "no number")), .number([0xff])])),
            JSONMember("", .object([JSONMember("$secret", .number(1))])),
        ])
        #expect(try roundTrip(odd) == odd)
        #expect(try roundTrip([odd]) == [odd])
        #expect(try roundTrip(JSONMember("x", odd)) == JSONMember("x", odd))
    }

    @Test func deepDocumentsComeBack() throws {
        var value = JSON.number(1)
        for _ in 0..<256 { value = .object([JSONMember("a", value)]) }
        #expect(try decodeState(JSON.self, from: encodeState(value)) == value)
    }

    @Test func classesAndNestedContainersComeBack() throws {
        let value = Derived(base: 1, own: "x")
        let copy = try roundTrip(value)
        #expect(copy.base == 1)
        #expect(copy.own == "x")
        #expect(try roundTrip(ByHand(first: 1, second: [true, false])) == ByHand(first: 1, second: [true, false]))
    }

    @Test func errorsNameThePath() throws {
        func problem(_ text: String) -> StateCodingError? {
            do {
                _ = try decodeState([Holding].self, from: try JSON.parse(Bytes(text: text)))
                return nil
            } catch {
                return error as? StateCodingError
            }
        }
        #expect(problem("[]") == nil)
        #expect(problem("{}")?.words == "expected an array")
        #expect(problem(#"[{"name":"a"},{}]"#)?.words == "a value is missing at 1.name")
        #expect(problem(#"[{"name":1}]"#)?.words == "expected a string at 0.name")
        #expect(problem(#"[{"name":"hex:0"}]"#)?.words == "a text is malformed at 0.name")
        #expect(problem(#"[{"name":"a","deadline":1.5}]"#)?.words == "a number does not fit at 0.deadline")
        #expect(problem(#"[{"name":"a","deadline":9223372036854775808}]"#)?.problem == .outOfRange)
        #expect(problem(#"[{"name":"a","reason":"whim"}]"#)?.problem == .refused)
        #expect(problem(#"[{"name":"a","reason":"whim"}]"#)?.path == ["0", "reason"])
        #expect(throws: StateCodingError.self) { try decodeState(Phase.self, from: .object([])) }
        #expect(throws: StateCodingError.self) { try decodeState(UInt8.self, from: .number(256)) }
        #expect(throws: StateCodingError.self) { try decodeState(Bool.self, from: .null) }
    }

    @Test func aTypeCannotBeTwoThings() {
        #expect(throws: StateCodingError.self) { try encodeState(TwoThings()) }
    }

    @Test func everyLeafCanBeChangedAlone() throws {
        let value = Rich()
        let tree = try encodeState(value)
        let leaves = tree.leaves
        #expect(leaves.count > 50)
        var decoded = 0
        for path in leaves {
            let changed = try #require(tree.perturbed(at: path))
            let different = leaves.filter { tree.value(at: $0) != changed.value(at: $0) }
            #expect(different == [path], "\(tree.words(for: path))")
            // Names of cases have no neighbour; everything else decodes, to something else.
            guard let other = try? decodeState(Rich.self, from: changed) else { continue }
            decoded += 1
            #expect(other != value, "\(tree.words(for: path))")
        }
        #expect(decoded >= leaves.count - 5)
    }

    @Test func pathsThatLeadNowhere() {
        let tree = JSON.array([.null, .object([JSONMember("a", .number(1))])])
        #expect(tree.leaves == [[1, 0]])
        #expect(tree.words(for: [1, 0]) == "1.a")
        #expect(tree.value(at: [1, 1]) == nil)
        #expect(tree.value(at: [-1]) == nil)
        for path in [[], [0], [1], [2], [1, 0, 0], [-1]] { #expect(tree.perturbed(at: path) == nil) }
        #expect(tree.perturbed(at: [1, 0])?.encoded().text == #"[null,{"a":2}]"#)
    }

    @Test(arguments: [
        ("0", "1"), ("-1", "0"), ("255", "254"), ("127", "126"), ("9223372036854775807", "9223372036854775806"),
        ("18446744073709551615", "18446744073709551614"), ("0.5", "10.5"), ("-0.5", "-10.5"),
    ]) func numbersMoveByOne(_ text: String, _ other: String) {
        #expect(JSON.number(Bytes(text: text)).perturbed(at: [])?.encoded().text == other)
    }
}

private class Base: Codable {
    var base: Int

    init(base: Int) { self.base = base }
}

private final class Derived: Base {
    var own: String

    enum CodingKeys: CodingKey { case own }

    init(base: Int, own: String) {
        self.own = own
        super.init(base: base)
    }

    required init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        own = try container.decode(String.self, forKey: .own)
        try super.init(from: container.superDecoder())
    }

    override func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try super.encode(to: container.superEncoder())
        try container.encode(own, forKey: .own)
    }
}

private struct ByHand: Hashable, Codable {
    var first: Int
    var second: [Bool]

    enum CodingKeys: CodingKey { case outer, inner, list }

    init(first: Int, second: [Bool]) {
        (self.first, self.second) = (first, second)
    }

    init(from decoder: any Decoder) throws {
        var list = try decoder.unkeyedContainer()
        let outer = try list.nestedContainer(keyedBy: CodingKeys.self)
        let inner = try outer.nestedContainer(keyedBy: CodingKeys.self, forKey: .outer)
        first = try inner.decode(Int.self, forKey: .inner)
        var flags = try outer.nestedUnkeyedContainer(forKey: .list)
        second = []
        while !flags.isAtEnd { second.append(try flags.decode(Bool.self)) }
        guard try list.decodeNil(), list.isAtEnd else { throw StateMismatch() }
    }

    func encode(to encoder: any Encoder) throws {
        var list = encoder.unkeyedContainer()
        var outer = list.nestedContainer(keyedBy: CodingKeys.self)
        var inner = outer.nestedContainer(keyedBy: CodingKeys.self, forKey: .outer)
        var flags = outer.nestedUnkeyedContainer(forKey: .list)
        // The list's next element comes before the inner containers are filled.
        try list.encodeNil()
        try inner.encode(first, forKey: .inner)
        for flag in second { try flags.encode(flag) }
    }
}

private struct StateMismatch: Error {}

private struct TwoThings: Encodable {
    enum CodingKeys: CodingKey { case a }

    func encode(to encoder: any Encoder) throws {
        var keyed = encoder.container(keyedBy: CodingKeys.self)
        try keyed.encode(1, forKey: .a)
        var list = encoder.unkeyedContainer()
        try list.encode(1)
    }
}
