// What libcurl lets us see of a dial: the addresses that it tries, how far it came, what TLS showed.

import CLibcurl
import Check
import Codecs
import Glibc

/// Watches one handle, which speaks to it until it is cleaned up; so it must outlive the handle.
final class CurlObservation {
    private(set) var addresses: [Bytes] = []
    /// The protocol's version, from libcurl's own words: there is no other door to it.
    private(set) var tls: Bytes?

    /// Before the handle is used.
    func watch(_ easy: CurlEasy) {
        let me = Unmanaged.passUnretained(self).toOpaque()
        let opens = oz_curl_set_open_function(
            easy.handle,
            { context, _, address in
                guard let context, let address else { return -1 }
                return Unmanaged<CurlObservation>.fromOpaque(context).takeUnretainedValue().open(address)
            }, me)
        let tells = oz_curl_set_debug_function(
            easy.handle,
            { _, kind, bytes, count, context in
                guard kind == CURLINFO_TEXT, let bytes, let context else { return 0 }
                let text = Bytes(UnsafeRawBufferPointer(start: bytes, count: count))
                Unmanaged<CurlObservation>.fromOpaque(context).takeUnretainedValue().take(text)
                return 0
            }, me)
        easy.note(opens)
        easy.note(tells)
        easy.set(CURLOPT_CERTINFO, 1)
    }

    /// As libcurl itself would make it.
    private func open(_ address: UnsafeMutablePointer<curl_sockaddr>) -> curl_socket_t {
        let type = address.pointee.socktype | Int32(SOCK_CLOEXEC.rawValue)
        if let text = numeric(address) { addresses.append(text) }
        return socket(address.pointee.family, type, address.pointee.protocol)
    }

    private func numeric(_ address: UnsafeMutablePointer<curl_sockaddr>) -> Bytes? {
        var text = [CChar](repeating: 0, count: Int(NI_MAXHOST))
        // It may be longer than the structure says, so it is read where it lies.
        guard let offset = MemoryLayout<curl_sockaddr>.offset(of: \.addr) else { return nil }
        let place = (UnsafeRawPointer(address) + offset).assumingMemoryBound(to: sockaddr.self)
        let length = socklen_t(address.pointee.addrlen)
        guard getnameinfo(place, length, &text, socklen_t(text.count), nil, 0, NI_NUMERICHOST) == 0 else { return nil }
        return text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
    }

    private func take(_ text: Bytes) {
        // "SSL connection using TLSv1.3 / TLS_AES_256_GCM_SHA384"
        let words = text.parts(separatedBy: 0x20)
        guard words.count > 3, text.hasPrefix("SSL connection using ") else { return }
        tls = words[3].trimmed()
    }

    /// Adds what the handle knows to a record.
    func tell(_ record: inout DialRecord, _ easy: CurlEasy) {
        record.addresses = addresses
        record.tls = tls
        record.peer = peer(easy)
        let status = easy.number(CURLINFO_HTTP_CONNECTCODE)
        record.tunnelStatus = status == 0 ? nil : status
        record.certificate = Self.certificate(easy) ?? record.certificate
    }

    private func peer(_ easy: CurlEasy) -> Bytes? {
        guard var text = easy.text(CURLINFO_PRIMARY_IP), !text.isEmpty else { return nil }
        if text.contains(0x3A) { text = [0x5B] + text + [0x5D] }
        text.append(0x3A)
        text.append(decimal: easy.number(CURLINFO_PRIMARY_PORT))
        return text
    }

    /// The peer's own; the others of the chain are its issuers'.
    private static func certificate(_ easy: CurlEasy) -> CertificateFacts? {
        guard let found = oz_curl_certificates(easy.handle), found.pointee.num_of_certs > 0 else { return nil }
        var lines: [Bytes] = []
        var next = found.pointee.certinfo?.pointee
        while let entry = next {
            if let data = entry.pointee.data {
                lines.append(Bytes(UnsafeRawBufferPointer(start: data, count: strlen(data))))
            }
            next = entry.pointee.next
        }
        return CertificateFacts(lines: lines)
    }
}

extension TrustStore {
    /// For the record.
    var described: DialRecord.Trust {
        switch self {
        case .host, .hostWithBundle:
            .host(file: bytes(oz_curl_trusted_file()), directory: bytes(oz_curl_trusted_directory()))
        case .named(let file, let directory): .named(file: file, directory: directory)
        }
    }

    private func bytes(_ text: UnsafePointer<CChar>?) -> Bytes? {
        text.map { Bytes(UnsafeRawBufferPointer(start: $0, count: strlen($0))) }
    }
}
