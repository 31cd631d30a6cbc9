// Size, depth and plain noise: every byte string has an answer, and soon.

import Codecs
import Effects
import Testing

@Suite struct DecodeHostileTests {
    @Test func fiveMegabytes() throws {
        let prompt = JSON.string(String(repeating: "line of a long prompt\n", count: 240_000))
        let document = Golden.document.setting(
            ["data", "task", "task_definition"], .object([JSONMember("prompt", prompt)]))
        let decoded = Decoded(document)
        #expect(decoded.assignment != nil)
        #expect(decoded.secrets.contains { $0.bytes.count > 5_000_000 })
    }

    @Test(arguments: [900, 2_000, 1_000_000])
    func deepNesting(depth: Int) throws {
        let nest = String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
        let text =
            #"{"type":"task_assignment","data":{"junk":\#(nest),"nest":{"task_id":"wrong"},"#
            + #""task_id":"t\u0031","execution_id":"e","task":{"id":"t"}}}"#
        let decoded = Decoded(text: text)
        if depth < 990 {
            #expect(decoded.assignment != nil)
        } else {
            let key = ExecutionKey(task: TaskID(Bytes(text: "t1")), execution: ExecutionID(Bytes(text: "e")))
            guard case .unreadableAssignment(let found, let problem) = decoded.message else {
                Issue.record("the task is not named")
                return
            }
            #expect(found == key)
            #expect(problem.kind == .tooMany)
        }
    }

    /// As where the message is not too deep: the last member of a name counts, and a name that says nothing else.
    @Test(arguments: [
        (#""data":{"task_id":"a","execution_id":"b"},"data":{"task_id":"c"}"#, "c", nil),
        (#""data":{"task_id":"a","execution_id":"b","execution_id":null}"#, "a", nil),
        (#""data":{"task_id":"a","execution_id":"b","execution_id":["x"]}"#, "a", nil),
        (#""data":{"task_id":"a","task_id":"b","execution_id":"c","execution_id":"d"}"#, "b", "d"),
        (#""data":{"task_id":"a","x":{"task_id":"q","execution_id":"r"},"execution_id":"b"}"#, "a", "b"),
        (#""data":{"task_id":"a","execution_id":""}"#, "a", nil),
    ]) func whatIsTooDeepIsNamedAsElse(data: String, task: String, execution: String?) {
        let nest = String(repeating: "[", count: 1_001) + String(repeating: "]", count: 1_001)
        let key = ExecutionKey(
            task: TaskID(Bytes(text: task)), execution: execution.map { ExecutionID(Bytes(text: $0)) })
        let read = Decoded(text: #"{"type":"task_assignment",\#(data)}"#).message
        let skimmed = Decoded(text: #"{"type":"task_assignment","deep":\#(nest),\#(data)}"#).message
        for message in [read, skimmed] {
            guard case .unreadableAssignment(let found, _) = message else {
                Issue.record("the task is not named: \(message)")
                continue
            }
            #expect(found == key)
        }
    }

    @Test func anIDWrittenInEscapesIsSkimmed() {
        let nest = String(repeating: "[", count: 1_001) + String(repeating: "]", count: 1_001)
        for (count, isNamed) in [(4_096, true), (4_097, false)] {
            let id = String(repeating: "\\u0061", count: count)
            let text = #"{"type":"task_assignment","deep":\#(nest),"data":{"task_id":"\#(id)"}}"#
            if case .unreadableAssignment(let key, _) = Decoded(text: text).message {
                #expect(isNamed && key.task.bytes == Bytes(repeating: 0x61, count: count))
            } else {
                #expect(!isNamed)
            }
        }
    }

    @Test func tooManyValuesStillNameTheTask() {
        let junk = "[" + String(repeating: "0,", count: 1_100_000) + "0]"
        let text = #"{"data":{"task_id":"t","junk":\#(junk)},"type":"task_assignment"}"#
        guard case .unreadableAssignment(let key, _) = Decoded(text: text).message else {
            Issue.record("the task is not named")
            return
        }
        #expect(key.task.bytes.text == "t")
    }

    @Test func aDeepMessageOfAnotherKindNamesNothing() {
        let nest = String(repeating: "[", count: 5_000) + String(repeating: "]", count: 5_000)
        for text in [
            #"{"type":"other","data":{"task_id":"t","x":\#(nest)}}"#,
            #"{"type":"task_assignment","data":[{"task_id":"t"},\#(nest)]}"#,
            #"{"type":"task_assignment","other":{"task_id":"t"},"x":\#(nest)}"#,
            #"{"type":"task_assignment","x":\#(nest),"task_id":"t"}"#,
        ] {
            guard case .unreadable = Decoded(text: text).message else {
                Issue.record("\(text.prefix(60))")
                continue
            }
        }
    }

    @Test func noiseIsAnswered() {
        var dice = Dice(seed: 1)
        var unreadable = 0
        for _ in 0..<20_000 {
            let bytes = (0..<dice.below(40)).map { _ in UInt8(truncatingIfNeeded: dice.next()) }
            if case .unreadable = Decoded(bytes).message { unreadable += 1 }
        }
        #expect(unreadable == 20_000)
    }

    @Test func damagedAssignmentsAreAnswered() {
        let golden = Golden.document.encoded()
        var dice = Dice(seed: 2)
        var kinds: [String: Int] = [:]
        for _ in 0..<3_000 {
            var bytes = golden
            for _ in 0...dice.below(3) {
                let place = dice.below(bytes.count)
                switch dice.below(3) {
                case 0: bytes[place] = UInt8(truncatingIfNeeded: dice.next())
                case 1: bytes.removeSubrange(place..<min(bytes.count, place + dice.below(30)))
                default: bytes.insert(contentsOf: Bytes(text: #"[{"":null}]"#).prefix(dice.below(12)), at: place)
                }
            }
            kinds[String(String(describing: Decoded(bytes).message).prefix { $0 != "(" }), default: 0] += 1
        }
        // Else the damage would be too great, or too small, to test anything.
        #expect((kinds["assignment"] ?? 0) > 50)
        #expect((kinds["unreadable"] ?? 0) > 50)
        #expect((kinds["unreadableAssignment"] ?? 0) > 0)
    }

    @Test func everyKindOfValueInEveryPlace() {
        let values = [
            "null", "true", "-1", "0.5", #""""#, #""text""#, "[]", "{}", "[[]]", #"{"": {"": []}}"#, "1e400",
        ]
        var checked = 0
        for path in Golden.document.leaves {
            for value in values {
                guard let changed = Golden.document.replacing(path, { _ in Golden.parse(value) }) else { continue }
                let decoded = Decoded(changed)
                if let assignment = decoded.assignment {
                    #expect(assignment.secrets.count == UInt64(decoded.secrets.count))
                }
                checked += 1
            }
        }
        #expect(checked > 500)
    }
}
