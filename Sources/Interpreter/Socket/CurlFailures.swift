// What went wrong in libcurl, as the kinds that the core knows and in words that name the cause.

import CLibcurl
import Codecs
import Effects
import Glibc

/// Words from outside, made printable, masked and bounded.
struct Wording {
    static let longest = 240
    let masked: (Bytes) -> Bytes

    func detail(_ words: StaticString, _ outside: Bytes = []) -> Detail {
        detail(Bytes(text: words), outside)
    }

    func detail(_ words: Bytes, _ outside: Bytes = []) -> Detail {
        var text = words
        let more = Self.printable(masked(outside))
        if !more.isEmpty {
            if !text.isEmpty { text.append(text: ": ") }
            text.append(contentsOf: more)
        }
        guard text.count > Self.longest else { return Detail(text) }
        return Detail(Bytes(text.prefix(Self.longest - 3)) + Bytes(text: "..."))
    }

    private static func printable(_ bytes: Bytes) -> Bytes {
        var end = bytes
        while let last = end.last, last <= 0x20 { end.removeLast() }
        return end.map { $0 < 0x20 || $0 >= 0x7F ? 0x3F : $0 }
    }

    static func errno(_ number: Int32) -> Bytes {
        guard let text = strerror(number) else { return [] }
        return Bytes(UnsafeRawBufferPointer(start: text, count: strlen(text)))
    }
}

extension DialPlan {
    private var wording: Wording { Wording(masked: withoutProxySecrets) }

    /// A proxy's URL may hold a password, which libcurl might repeat.
    private func withoutProxySecrets(_ bytes: Bytes) -> Bytes {
        let bytes = masked(bytes)
        guard let proxy, let at = proxy.lastIndex(of: 0x40) else { return bytes }
        var start = proxy.startIndex
        if let slashes = Self.find([0x2F, 0x2F], in: proxy), slashes < at { start = slashes + 2 }
        let secret = Bytes(proxy[start..<at])
        var output = bytes
        while !secret.isEmpty, let place = Self.find(secret, in: output) {
            output.replaceSubrange(place..<(place + secret.count), with: Bytes(text: "***"))
        }
        return output
    }

    private static func find(_ needle: Bytes, in bytes: Bytes) -> Int? {
        guard bytes.count >= needle.count else { return nil }
        return (0...(bytes.count - needle.count)).first { bytes[$0...].starts(with: needle) }
    }

    /// Why libcurl could not connect. The kind has its own words; the detail says the rest.
    func failure(_ code: CURLcode, _ easy: CurlEasy) -> DialFailure {
        let said = easy.errorText.isEmpty ? code.words : easy.errorText
        if easy.number(CURLINFO_OS_ERRNO) == 0, Self.needsDescriptors(code), let number = HostDescriptors.lack() {
            return .connect(wording.detail("this host has no descriptor left for it", Wording.errno(number)))
        }
        switch code {
        case CURLE_COULDNT_RESOLVE_HOST:
            return .name(wording.detail(url.host))
        case CURLE_COULDNT_RESOLVE_PROXY:
            return .proxy(wording.detail("its name could not be resolved", said))
        case CURLE_PROXY:
            return .proxy(wording.detail("", said))
        case CURLE_OPERATION_TIMEDOUT:
            return .timedOut
        case CURLE_URL_MALFORMAT:
            return proxy == nil
                ? .name(wording.detail("the URL can't be used", said))
                : .proxy(wording.detail("the URL of the server or of the proxy can't be used", said))
        case CURLE_PEER_FAILED_VERIFICATION:
            return .tls(certificate(easy, said))
        case CURLE_SSL_CACERT_BADFILE:
            return .tls(wording.detail("the file or directory of trusted certificates can't be used", said))
        case CURLE_SSL_CONNECT_ERROR, CURLE_SSL_CIPHER, CURLE_SSL_ENGINE_INITFAILED, CURLE_SSL_CERTPROBLEM:
            return .tls(wording.detail("", said))
        default:
            // An enumeration of libcurl's, not ours: what remains is about the transport.
            return transport(easy, said)
        }
    }

