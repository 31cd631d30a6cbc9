// How a control plane can behave badly, on request: what is asked for, and what is in force.

import Codecs

/// Which connections a request is about: all, one, or those of a worker id.
struct Target: Sendable, Equatable {
    var connection: Int?
    var worker: Bytes?
}

enum Misdeed: Sendable, Equatable {
    /// TCP reset.
    case drop
    /// Our half of the connection ends; theirs is still read.
    case halfClose
    /// Nothing is read or written, for so many seconds; then on as before.
    case stall(seconds: Int)
    /// Nothing is read any more. After `resetAfter` seconds, where given, the connection is reset.
    case stopReading(resetAfter: Int?)
    case noPongs
    case close(code: UInt16?, reason: Bytes)
    case sendText(Bytes)
    case sendBinary(Bytes)
    case sendRaw(Bytes)
    case ping(Bytes)
    /// The next so many handshakes.
    case refuse(status: Int, retryAfter: Int?, times: Int)
    case acceptAndClose(code: UInt16, times: Int)
    case behave
}

enum MisdeedFault: Error, Sendable, Equatable {
    case notJSON(String)
    case unknown(Bytes)
    case missing(String)
    case bad(String)

    var words: String {
        switch self {
        case .notJSON(let words): "the body cannot be read: \(words)"
        case .unknown(let name): "there is no misbehaviour called \(shown(name))"
        case .missing(let name): "\(name) is missing"
        case .bad(let name): "\(name) cannot be used"
        }
    }
}

struct MisdeedRequest: Sendable, Equatable {
    var name: Bytes
    var misdeed: Misdeed
    var target: Target

    static func read(_ body: Bytes) throws(MisdeedFault) -> MisdeedRequest {
        let document: JSON
        do { document = try JSON.parse(body, limits: Submission.bodyLimits) } catch { throw .notJSON(error.words) }
        guard let name = document["do"]?.asString else { throw .missing("do") }
        let target = Target(
            connection: try number("connection", document, 1...Int.max, or: nil),
            worker: document["worker_id"]?.asString)
        return MisdeedRequest(name: name, misdeed: try misdeed(name, document), target: target)
    }

    private static func misdeed(_ name: Bytes, _ document: JSON) throws(MisdeedFault) -> Misdeed {
        let seconds = try number("seconds", document, 1...86_400, or: nil)
        let times = try number("times", document, 1...1_000_000, or: 1) ?? 1
        switch name.text {
        case "drop": return .drop
        case "half_close": return .halfClose
        case "stall":
            guard let seconds else { throw .missing("seconds") }
            return .stall(seconds: seconds)
        case "stop_reading": return .stopReading(resetAfter: nil)
        case "reset_after_stop_reading": return .stopReading(resetAfter: seconds ?? 5)
        case "no_pongs": return .noPongs
        case "close":
            let code = try code(document, or: nil)
            return .close(code: code, reason: document["reason"]?.asString ?? [])
        case "send_text": return .sendText(try payload(document))
        case "send_binary": return .sendBinary(try payload(document))
        case "send_raw": return .sendRaw(try payload(document))
        case "ping":
            let payload = document["text"]?.asString ?? []
            guard payload.count <= 125 else { throw .bad("text") }
            return .ping(payload)
        case "refuse":
            guard let status = try number("status", document, 300...599, or: nil) else { throw .missing("status") }
            let retryAfter = try number("retry_after", document, 0...1_000_000, or: nil)
            return .refuse(status: status, retryAfter: retryAfter, times: times)
        case "accept_and_close":
            return .acceptAndClose(code: try code(document, or: 1008) ?? 1008, times: times)
        case "behave": return .behave
        default: throw .unknown(name)
        }
    }

    /// As `text`, or as `base64` where it is not UTF-8.
    private static func payload(_ document: JSON) throws(MisdeedFault) -> Bytes {
        if let text = document["text"]?.asString { return text }
        guard let encoded = document["base64"]?.asString else { throw .missing("text or base64") }
        guard let bytes = Base64.decode(encoded) else { throw .bad("base64") }
        return bytes
    }

    private static func code(_ document: JSON, or standard: UInt16?) throws(MisdeedFault) -> UInt16? {
        guard let code = try number("code", document, 0...65_535, or: nil) else { return standard }
        return UInt16(truncatingIfNeeded: code)
    }

    private static func number(
        _ name: StaticString, _ document: JSON, _ range: ClosedRange<Int>, or standard: Int?
    ) throws(MisdeedFault) -> Int? {
        guard let value = document[name], !value.isNull else { return standard }
        guard let number = value.asInt, range.contains(number) else { throw .bad("\(name)") }
        return number
    }
}

/// What the next handshake meets.
enum HandshakeMood: Sendable, Equatable {
    case good
    case refuse(status: Int, retryAfter: Int?)
    case acceptAndClose(code: UInt16)
}

/// What is in force for handshakes to come.
struct Moods: Sendable, Equatable {
    private var refusal: (status: Int, retryAfter: Int?, times: Int) = (0, nil, 0)
    private var close: (code: UInt16, times: Int) = (0, 0)
    var stalledUntil: Int64 = 0

    static func == (one: Moods, other: Moods) -> Bool {
        one.refusal == other.refusal && one.close == other.close && one.stalledUntil == other.stalledUntil
    }

    mutating func refuse(status: Int, retryAfter: Int?, times: Int) {
        refusal = (status, retryAfter, times)
    }

    mutating func acceptAndClose(code: UInt16, times: Int) {
        close = (code, times)
    }

    mutating func next() -> HandshakeMood {
        if refusal.times > 0 {
            refusal.times -= 1
            return .refuse(status: refusal.status, retryAfter: refusal.retryAfter)
        }
        if close.times > 0 {
            close.times -= 1
            return .acceptAndClose(code: close.code)
        }
        return .good
    }
}
