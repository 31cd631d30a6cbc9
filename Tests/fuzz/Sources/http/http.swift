// An HTTP/1.1 server's reading side, and its writing side.
//
// However the bytes arrive, the requests and the fault are the same; a request that is written out again is read as
// the same request; no field of a response can begin another line; limits hold.

import Codecs
import Demands

@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>?, _ count: Int) -> Int32 {
    var course = Course(start, count)
    for limits in [HTTPLimits(), HTTPLimits(headMax: 200, bodyMax: 64, fieldsMax: 3)] {
        let whole = Served([course.bytes[...]], limits)
        for pieces in course.splittings() {
            demandEqual(Served(pieces, limits), whole, "pieces of \(pieces.map(\.count))")
        }
        for request in whole.requests { check(request) }
    }
    return 0
}

private struct Served: Equatable {
    var requests: [HTTPRequest] = []
    var fault: HTTPRequestFault?
    var isInside = false
    var rest = Bytes()

    init(_ pieces: [ArraySlice<UInt8>], _ limits: HTTPLimits) {
        var codec = HTTPServerCodec(limits: limits)
        for piece in pieces {
            codec.feed(piece)
            do {
                while let request = try codec.next() {
                    demand(request.body.count <= limits.bodyMax, "a body is longer than the limit")
                    demand(request.fields.list.count <= limits.fieldsMax, "there are more fields than the limit")
                    requests.append(request)
                }
            } catch {
                demand(fault == nil || fault == error, "a fault is repeated for ever")
                fault = error
                demand((400...599).contains(error.status) && !error.words.isEmpty, "a fault has a status and words")
            }
            demand(codec.bufferedCount <= limits.headMax + limits.bodyMax + piece.count, "too much is held")
        }
        isInside = codec.isInsideRequest
        if fault == nil { rest = codec.takeRest() }
    }
}

private func check(_ request: HTTPRequest) {
    _ = (request.pathParts, request.query, request.isHead)
    var written = Bytes()
    written.append(contentsOf: request.method + [0x20] + request.target)
    written.append(text: request.minorVersion == 0 ? " HTTP/1.0\r\n" : " HTTP/1.1\r\n")
    var kept = HTTPFields()
    for field in request.fields.list {
        demand(field.canBeWritten, "a field that was read can be written")
        let name = field.name.lowercasedASCII
        if name.equals("content-length") || name.equals("transfer-encoding") { continue }
        kept.append(field)
        written.append(contentsOf: field.name + [0x3a] + field.value)
        written.append(text: "\r\n")
    }
    let length = Bytes(decimal: request.body.count)
    kept.append(HTTPField("Content-Length", length))
    written.append(text: "content-length: ")
    written.append(contentsOf: length)
    written.append(text: "\r\n\r\n")
    written.append(contentsOf: request.body)
    // Room for the one field more.
    let again = Served([written[...]], HTTPLimits(headMax: 1 << 20, fieldsMax: 101))
    demand(again.fault == nil && again.requests.count == 1, "\(String(describing: again.fault)) for what was written")
    guard var same = again.requests.first else { return }
    demand(same.fields.all("content-length") == [length], "the length is the one that was written")
    same.fields = HTTPFields(same.fields.list.filter { !$0.name.equals("content-length") })
    kept = HTTPFields(kept.list.dropLast())
    var wanted = request
    wanted.fields = kept
    demandEqual(same, wanted, "what is read, written and read again")
    answer(with: request)
    upgrade(request)
}

/// The request's fields in an answer, some of them spoilt by its body.
private func answer(with request: HTTPRequest) {
    var fields = request.fields.list
    fields.append(HTTPField(Bytes(text: "X-Body"), request.body))
    fields.append(HTTPField(request.body, request.target))
    let response = HTTPResponse(status: 200 + request.body.count, fields: fields, body: request.body)
    var written = Bytes()
    HTTPResponseWriter.append(response, toHead: request.isHead, keepsAlive: request.keepsAlive, to: &written)
    var lines = 0
    var place = written.startIndex
    while let end = written[place...].firstIndex(of: 0x0a), end > place + 1 {
        demand(written[end - 1] == 0x0d, "a line of the head ends with CR LF")
        lines += 1
        place = end + 1
    }
    demand(lines <= fields.count + 3, "a field became more than one line")
    var reader = WebSocketAnswerReader(key: [])
    reader.feed(written)
    guard case .refused(let refusal) = reader.end() else { return demand(false, "the answer cannot be read") }
    demand(refusal.status == min(response.status, 999), "the status is the one that was written")
    let told = request.isHead || response.status == 204 || response.status == 304 ? [] : request.body.prefix(1_024)
    demandEqual(refusal.body, Bytes(told), "the body is the one that was written")
}

/// Whether it is a handshake or not, there is an answer that can be read.
private func upgrade(_ request: HTTPRequest) {
    var reader = WebSocketAnswerReader(key: request.fields.first("sec-websocket-key") ?? [])
    do {
        reader.feed(try WebSocketHandshake.accept(request))
        demandEqual(reader.next(), .accepted(rest: []), "the client takes the server's answer")
    } catch {
        var written = Bytes()
        HTTPResponseWriter.append(error.response, toHead: false, keepsAlive: false, to: &written)
        reader.feed(written)
        guard case .refused? = reader.next() else { return demand(false, "a refusal is read as one") }
    }
}
