// The requests that the check makes of its control plane.

import CLinux
import Codecs
import Glibc

struct PlaneClient {
    /// HOST:PORT on loopback.
    let address: String
    let waiting: CanaryWaiting

    struct Answer {
        var status: Int
        var body: JSON
    }

    func ask(_ method: String, _ path: String, _ body: JSON? = nil, until deadline: Int64) throws(CanaryTrouble)
        -> Answer
    {
        guard let descriptor = Loopback.connect(address) else { throw .plane("it can't be reached") }
        defer { close(descriptor) }
        let content = body?.encoded() ?? []
        var request = Bytes(text: "\(method) \(path) HTTP/1.1\r\nHost: \(address)\r\nConnection: close\r\n")
        request.append(text: "Content-Length: \(content.count)\r\n\r\n")
        request += content
        guard request.withUnsafeBytes({ write(descriptor, $0.baseAddress, $0.count) }) == request.count else {
            throw .plane("it takes no request")
        }
        return try Self.parse(try read(descriptor, until: deadline))
    }

    private func read(_ descriptor: Int32, until deadline: Int64) throws(CanaryTrouble) -> Bytes {
        var answer = Bytes()
        var piece = Bytes(repeating: 0, count: 16_384)
        while true {
            guard try waiting.wait(for: descriptor, until: deadline) else { continue }
            let count = piece.withUnsafeMutableBytes { Glibc.read(descriptor, $0.baseAddress, $0.count) }
            if count == 0 { return answer }
            guard count > 0 else { throw .plane("its answer broke off") }
            answer += piece.prefix(count)
        }
    }

    private static func parse(_ answer: Bytes) throws(CanaryTrouble) -> Answer {
        let gap = Bytes(text: "\r\n\r\n")
        guard answer.count > 12, let status = Int(decimal: answer[9..<12]),
            let end = answer.indices.first(where: { answer[$0...].starts(with: gap) }),
            let body = try? JSON.parse(Bytes(answer[(end + gap.count)...]))
        else { throw .plane("its answer can't be read") }
        return Answer(status: status, body: body)
    }

    /// The task as soon as it is final; nil in time.
    func task(_ id: String, untilIt what: String, seconds: Int64) throws(CanaryTrouble) -> PlaneTask {
        let deadline = CanaryWaiting.deadline(seconds: seconds)
        while oz_clock_boottime() < deadline {
            let left = max(1, min(30, (deadline &- oz_clock_boottime()) / CanaryWaiting.second))
            let answer = try ask(
                "GET", "/tasks/\(id)?wait=\(what)&timeout=\(left)", until: deadline &+ 5 &* CanaryWaiting.second)
            if answer.status == 200 { return PlaneTask(answer.body) }
            guard answer.status == 202 else { throw .plane("it answered \(answer.status) about its task") }
        }
        throw .tooLate("the task was not \(what == "claimed" ? "claimed" : "ended") within \(seconds) s")
    }
}

/// What the ledger says of a task.
struct PlaneTask {
    var state: String
    var reason: String?
    var message: String?
    var exitCode: Int?

    init(_ report: JSON) {
        let last = report["executions"]?.asArray?.last ?? .null
        state = report["state"]?.asString?.text ?? "unknown"
        reason = last["reason"]?.asString?.text
        message = last["message"]?.asString?.text
        exitCode = last["exit_code"]?.asInt
    }
}
