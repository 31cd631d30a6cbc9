// Suggestions for misspelt names.

import Codecs
import Testing

@Suite struct DidYouMeanTests {
    private func distance(_ one: String, _ other: String) -> Int? {
        DidYouMean.distance(Bytes(text: one), Bytes(text: other), atMost: 10)
    }

    @Test func distances() {
        #expect(distance("", "") == 0)
        #expect(distance("abc", "abc") == 0)
        #expect(distance("abc", "") == 3)
        #expect(distance("kitten", "sitting") == 3)
        #expect(distance("flaw", "lawn") == 2)
        #expect(distance("ab", "ba") == 1)
        #expect(distance("worker", "wroker") == 1)
        #expect(distance("saturday", "sunday") == 3)
        #expect(DidYouMean.distance(Bytes(text: "kitten"), Bytes(text: "sitting"), atMost: 2) == nil)
        #expect(DidYouMean.distance(Bytes(text: "a"), Bytes(text: "a"), atMost: -1) == nil)
    }

    private static let names = [
        "worker_id", "log_level", "log_format", "cleanup", "max_concurrent_tasks", "idle_on_complete", "backend",
        "drain_timeout", "task_timeout", "env", "v",
    ]

    @Test(arguments: [
        ("worker-id", "worker_id"), ("workerid", "worker_id"), ("Worker_ID", "worker_id"), ("loglevel", "log_level"),
        ("clean_up", "cleanup"), ("max_concurent_task", "max_concurrent_tasks"), ("bakcend", "backend"),
        ("drain_time", "drain_timeout"), ("evn", "env"), ("task_timeout", "task_timeout"),
    ]) func suggests(_ written: String, _ meant: String) {
        let names = DidYouMeanTests.names.map { Bytes(text: $0) }
        #expect(DidYouMean.closest(to: Bytes(text: written), among: names)?.text == meant)
    }

    @Test(arguments: ["", "x", "q", "volumes", "kubernetes", "zzzzzzzzzz"]) func staysSilent(_ written: String) {
        let names = DidYouMeanTests.names.map { Bytes(text: $0) }
        #expect(DidYouMean.closest(to: Bytes(text: written), among: names) == nil)
    }

    @Test func longNamesAreNotLookedAt() {
        let name = Bytes(repeating: 0x61, count: 100_000)
        #expect(DidYouMean.closest(to: name, among: [name]) == nil)
        #expect(DidYouMean.closest(to: Bytes(text: "a"), among: [name]) == nil)
    }

    @Test func theFirstOfEqualsWins() {
        let names = ["cat", "bat"].map { Bytes(text: $0) }
        #expect(DidYouMean.closest(to: Bytes(text: "hat"), among: names)?.text == "cat")
    }
}
