// All that one dial needs, and how libcurl is told.

import CLibcurl
import Codecs
import Glibc

struct DialPlan {
    var url: URLParts
    /// Header fields of the request besides those of the handshake.
    var fields: [HTTPField]
    var proxy: Bytes?
    var trust = TrustStore.host
    var limits = WebSocketLimits()
    /// Hides secrets in words from outside.
    var masked: (Bytes) -> Bytes = { $0 }

    init(url: URLParts, fields: [HTTPField] = []) {
        self.url = url
        self.fields = fields
    }

    /// The worker's own dial: with its key, by the way and with the trust that its environment names.
    init(url: URLParts, authorization: Bytes, userAgent: Bytes, environment: DialEnvironment) {
        self.init(
            url: url, fields: [HTTPField("Authorization", authorization), HTTPField("User-Agent", userAgent)])
        proxy = environment.proxy(for: url)
        trust = environment.trust
    }

    /// libcurl only connects: name, proxy, TCP, TLS. The request is ours, so it gets neither path nor header.
    func configure(_ easy: CurlEasy) {
        var target = Bytes(text: url.scheme.isEncrypted ? "https://" : "http://")
        target.append(contentsOf: url.authority)
        target.append(0x2F)
        easy.set(CURLOPT_URL, target)
        easy.set(CURLOPT_CONNECT_ONLY, 1)
        // ALPN might choose HTTP/2 otherwise, on which our handshake means nothing.
        easy.set(CURLOPT_HTTP_VERSION, Int(CURL_HTTP_VERSION_1_1))
        easy.set(CURLOPT_SSLVERSION, Int(CURL_SSLVERSION_TLSv1_2))
        easy.set(CURLOPT_TCP_NODELAY, 1)
        easy.set(CURLOPT_TCP_KEEPALIVE, 0)
        easy.set(CURLOPT_FRESH_CONNECT, 1)
        easy.set(CURLOPT_SSL_SESSIONID_CACHE, 0)
        // A resolver that hangs is left behind; else removing the handle would wait for it.
        easy.set(CURLOPT_QUICK_EXIT, 1)
        // No receiving takes more than this at once; memory is only taken by what is used of it.
        easy.set(CURLOPT_BUFFERSIZE, SocketRoom.readSize)
        // Set, if only to nothing: else libcurl looks into the environment itself.
        easy.set(CURLOPT_PROXY, proxy ?? [])
        easy.set(CURLOPT_NOPROXY, Bytes())
        easy.set(CURLOPT_HTTPPROXYTUNNEL, 1)
        trust(easy)
    }

    /// TLS holds bytes that no poll sees, also that to a proxy; without it, what is left is told by the next one.
    var mayHoldBack: Bool { url.scheme.isEncrypted || proxy != nil }

    private func trust(_ easy: CurlEasy) {
        switch trust {
        case .host:
            guard Self.hostHasDirectory else { return }
            easy.set(CURLOPT_CAINFO, nil)
            if proxy != nil { easy.set(CURLOPT_PROXY_CAINFO, nil) }
        case .hostWithBundle:
            break
        case .named(let file, let directory):
            easy.set(CURLOPT_CAINFO, file)
            easy.set(CURLOPT_CAPATH, directory)
            if proxy != nil {
                easy.set(CURLOPT_PROXY_CAINFO, file)
                easy.set(CURLOPT_PROXY_CAPATH, directory)
            }
        }
    }

    /// Whether another dial may succeed with more trust: this one looked only into the host's directory.
    func withBundle(after code: CURLcode) -> DialPlan? {
        guard code == CURLE_PEER_FAILED_VERIFICATION, trust == .host, Self.hostHasDirectory else { return nil }
        var plan = self
        plan.trust = .hostWithBundle
        return plan
    }

    /// Whether libcurl's directory of certificates is there, with the links (by hash) through which they are found.
    private static var hostHasDirectory: Bool {
        guard let path = oz_curl_trusted_directory(), let directory = opendir(path) else { return false }
        defer { closedir(directory) }
        while let entry = readdir(directory) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) { Bytes($0.prefix(11)) }
            let isHash = name.prefix(8).allSatisfy { "0123456789abcdef".utf8.contains($0) }
            if isHash, name.suffix(3).elementsEqual([0x2E, 0x30, 0]) { return true }
        }
        return false
    }
}
