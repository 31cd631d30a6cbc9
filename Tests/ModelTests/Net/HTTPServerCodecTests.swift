// The server's side of HTTP/1.1: requests in any pieces, what is refused and with which status, answers.

import Codecs
import Testing

private func requests(_ pieces: [Bytes], limits: HTTPLimits = HTTPLimits()) -> ([HTTPRequest], HTTPRequestFault?) {
    var codec = HTTPServerCodec(limits: limits)
    var read: [HTTPRequest] = []
    for piece in pieces {
        codec.feed(piece)
        do {
            while let request = try codec.next() { read.append(request) }
        } catch {
            return (read, error)
        }
    }
    return (read, nil)
}

private func one(_ text: String) -> HTTPRequest? { requests([netBytes(text)]).0.first }

private func fault(_ text: String, limits: HTTPLimits = HTTPLimits()) -> HTTPRequestFault? {
    requests([netBytes(text)], limits: limits).1
}

private let post = "POST /x HTTP/1.1\r\nHost: h\r\n"

@Suite("HTTP server codec") struct HTTPServerCodecTests {
    @Test("pipelined requests, cut anywhere", arguments: [1, 2, 5, 40, 10_000])
    func pipelined(longest: Int) {
        let text =
            "GET /a?x=1 HTTP/1.1\r\nHost: h\r\n\r\n" + post + "Content-Length: 5\r\n\r\nhello"
            + post + "Transfer-Encoding: Chunked\r\n\r\n3;ext=\"1\"\r\nabc\r\n0A\r\n0123456789\r\n0\r\nT: v\r\n\r\n"
            + "\r\nHEAD http://h:80/b?q HTTP/1.1\r\nHost: h\r\nConnection: Close\r\n\r\n"
        var dice = Dice(seed: 77)
        let (read, wrong) = requests(dice.pieces(of: netBytes(text), longest: longest))
        #expect(wrong == nil)
        #expect(read.map(\.method) == ["GET", "POST", "POST", "HEAD"].map(netBytes))
        #expect(read.map(\.target) == ["/a?x=1", "/x", "/x", "/b?q"].map(netBytes))
        #expect(read.map(\.body) == ["", "hello", "abc0123456789", ""].map(netBytes))
        #expect(read.map(\.keepsAlive) == [true, true, true, false])
    }

