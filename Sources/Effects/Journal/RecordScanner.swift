// Reads the text of the records that are written by hand; the other half of RecordText and NoteText. Whatever looks
// otherwise in the least is left to the compiler's decoding, so it can be slow, but not wrong.

import Codecs

struct RecordScanner: LineReader {
    var scanner: LineScanner

    /// Nil for a text that is not among them.
    static func read(_ bytes: UnsafeRawBufferPointer) -> JournalRecord? {
        var reader = RecordScanner(scanner: LineScanner(bytes, 0..<bytes.count))
        guard let record = reader.record(), reader.scanner.isAtEnd else { return nil }
        return record
    }

    /// Its end, where what stands before it was read.
    @inline(__always)
    private mutating func closed<Value>(_ value: Value?, _ mark: StaticString) -> Value? { take(mark) ? value : nil }

    private mutating func record() -> JournalRecord? {
        if take("{\"noted\":{\"_0\":{\"run\":") {
            guard let run = scanner.number(), take(",\"note\":{\""), let note = note(), take("}}}}}") else {
                return nil
            }
            return .noted(JournalCall(run: run, note))
        }
        if take("{\"kept\":{\"_0\":") { return run().flatMap { closed(.kept($0), "}}") } }
        if take("{\"remembered\":{\"_0\":") { return word().flatMap { closed(.remembered($0), "}}") } }
        if take("{\"elsewhere\":{\"_0\":") { return key().flatMap { closed(.elsewhere($0), "}}") } }
        if take("{\"counted\":{\"_0\":") { return scanner.number().flatMap { closed(.counted($0), "}}") } }
        return nil
    }

    // MARK: - Notes

    /// Up to the last two brackets.
    private mutating func note() -> JournalNote? {
        if take("intended\":{\"_0\":") { return possession().map { .intended($0) } }
        if take("acquired\":{\"_0\":") { return possession().map { .acquired($0) } }
        if take("released\":{\"_0\":") { return possession().map { .released($0) } }
        if take("claimed\":{\"_0\":") {
            guard let key = key(), take(",\"at\":"), let at = instant() else { return nil }
            return .claimed(key, at: at)
        }
        if take("started\":{\"at\":") { return instant().map { .started(at: $0) } }
        if take("claimHeard\":{") { return .claimHeard }
        if take("verdictHeard\":{") { return .verdictHeard }
        if take("ending\":{\"_0\":") { return verdict().map { .ending($0) } }
        if take("verdictDecided\":{\"_0\":") { return word().map { .verdictDecided($0) } }
        if take("handedOver\":{") { return .handedOver }
        if take("recallBegan\":{") { return .recallBegan }
        if take("recallEnded\":{\"succeeded\":") { return scanner.flag().map { .recallEnded(succeeded: $0) } }
        guard take("ended\":{\"_0\":"), let (name, role) = process(), take(",\"_2\":"), let end = end() else {
            return nil
        }
        return .ended(name, role, end)
    }

    // MARK: - Runs

    private mutating func run() -> Inheritance.Run? {
        guard take("{\"number\":"), let number = scanner.number(), take(",\"key\":"), let key = key(),
            take(",\"kind\":{"), let kind = kind(), take("},\"claimWasHeard\":"),
            let claimWasHeard = scanner.flag()
        else { return nil }
        var startedAt: Instant?
        if take(",\"startedAt\":") {
            guard let at = instant() else { return nil }
            startedAt = at
        }
        guard take(",\"course\":{\""), let course = course(), take("}},\"belongings\":"),
            let belongings = list({ $0.belonging() }), take(",\"ends\":"), let ends = list({ $0.runEnd() })
        else { return nil }
        var recall: Inheritance.Run.Recall?
        if take(",\"recall\":{\"") {
            guard let read = self.recall(), take("}}") else { return nil }
            recall = read
        }
        guard take("}") else { return nil }
        return Inheritance.Run(
            number: number, key: key, kind: kind, claimWasHeard: claimWasHeard, startedAt: startedAt, course: course,
            belongings: belongings, ends: ends, recall: recall)
    }

    /// Up to the last two brackets.
    private mutating func recall() -> Inheritance.Run.Recall? {
        if take("owed\":{") { return .owed }
        guard take("ended\":{\"succeeded\":") else { return nil }
        return scanner.flag().map { .ended(succeeded: $0) }
    }

    private mutating func kind() -> Inheritance.Run.Kind? {
        if take("\"claimed\":{\"at\":") { return instant().flatMap { closed(.claimed(at: $0), "}") } }
        return take("\"recalled\":{}") ? .recalled : nil
    }

