// The opening handshake: the request, the answer as it arrives, and the server's side.

import Codecs
import Testing

private let nonce = Bytes(0..<16)
private let sampleKey = netBytes("dGhlIHNhbXBsZSBub25jZQ==")

private func answer(_ text: String, key: Bytes = sampleKey) -> WebSocketAnswer? {
    var reader = WebSocketAnswerReader(key: key)
    reader.feed(netBytes(text))
    return reader.next()
}

private let goodHead =
    "HTTP/1.1 101 Switching Protocols\r\nUpgrade: WebSocket\r\nConnection: keep-alive, Upgrade\r\n"
private let goodProof = "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"

@Suite("WebSocket handshake") struct WebSocketHandshakeTests {
    @Test("the proof of RFC 6455, section 1.3")
    func proof() {
        #expect(WebSocketHandshake.proof(key: sampleKey) == netBytes("s3pPLMBiTxaQ9kYGzzhZRbK+xOo="))
        #expect(WebSocketHandshake.key(nonce: nonce) == netBytes("AAECAwQFBgcICQoLDA0ODw=="))
    }

    @Test("the request")
    func request() throws {
        let url = try URLParts(parsing: netBytes("ws://localhost:8080/a/b?worker_id=w%201"))
        let bytes = try WebSocketHandshake.request(
            url: url, key: sampleKey, fields: [HTTPField("Authorization", netBytes("Bearer k"))])
        let wanted =
            "GET /a/b?worker_id=w%201 HTTP/1.1\r\nHost: localhost:8080\r\nUpgrade: websocket\r\n"
            + "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
            + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nAuthorization: Bearer k\r\n\r\n"
        #expect(bytes == netBytes(wanted))
    }

    @Test("a header that would become two is refused, by name only", arguments: ["a\r\nX: y", "a\nb", "a\u{0}", "\r"])
    func splitHeader(value: String) throws {
        let url = try URLParts(parsing: netBytes("ws://h/"))
        let field = HTTPField("Authorization", netBytes(value))
        let wanted = WebSocketRequestFault.field(name: netBytes("Authorization"))
        #expect(throws: wanted) { try WebSocketHandshake.request(url: url, key: sampleKey, fields: [field]) }
        #expect(!wanted.words.contains(value))
    }

    @Test("the server's clock is told, of the final answer only")
    func date() {
        var reader = WebSocketAnswerReader(key: sampleKey)
        reader.feed(netBytes("HTTP/1.1 103 Early Hints\r\nDate: no\r\n\r\n" + goodHead))
        #expect(reader.next() == nil && reader.date == nil)
        reader.feed(netBytes("Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n" + goodProof + "\r\n"))
        #expect(reader.next() == .accepted(rest: []))
        #expect(reader.date == netBytes("Sun, 06 Nov 1994 08:49:37 GMT"))
        var refused = WebSocketAnswerReader(key: sampleKey)
        refused.feed(netBytes("HTTP/1.1 401 no\r\nDate: then\r\nContent-Length: 0\r\n\r\n"))
        _ = refused.next()
        #expect(refused.date == netBytes("then"))
    }

    @Test("accepted, in any pieces, with the first frames behind it", arguments: [1, 2, 9, 1_000])
    func accepted(longest: Int) {
        var dice = Dice(seed: 11)
        let interim = "HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n"
        let rest: Bytes = [0x81, 0x01, 0x41]
        var reader = WebSocketAnswerReader(key: sampleKey)
        var got: Bytes?
        for piece in dice.pieces(of: netBytes(interim + goodHead + goodProof + "\r\n") + rest, longest: longest) {
            if let seen = got {
                got = seen + piece
                continue
            }
            reader.feed(piece)
            if case .accepted(let first)? = reader.next() { got = first }
        }
        #expect(got == rest)
    }

    @Test("what is no acceptance")
    func malformed() {
        let upgrade = "Upgrade: websocket\r\n"
        let connection = "Connection: Upgrade\r\n"
        let status = "HTTP/1.1 101 Switching Protocols\r\n"
        #expect(answer(status + connection + goodProof + "\r\n") == .malformed(.upgradeMissing))
        #expect(answer(status + upgrade + goodProof + "\r\n") == .malformed(.connectionMissing))
        #expect(answer(status + upgrade + connection + "\r\n") == .malformed(.proofMissing))
        #expect(answer(goodHead + goodProof + "\r\n", key: netBytes("other")) == .malformed(.proofWrong))
        let deflate = "Sec-WebSocket-Extensions: permessage-deflate\r\n"
        #expect(answer(goodHead + goodProof + deflate + "\r\n") == .malformed(.extensionNotAsked))
        #expect(answer(goodHead + goodProof + "Sec-WebSocket-Protocol: a\r\n\r\n") == .malformed(.protocolNotAsked))
        #expect(answer("SSH-2.0-x") == .malformed(.notHTTP))
        #expect(answer("S") == .malformed(.notHTTP))
        #expect(answer("HTT") == nil)
        #expect(answer("HTTP/1.1 abc\r\n") == .malformed(.notHTTP))
        #expect(answer(status + "Upgrade\r\n") == .malformed(.field(.noColon)))
        #expect(answer("HTTP/1.1 101 x\nUpgrade: websocket\n\n") == .malformed(.badLineEnd))
        let endless = "HTTP/1.1 200 OK\r\nX: " + String(repeating: "x", count: 65_536)
        #expect(answer(endless) == .malformed(.headTooLarge))
    }

