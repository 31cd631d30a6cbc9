// A server's answer to the opening handshake, as the worker reads it, with the dates and the URLs in it.
//
// However the bytes arrive, the answer is the same, but for what of a refusal's body had come by then; what follows
// an accepted handshake is handed on byte by byte; what is kept is bounded.

import Codecs
import Demands

/// Its proof is s3pPLMBiTxaQ9kYGzzhZRbK+xOo=, which the corpus knows.
private let key = Bytes(text: "dGhlIHNhbXBsZSBub25jZQ==")

@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>?, _ count: Int) -> Int32 {
    var course = Course(start, count)
    let whole = Answered([course.bytes[...]])
    for pieces in course.splittings() {
        let other = Answered(pieces)
        demandEqual(other.date, whole.date, "the date, in pieces of \(pieces.map(\.count))")
        switch (other.answer, whole.answer) {
        case (.accepted(let rest), .accepted(let all)):
            demandEqual(rest + other.unread, all, "what follows the handshake")
        case (.refused(var one), .refused(var all)):
            demand(all.body.starts(with: one.body), "the body is the front of the body")
            (one.body, all.body) = ([], [])
            demandEqual(one, all, "the refusal, in pieces of \(pieces.map(\.count))")
        case (.malformed, _), (_, .malformed), (.accepted, .refused), (.refused, .accepted):
            demandEqual(other.answer, whole.answer, "the answer, in pieces of \(pieces.map(\.count))")
        }
    }
    if case .refused(let refusal) = whole.answer { check(refusal) }
    url(course.bytes)
    return 0
}

private struct Answered {
    var answer: WebSocketAnswer
    var date: Bytes?
    /// What came after the answer was known, and was not fed.
    var unread = Bytes()

    init(_ pieces: [ArraySlice<UInt8>]) {
        var reader = WebSocketAnswerReader(key: key)
        var answer: WebSocketAnswer?
        for piece in pieces {
            if answer != nil {
                unread += piece
                continue
            }
            reader.feed(piece)
            answer = reader.next()
        }
        let last = reader.end()
        if let answer { demandEqual(last, answer, "an answer stays what it is") }
        self.answer = last
        date = reader.date
        if case .malformed(let fault) = last { demand(!fault.words.isEmpty, "a fault has words") }
    }
}

private func check(_ refusal: WebSocketRefusal) {
    demand(refusal.body.count <= WebSocketAnswerReader.bodyMax, "more of the body is kept than is wanted")
    demand(refusal.reason.count <= 256 && isOneLine(refusal.reason.filter { $0 != 0x09 }), "the reason is one line")
    let now = UnixTime(seconds: 1_700_000_000)
    if let text = refusal.retryAfter, let wait = RetryAfter.parse(text, now: now) {
        demand((0...RetryAfter.longest).contains(wait), "a wait is neither negative nor endless")
    }
    if let text = refusal.date, let date = HTTPDate.parse(text) {
        demandEqual(HTTPDate.parse(HTTPDate.write(date)), date, "a date is written as it was read")
    }
    if let location = refusal.location { url(location) }
}

/// A URL that was read is written, read again, and the same; a query that is set is there.
private func url(_ text: Bytes) {
    guard let url = try? URLParts(parsing: text) else { return }
    demandEqual(try? URLParts(parsing: url.bytes), url, "a URL is written as it was read")
    _ = url.isLoopback
    let name = Bytes(text: "worker_id")
    let set = url.settingQuery(name, text)
    let items = PercentCoding.queryItems(set.query ?? [])
    if let items { demandEqual(items.filter { $0.name == name }, [QueryItem(name, text)], "the query that was set") }
    demandEqual(set.settingQuery(name, text), set, "a query that is set again")
    do {
        let request = try WebSocketHandshake.request(url: url, key: key, fields: [HTTPField("X-Text", text)])
        var codec = HTTPServerCodec()
        codec.feed(request)
        let read = try codec.next()
        demandEqual(read?.target, url.target, "the target of the request")
        demandEqual(read.flatMap { $0.fields.first("host") }, url.authority, "the host of the request")
    } catch {
        demand(!(error is HTTPRequestFault) || text.count > 4_000, "the server reads the request: \(error)")
    }
}