    @Test("bytes that two readers could read differently are refused")
    func smuggling() {
        #expect(fault(post + "Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n") == .lengthAndEncoding)
        #expect(fault(post + "Content-Length: 1\r\nContent-Length: 1\r\n\r\na") == .badContentLength)
        #expect(fault(post + "Content-Length: 1, 1\r\n\r\na") == .badContentLength)
        for length in ["+1", "-1", "0x1", "1 1", "", "1.0"] {
            #expect(fault(post + "Content-Length: \(length)\r\n\r\n") == .badContentLength)
        }
        #expect(fault(post + "Transfer-Encoding: gzip, chunked\r\n\r\n") == .encodingNotSupported)
        #expect(
            fault(post + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n") == .encodingNotSupported)
        #expect(fault("GET / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n") == .encodingInOldVersion)
        #expect(fault(post + "X: a\r\n b\r\n\r\n") == .field(.folded))
        #expect(fault(post + "X : a\r\n\r\n") == .field(.badName))
        #expect(fault(post + ": a\r\n\r\n") == .field(.badName))
        #expect(fault(post + "X a\r\n\r\n") == .field(.noColon))
        #expect(fault(post + "X: a\u{0}\r\n\r\n") == .field(.badValue))
        #expect(fault(post + "X: a\rY: b\r\n\r\n") == .field(.badValue))
        #expect(fault("GET / HTTP/1.1\nHost: h\n\n") == .badLineEnd)
        #expect(fault("GET / HTTP/1.1\r\n\r\n") == .hostMissing)
        #expect(fault(post + "Host: i\r\n\r\n") == .hostRepeated)
        for wrong in [HTTPRequestFault.lengthAndEncoding, .badContentLength, .field(.folded), .hostMissing] {
            #expect(wrong.status == 400)
        }
    }

    @Test("chunks that cannot be read")
    func chunks() {
        let head = post + "Transfer-Encoding: chunked\r\n\r\n"
        let broken = [
            "\r\n", "g\r\n", "-1\r\n", "1\r\nab\r\n", "1\r\na\n", "1 x\r\n", "10000000000000000\r\n",
            "0\r\nbad trailer\r\n", "1\n", String(repeating: "0", count: 300),
        ]
        for body in broken { #expect(fault(head + body) == .badChunk) }
        #expect(fault(head + "fffffffffffffff\r\n") == .bodyTooLarge)
        let limits = HTTPLimits(bodyMax: 4)
        #expect(fault(head + "3\r\nabc\r\n2\r\n", limits: limits) == .bodyTooLarge)
        #expect(fault(head + "3\r\nabc\r\n1\r\nd\r\n0\r\n\r\n", limits: limits) == nil)
    }

    @Test("request lines")
    func requestLines() {
        for line in [
            "GET /", "GET  / HTTP/1.1", "GET / HTTP/1.1 x", "G(T / HTTP/1.1", "GET / http/1.1", " / HTTP/1.1",
        ] {
            #expect(fault(line + "\r\n") == .badRequestLine)
        }
        #expect(fault("GET / HTTP/2.0\r\n") == .versionNotSupported)
        for target in ["x", "/a#b", "ftp://h/", "/caf\u{e9}", "http://u@h/"] {
            #expect(fault("GET \(target) HTTP/1.1\r\n") == .badTarget)
        }
    }

    @Test("bounds")
    func bounds() {
        let limits = HTTPLimits(headMax: 100, bodyMax: 10, fieldsMax: 3)
        #expect(fault("GET /" + String(repeating: "a", count: 200), limits: limits) == .headTooLarge)
        #expect(fault(post + "A: " + String(repeating: "b", count: 90) + "\r\n\r\n", limits: limits) == .headTooLarge)
        #expect(fault(post + "A: 1\r\nB: 2\r\nC: 3\r\n\r\n", limits: limits) == .tooManyFields)
        #expect(fault(post + "Content-Length: 11\r\n\r\n", limits: limits) == .bodyTooLarge)
        #expect(fault(post + "Content-Length: 99999999999999999999\r\n\r\n") == .bodyTooLarge)
        // What follows the last chunk is bounded as a head is, however it is cut into lines.
        let chunked = post + "Transfer-Encoding: chunked\r\n\r\n0\r\n"
        #expect(fault(chunked + "T: " + String(repeating: "t", count: 97), limits: limits) == nil)
        #expect(fault(chunked + "T: " + String(repeating: "t", count: 99), limits: limits) == .badChunk)
        #expect(fault(chunked + String(repeating: "T: t\r\n", count: 18), limits: limits) == .badChunk)
        #expect(HTTPRequestFault.headTooLarge.status == 431)
        #expect(HTTPRequestFault.bodyTooLarge.status == 413)
        // The head's bound is for each request anew.
        let three = String(repeating: "GET /a HTTP/1.1\r\nHost: hosthosthosthosthost\r\n\r\n", count: 3)
        #expect(fault(three, limits: limits) == nil)
    }

    @Test("100-continue is owed once, and not where the body is already there")
    func expect() throws {
        var codec = HTTPServerCodec()
        codec.feed(netBytes(post + "Content-Length: 2\r\nExpect: 100-continue\r\n\r\n"))
        #expect(try codec.next() == nil)
        let owed = [codec.takeContinue(), codec.takeContinue()]
        #expect(owed == [true, false])
        codec.feed(netBytes("ab"))
        #expect(try codec.next()?.body == netBytes("ab"))
        codec.feed(netBytes(post + "Content-Length: 2\r\nExpect: 100-Continue\r\n\r\nab"))
        #expect(try codec.next()?.body == netBytes("ab"))
        let owedAgain = codec.takeContinue()
        #expect(!owedAgain)
        #expect(fault(post + "Expect: 200-ok\r\n\r\n") == .expectationNotSupported)
    }

    @Test("keep-alive by version and header")
    func keepAlive() {
        #expect(one("GET / HTTP/1.0\r\n\r\n")?.keepsAlive == false)
        #expect(one("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")?.keepsAlive == true)
        #expect(one("GET / HTTP/1.1\r\nHost:\r\nConnection: x, CLOSE\r\n\r\n")?.keepsAlive == false)
    }

    @Test("paths and queries, decoded as bytes")
    func paths() {
        let request = one("GET /tasks/a%2Fb%00/c?x=1+2&y=%C3%A9&z&&x=2 HTTP/1.1\r\nHost: h\r\n\r\n")
        #expect(request?.pathParts == [netBytes("tasks"), netBytes("a/b\u{0}"), netBytes("c")])
        #expect(request?.query?.value("x") == netBytes("1 2"))
        #expect(request?.query?.value("y") == netBytes("\u{e9}"))
        #expect(request?.query?.value("z") == [])
        #expect(request?.query?.count == 4)
        #expect(one("GET /a%2 HTTP/1.1\r\nHost: h\r\n\r\n")?.pathParts == .some(nil))
        #expect(one("GET /?%zz HTTP/1.1\r\nHost: h\r\n\r\n")?.query == .some(nil))
    }

    @Test("what follows an upgrade stays for the next reader")
    func rest() throws {
        var codec = HTTPServerCodec()
        codec.feed(netBytes("GET /ws HTTP/1.1\r\nHost: h\r\n\r\n") + [0x81, 0x80, 1, 2, 3, 4])
        #expect(try codec.next() != nil)
        let rests = [codec.takeRest(), codec.takeRest()]
        #expect(rests == [[0x81, 0x80, 1, 2, 3, 4], []])
    }

    @Test("random changes to a good request never trap")
    func noise() {
        var dice = Dice(seed: 5)
        let good = netBytes(post + "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n")
        var refused = 0
        for _ in 0..<3_000 {
            var bytes = good
            for _ in 0...dice.below(3) { bytes[dice.below(bytes.count)] = UInt8(truncatingIfNeeded: dice.next()) }
            if requests(dice.pieces(of: bytes, longest: 9)).1 != nil { refused += 1 }
        }
        #expect(refused > 1_000)
    }

    @Test("answers")
    func answers() {
        func written(_ response: HTTPResponse, toHead: Bool = false, keepsAlive: Bool = true) -> String {
            var bytes = Bytes()
            HTTPResponseWriter.append(response, toHead: toHead, keepsAlive: keepsAlive, to: &bytes)
            return bytes.text
        }
        let plain = HTTPResponse(status: 200, fields: [HTTPField("A", netBytes("b"))], body: netBytes("hi"))
        let head = "HTTP/1.1 200 OK\r\nA: b\r\nContent-Length: 2\r\n"
        #expect(written(plain) == head + "Connection: keep-alive\r\n\r\nhi")
        #expect(written(plain, toHead: true, keepsAlive: false) == head + "Connection: close\r\n\r\n")
        #expect(written(HTTPResponse(status: 204)) == "HTTP/1.1 204 No Content\r\nConnection: keep-alive\r\n\r\n")
        let sly = HTTPResponse(
            status: 404,
            fields: [HTTPField("X", netBytes("a\r\nB: c")), HTTPField("content-length", netBytes("9"))])
        let bare = "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: keep-alive\r\n\r\n"
        #expect(written(sly) == bare)
    }
}