    /// What fails when there are too few, in libcurl's own words as if the server were to blame.
    private static func needsDescriptors(_ code: CURLcode) -> Bool {
        [
            CURLE_COULDNT_CONNECT, CURLE_COULDNT_RESOLVE_HOST, CURLE_COULDNT_RESOLVE_PROXY, CURLE_SSL_CACERT_BADFILE,
            CURLE_FAILED_INIT, CURLE_OUT_OF_MEMORY,
        ].contains(code)
    }

    private func transport(_ easy: CurlEasy, _ said: Bytes) -> DialFailure {
        let status = easy.number(CURLINFO_HTTP_CONNECTCODE)
        if proxy != nil, status != 0, status != 200 {
            var words = Bytes(text: "it answered ")
            words.append(decimal: status)
            words.append(text: status == 407 ? ": it wants other credentials" : " to CONNECT")
            return .proxy(wording.detail(words))
        }
        let number = Int32(truncatingIfNeeded: easy.number(CURLINFO_OS_ERRNO))
        let cause = number == 0 ? said : Wording.errno(number)
        if number == ETIMEDOUT { return .timedOut }
        // The tunnel stands from 200 on; before it, whoever failed us was the proxy.
        if proxy != nil, status != 200 {
            return .proxy(wording.detail("", cause))
        }
        return .connect(wording.detail(place, cause))
    }

    private var place: Bytes {
        var text = url.isIPv6 ? [0x5B] + url.host + [0x5D] : url.host
        text.append(0x3A)
        text.append(decimal: url.port)
        return text
    }

    /// The numbers are OpenSSL's X509_V_ERR_*; with 0 and 1 libcurl stopped at the name, before the chain.
    private func certificate(_ easy: CurlEasy, _ said: Bytes) -> Detail {
        var number = easy.number(CURLINFO_SSL_VERIFYRESULT)
        var whose = Bytes(text: "the server's certificate ")
        var host = url.host
        if number == 0, proxy != nil {
            number = easy.number(CURLINFO_PROXY_SSL_VERIFYRESULT)
            if number != 0 {
                whose = Bytes(text: "the proxy's certificate ")
                host = Bytes(text: "the proxy's")
            }
        }
        switch number {
        case 0, 1, 62, 63, 64:
            return wording.detail(whose + Bytes(text: "is for another host name than ") + host)
        case 9: return wording.detail(whose + Bytes(text: "is not valid yet"))
        case 10: return wording.detail(whose + Bytes(text: "has expired"))
        case 18:
            return wording.detail(whose + Bytes(text: "is self-signed and not among the trusted ones"))
        case 2, 19, 20, 21:
            return wording.detail(whose + Bytes(text: "was issued by an authority that is not trusted here"))
        case 23: return wording.detail(whose + Bytes(text: "has been revoked"))
        case 26: return wording.detail(whose + Bytes(text: "is not meant for servers"))
        case 66, 67, 68: return wording.detail(whose + Bytes(text: "uses a key or a digest that is too weak"))
        default: return wording.detail(whose + Bytes(text: "was not accepted"), said)
        }
    }

    /// Why a connection that stood broke.
    func loss(_ words: StaticString, _ code: CURLcode, _ easy: CurlEasy) -> Detail {
        var said = easy.errorText.isEmpty ? code.words : easy.errorText
        // Said already.
        for front in ["Recv failure: ", "Send failure: "] where said.starts(with: front.utf8) {
            said.removeFirst(front.utf8.count)
        }
        return wording.detail(words, said)
    }

    func detail(_ words: Bytes) -> Detail {
        wording.detail(words)
    }

    /// Bytes of a peer, who may repeat what we sent: masked, printable, bounded.
    func shown(_ outside: Bytes) -> Bytes {
        wording.detail("", outside).bytes
    }
}