    /// Up to the last two brackets.
    private mutating func course() -> Inheritance.Run.Course? {
        if take("open\":{") {
            guard take("\"ending\":") else { return .open(ending: nil) }
            return verdict().map { .open(ending: $0) }
        }
        if take("decided\":{\"_0\":") { return word().map { .decided($0) } }
        if take("handedOver\":{") { return .handedOver }
        return take("settled\":{") ? .settled : nil
    }

    private mutating func belonging() -> Inheritance.Run.Belonging? {
        guard take("{\"possession\":"), let possession = possession(), take(",\"stage\":{\"") else { return nil }
        let stage: Inheritance.Run.Belonging.Stage
        if take("acquired\":{}}") {
            stage = .acquired
        } else if take("intended\":{}}") {
            stage = .intended
        } else {
            guard take("ended\":{\"_0\":"), let end = end(), take("}}") else { return nil }
            stage = .ended(end)
        }
        return closed(Inheritance.Run.Belonging(possession: possession, stage: stage), "}")
    }

    private mutating func runEnd() -> Inheritance.Run.End? {
        guard take("{\"role\":"), let role = role(), take(",\"end\":"), let end = end(), take("}") else { return nil }
        return Inheritance.Run.End(role: role, end: end)
    }

    // MARK: - Pieces

    private mutating func possession() -> Possession? {
        if take("{\"process\":{\"_0\":") {
            guard let (name, role) = process() else { return nil }
            return closed(.process(name, role), "}}")
        }
        if take("{\"workspace\":{\"_0\":") { return scanner.plainText().flatMap { closed(.workspace($0), "}}") } }
        if take("{\"file\":{\"_0\":") { return scanner.plainText().flatMap { closed(.file($0), "}}") } }
        if take("{\"directory\":{\"_0\":") { return scanner.plainText().flatMap { closed(.directory($0), "}}") } }
        if take("{\"container\":{\"_0\":") { return scanner.plainText().flatMap { closed(.container($0), "}}") } }
        guard take("{\"volume\":{\"_0\":") else { return nil }
        return scanner.plainText().flatMap { closed(.volume($0), "}}") }
    }

    private mutating func process() -> (ProcessName, ProcessRole)? {
        guard take("{\"number\":"), let number = scanner.number(), take("},\"_1\":"), let role = role() else {
            return nil
        }
        return (ProcessName(number: number), role)
    }

    private mutating func role() -> ProcessRole? {
        scanner.number().flatMap { UInt8(exactly: $0) }.flatMap { ProcessRole(rawValue: $0) }
    }

    private mutating func verdict() -> Verdict? {
        if take("{\"completed\":{}}") { return .completed }
        if take("{\"cancelled\":{}}") { return .cancelled }
        return take("{\"dispatched\":{}}") ? .dispatched : nil
    }

    private mutating func word() -> OutgoingMessage? {
        let isCompleted = take("{\"completed\":{\"_0\":")
        guard isCompleted || take("{\"cancelled\":{\"_0\":"), let key = key(), take(",\"confirmed\":"),
            let confirmed = scanner.flag(), take("}}")
        else { return nil }
        return isCompleted ? .completed(key, confirmed: confirmed) : .cancelled(key, confirmed: confirmed)
    }

    private mutating func key() -> ExecutionKey? {
        guard take("{\"task\":{\"bytes\":"), let task = scanner.plainText(), take("}") else { return nil }
        var execution: ExecutionID?
        if take(",\"execution\":{\"bytes\":") {
            guard let bytes = scanner.plainText(), take("}") else { return nil }
            execution = ExecutionID(bytes)
        }
        return closed(ExecutionKey(task: TaskID(task), execution: execution), "}")
    }

    private mutating func instant() -> Instant? {
        guard take("{\"nanoseconds\":"), let nanoseconds = scanner.number(), take("}") else { return nil }
        return Instant(nanoseconds: nanoseconds)
    }

    private mutating func end() -> ProcessEnd? { scanner.processEnd() }
}

extension LineScanner {
    /// Journals and recordings have the same text of it.
    public mutating func processEnd() -> ProcessEnd? {
        if take("{\"exit\":{\"_0\":") { return code().flatMap { take("}}") ? .exit($0) : nil } }
        if take("{\"signal\":{\"_0\":") { return code().flatMap { take("}}") ? .signal($0) : nil } }
        return take("{\"unseen\":{}}") ? .unseen : nil
    }

    private mutating func code() -> Int32? { signed().flatMap { Int32(exactly: $0) } }
}
