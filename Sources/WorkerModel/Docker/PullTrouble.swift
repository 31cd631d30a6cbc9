// What a failed pull means. The daemon passes a registry's words on, and mostly as an error of its own, so the words
// have to be looked at. What was written for Docker 20.10 to 28 was looked through for them.

import Codecs
import Effects

extension PullTrouble {
    init(_ failure: DockerFailure) {
        switch failure {
        case .notReached, .lost, .timedOut: self = .unreachable
        case .pull(let detail): self = PullTrouble.of(detail.bytes.lowercasedASCII) ?? .other
        case .refused(let status, let detail):
            let byStatus: PullTrouble =
                switch status {
                case 401, 403: .denied
                case 404: .notFound
                case 429, 500...599: .busy
                default: .other
                }
            self = PullTrouble.of(detail.bytes.lowercasedASCII) ?? byStatus
        case .unreadable, .credentials, .address, .abandoned: self = .other
        }
    }

    /// In this order: the first that is found in the words decides.
    private static let signs: [(PullTrouble, [StaticString])] = [
        (.busy, ["toomanyrequests", "too many requests", "rate limit"]),
        (.other, ["x509", "certificate", "http response to https client", "no space left"]),
        (
            .unreachable,
            [
                "no such host", "connection refused", "connection reset", "dial tcp", "i/o timeout", "unexpected eof",
                "tls handshake timeout", "network is unreachable", "no route to host", "deadline exceeded",
                "request canceled while waiting", "server misbehaving", "name resolution", "client.timeout",
            ]
        ),
        (.denied, ["unauthorized", "denied", "authentication required", "no basic auth", "forbidden"]),
        (
            .notFound,
            [
                "manifest unknown", "not found", "name unknown", "does not exist", "no matching manifest",
                "no such image",
            ]
        ),
        (.busy, ["500 internal", "502 bad", "503 service", "504 gateway", "unexpected http status: 5"]),
    ]

    private static func of(_ words: Bytes) -> PullTrouble? {
        for (trouble, texts) in signs where texts.contains(where: { words.holds($0) }) { return trouble }
        return nil
    }
}

extension Bytes {
    fileprivate func holds(_ words: StaticString) -> Bool {
        words.withUTF8Buffer { needle in
            guard count >= needle.count else { return false }
            return (0...(count &- needle.count)).contains { self[$0...].starts(with: needle) }
        }
    }
}