    @Test("a refusal tells what the server said")
    func refused() {
        let head = "HTTP/1.1 503 Try Later\r\nRetry-After: 7\r\nDate: D\r\nServer: S\r\nContent-Type: text/plain\r\n"
        var wanted = WebSocketRefusal(
            status: 503, reason: netBytes("Try Later"), retryAfter: netBytes("7"), date: netBytes("D"),
            server: netBytes("S"), contentType: netBytes("text/plain"))
        // Without a length the body is not waited for.
        #expect(answer(head + "\r\n") == .refused(wanted))
        wanted.body = netBytes("busy")
        #expect(answer(head + "Content-Length: 4\r\n\r\nbusy") == .refused(wanted))
        #expect(answer(head + "Content-Length: 4\r\n\r\nbus") == nil)
        #expect(answer(head + "Transfer-Encoding: chunked\r\n\r\n2\r\nbu\r\n2\r\nsy\r\n0\r\n\r\n") == .refused(wanted))
        wanted.body = Bytes(repeating: 0x61, count: 1_024)
        let long = String(repeating: "a", count: 5_000)
        #expect(answer(head + "Content-Length: 5000\r\n\r\n" + long) == .refused(wanted))
        #expect(answer("HTTP/1.1 401\r\n\r\n") == .refused(WebSocketRefusal(status: 401, reason: [])))
    }

    @Test("the end of the stream decides with what there is")
    func end() {
        var reader = WebSocketAnswerReader(key: sampleKey)
        reader.feed(netBytes("HTTP/1.1 401 No\r\nContent-Length: 10\r\n\r\nabc"))
        #expect(reader.next() == nil)
        let wanted = WebSocketAnswer.refused(
            WebSocketRefusal(status: 401, reason: netBytes("No"), body: netBytes("abc")))
        #expect(reader.end() == wanted)
        #expect(reader.next() == wanted)
        var empty = WebSocketAnswerReader(key: sampleKey)
        #expect(empty.end() == .malformed(.endsTooSoon))
    }

    @Test("the server accepts what a client asks, and says why not otherwise")
    func server() throws {
        func ask(_ change: (inout HTTPRequest) -> Void) throws -> Bytes {
            var request = HTTPRequest(
                method: netBytes("GET"), target: netBytes("/"),
                fields: HTTPFields([
                    HTTPField("Upgrade", netBytes("websocket")), HTTPField("Connection", netBytes("Upgrade")),
                    HTTPField("Sec-WebSocket-Version", netBytes("13")), HTTPField("Sec-WebSocket-Key", sampleKey),
                ]))
            change(&request)
            return try WebSocketHandshake.accept(request)
        }
        func without(_ name: String, _ value: String?) -> (inout HTTPRequest) -> Void {
            { request in
                var list = request.fields.list.filter { $0.name != netBytes(name) }
                if let value { list.append(HTTPField(netBytes(name), netBytes(value))) }
                request.fields = HTTPFields(list)
            }
        }
        #expect(try ask { _ in }.text.contains("s3pPLMBiTxaQ9kYGzzhZRbK+xOo="))
        #expect(throws: WebSocketUpgradeFault.notGet) { try ask { $0.method = netBytes("POST") } }
        #expect(throws: WebSocketUpgradeFault.noUpgrade) { try ask(without("Upgrade", nil)) }
        #expect(throws: WebSocketUpgradeFault.noUpgrade) { try ask(without("Connection", "close")) }
        #expect(throws: WebSocketUpgradeFault.otherVersion) { try ask(without("Sec-WebSocket-Version", "8")) }
        #expect(throws: WebSocketUpgradeFault.badKey) { try ask(without("Sec-WebSocket-Key", "c2hvcnQ=")) }
        #expect(WebSocketUpgradeFault.otherVersion.response.status == 426)
    }
}
