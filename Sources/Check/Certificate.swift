// A server's certificate in the words of libcurl: "Subject:...", "Issuer:...", "Expire date:...".

import Codecs

public struct CertificateFacts: Equatable, Sendable {
    public var subject: Bytes
    public var issuer: Bytes
    /// The host names and addresses that it is for.
    public var names: [Bytes]
    /// As told; `UnixTime` where they could be read.
    public var validFrom: Bytes
    public var validUntil: Bytes

    public init(subject: Bytes, issuer: Bytes, names: [Bytes], validFrom: Bytes, validUntil: Bytes) {
        self.subject = subject
        self.issuer = issuer
        self.names = names
        self.validFrom = validFrom
        self.validUntil = validUntil
    }

    /// From libcurl's lines about one certificate; nil where they are about nothing that we know.
    public init?(lines: [Bytes]) {
        func value(_ name: StaticString) -> Bytes? {
            lines.first { $0.hasPrefix(name) }.map { Bytes($0.dropFirst(Bytes(text: name).count)).trimmed() }
        }
        guard let issuer = value("Issuer:") else { return nil }
        let names = value("X509v3 Subject Alternative Name:") ?? []
        self.init(
            subject: value("Subject:") ?? [], issuer: issuer, names: CertificateFacts.names(names),
            validFrom: CertificateFacts.date(value("Start date:")),
            validUntil: CertificateFacts.date(value("Expire date:")))
    }

    /// `DNS:a.example, IP Address:10.0.0.1`, without what stands before the colons.
    private static func names(_ text: Bytes) -> [Bytes] {
        text.parts(separatedBy: 0x2C).map { $0.trimmed() }.compactMap { part in
            part.firstIndex(of: 0x3A).map { Bytes(part[part.index(after: $0)...]) }
        }
    }

    /// `Jan  1 00:00:00 2000 GMT` as the log writes times; what is written otherwise stays as it is.
    private static func date(_ text: Bytes?) -> Bytes {
        guard let text else { return [] }
        let words = text.split { $0 == 0x20 }
        guard words.count == 5, let day = Int(decimal: words[1]) else { return text }
        // HTTP's form of it; which weekday stands there does not matter.
        var written = Bytes(text: "Sun, ")
        written.append(decimal: day, width: 2)
        for word in [words[0], words[3], words[2]] {
            written.append(0x20)
            written.append(contentsOf: word)
        }
        return HTTPDate.parse(written + Bytes(text: " GMT")).map { RFC3339.writeSeconds($0) } ?? text
    }
}

extension CertificateFacts {
    /// Who issued it, short: the organisation and the common name.
    public var issuerWords: String { CertificateFacts.short(issuer) }

    public var subjectWords: String { CertificateFacts.short(subject) }

    /// `C = US, O = "A, B", CN = x` comes to `A, B, x`; where there is neither, all of it.
    private static func short(_ name: Bytes) -> String {
        var parts: [Bytes] = []
        var part = Bytes()
        var isQuoted = false
        for byte in name {
            if byte == 0x22 { isQuoted.toggle() }
            if byte == 0x2C, !isQuoted {
                parts.append(part)
                part = []
            } else if byte != 0x22 {
                part.append(byte)
            }
        }
        let values = (parts + [part]).compactMap { part -> (key: Bytes, value: Bytes)? in
            guard let sign = part.firstIndex(of: 0x3D) else { return nil }
            return (Bytes(part[..<sign]).trimmed(), Bytes(part[(sign &+ 1)...]).trimmed())
        }
        for wanted in [["O", "CN"], ["O", "OU"], ["OU"]] {
            let found = wanted.compactMap { key in values.last { $0.key == Bytes(text: key) }?.value.text }
            if found.count == wanted.count { return found.joined(separator: ", ") }
        }
        return values.last { $0.key.equals("CN") || $0.key.equals("O") }?.value.text ?? name.text
    }
}
