// The reader against its cases, its bounds, and what it makes of escapes and numbers.

import Codecs
import Testing

@Suite struct JSONReaderTests {
    @Test func thereAreEnoughCases() {
        #expect(acceptedJSON.count + refusedJSON.count >= 150)
    }

    @Test(arguments: acceptedJSON) func accepts(_ item: JSONCase) throws {
        let value = try JSON.parse(item.text)
        // What was read and written reads as the same again.
        #expect(try JSON.parse(value.encoded()) == value)
    }

    @Test(arguments: refusedJSON) func refuses(_ item: JSONCase) {
        #expect(throws: JSONError.self) { try JSON.parse(item.text) }
    }

    @Test func refusesEveryTrueBeginningOfADocument() throws {
        let document = Bytes(text: #"{"a":[1.5e3,true,null,"x\u00e9\n"],"b":{"c":"\#u{e9}\#u{1f600}"}}"#)
        _ = try JSON.parse(document)
        for length in 0..<document.count {
            #expect(throws: JSONError.self) { try JSON.parse(document[..<length]) }
        }
    }

    @Test func anyByteAnywhereIsReadOrRefused() {
        let document = Bytes(text: #"{"a":[-1.5e3,true,"\u00e9\n\\",{}],"b":"\#u{e9}"}"#)
        for index in document.indices {
            for byte in UInt8.min...UInt8.max {
                var changed = document
                changed[index] = byte
                guard let value = try? JSON.parse(changed) else { continue }
                #expect((try? JSON.parse(value.encoded())) == value)
            }
        }
    }

    @Test(arguments: [
        (#""\uD800""#, "\u{fffd}"), (#""\uDC00""#, "\u{fffd}"), (#""\uD800\uD800""#, "\u{fffd}\u{fffd}"),
        (#""\uD800\n""#, "\u{fffd}\n"), (#""\uD800a""#, "\u{fffd}a"), (#""\uD800\u0041""#, "\u{fffd}A"),
        (#""\uD800\uD83D\uDE00""#, "\u{fffd}\u{1f600}"), (#""\uDE00\uD83D""#, "\u{fffd}\u{fffd}"),
        (#""\uDBFF\uDFFF""#, "\u{10ffff}"), (#""\u0000""#, "\u{0}"), (#""\"\\\/\b\f\n\r\t""#, "\"\\/\u{8}\u{c}\n\r\t"),
        (#""a\u00E9b""#, "a\u{e9}b"), (#""\u20AC""#, "\u{20ac}"), (#""\u07ff\u0800""#, "\u{7ff}\u{800}"),
        (#""\ud7ff\ue000""#, "\u{d7ff}\u{e000}"), (#""\uD800\uDC00""#, "\u{10000}"),
    ]) func escapes(_ text: String, _ content: String) throws {
        #expect(try JSON.parse(Bytes(text: text)).asString == Bytes(text: content))
    }

    @Test(arguments: acceptedNumbers) func numbersKeepTheirText(_ text: String) throws {
        #expect(try JSON.parse(Bytes(text: "[ \(text) ]")).encoded() == Bytes(text: "[\(text)]"))
    }

    @Test func membersKeepTheirOrderAndDuplicates() throws {
        let text = Bytes(text: #"{"z":1,"a":2,"z":3,"":4,"A":5}"#)
        let value = try JSON.parse(text)
        #expect(value.encoded() == text)
        #expect(value["z"]?.asInt == 3)
        #expect(value["a"]?.asInt == 2)
        #expect(value["b"] == nil)
        #expect(value[bytes: Bytes(text: "A")]?.asInt == 5)
    }

    @Test func namesAreBytes() throws {
        let value = try JSON.parse(Bytes(text: "{\"caf\u{e9}\":1,\"cafe\u{301}\":2}"))
        #expect(value["caf\u{e9}"]?.asInt == 1)
        #expect(value["cafe\u{301}"]?.asInt == 2)
    }

    @Test func depthIsBounded() throws {
        func nested(_ depth: Int) -> Bytes {
            Bytes(repeating: 0x5b, count: depth) + Bytes(repeating: 0x5d, count: depth)
        }
        _ = try JSON.parse(nested(256))
        #expect(throws: JSONError(.tooDeep, at: 256)) { try JSON.parse(nested(257)) }
        #expect(throws: JSONError.self) { try JSON.parse(nested(100_000)) }
        #expect(throws: JSONError.self) { try JSON.parse(Bytes(repeating: 0x5b, count: 100_000)) }
        let members = Bytes((0..<100_000).flatMap { _ in Bytes(text: "{\"a\":") })
        #expect(throws: JSONError.self) { try JSON.parse(members) }
        // Whatever limit is asked for, the stack holds.
        let greedy = JSONLimits(depth: .max)
        _ = try JSON.parse(nested(JSONLimits.deepest), limits: greedy)
        #expect(throws: JSONError.self) { try JSON.parse(nested(JSONLimits.deepest + 1), limits: greedy) }
        #expect(throws: JSONError.self) { try JSON.parse(nested(1), limits: JSONLimits(depth: 0)) }
        // Depth is how deep, not how many.
        _ = try JSON.parse(Bytes(text: "[[],[],[[]]]"), limits: JSONLimits(depth: 3))
    }

    @Test func sizeAndNumberOfValuesAreBounded() throws {
        let text = Bytes(text: "[1,2,3]")
        _ = try JSON.parse(text, limits: JSONLimits(size: 7, values: 4))
        #expect(throws: JSONError(.tooLong, at: 6)) { try JSON.parse(text, limits: JSONLimits(size: 6)) }
        #expect(throws: JSONError(.tooManyValues, at: 5)) { try JSON.parse(text, limits: JSONLimits(values: 3)) }
        #expect(throws: JSONError.self) { try JSON.parse(text, limits: JSONLimits(depth: -1, size: -1, values: -1)) }
    }

    @Test(arguments: [
        ("", JSONError(.endsTooSoon, at: 0)), ("[1,]", JSONError(.unexpectedByte, at: 3)),
        ("{\"a\" 1}", JSONError(.unexpectedByte, at: 5)), ("[] x", JSONError(.contentAfterTheEnd, at: 3)),
        ("[01]", JSONError(.badNumber, at: 1)), ("[1.]", JSONError(.badNumber, at: 1)),
        ("\"\\q\"", JSONError(.badEscape, at: 1)), ("\"a\nb\"", JSONError(.controlCharacter, at: 2)),
    ]) func errorsSayWhatAndWhere(_ text: String, _ error: JSONError) {
        #expect(throws: error) { try JSON.parse(Bytes(text: text)) }
        #expect(error.words.hasSuffix("at byte \(error.offset)"))
    }

    @Test func slicesAreReadFromTheirStart() throws {
        let text = Bytes(text: "xx[1]yy")
        #expect(try JSON.parse(text[2..<5]).encoded() == Bytes(text: "[1]"))
        #expect(throws: JSONError(.endsTooSoon, at: 2)) { try JSON.parse(text[2..<4]) }
    }
}
