// URLs taken apart, put together, and with a query parameter set.

import Codecs
import Testing

private func parts(_ text: String) -> URLParts? { try? URLParts(parsing: netBytes(text)) }

private func fault(_ text: String) -> URLFault? {
    do {
        _ = try URLParts(parsing: netBytes(text))
        return nil
    } catch {
        return error
    }
}

@Suite("URL parts") struct URLPartsTests {
    @Test("taken apart and put together")
    func parse() {
        let full = parts("wss://Oz.Warp.dev:8443/api/v1?a=b")
        #expect(full?.scheme == .wss)
        #expect(full?.host == netBytes("oz.warp.dev"))
        #expect(full?.port == 8443)
        #expect(full?.path == netBytes("/api/v1"))
        #expect(full?.query == netBytes("a=b"))
        #expect(full?.bytes == netBytes("wss://oz.warp.dev:8443/api/v1?a=b"))
        #expect(full?.authority == netBytes("oz.warp.dev:8443"))
        let ports = ["ws://h", "WSS://h", "http://h:", "https://h/"].map { parts($0)?.port }
        #expect(ports == [80, 443, 80, 443])
        #expect(parts("ws://h")?.target == netBytes("/"))
        #expect(parts("ws://h?x")?.target == netBytes("/?x"))
        #expect(parts("ws://h:80/")?.authority == netBytes("h"))
        #expect(parts("ws://h:443/")?.authority == netBytes("h:443"))
    }

    @Test("addresses in brackets")
    func ipv6() {
        let loop = parts("ws://[::1]:9000/x")
        #expect(loop?.host == netBytes("::1"))
        #expect(loop?.isIPv6 == true)
        #expect(loop?.authority == netBytes("[::1]:9000"))
        let good = [
            "::", "1::", "::1", "1:2:3:4:5:6:7:8", "1::8", "::ffff:1.2.3.4", "1:2:3:4:5:6:1.2.3.4", "FE80::A",
            "1:2:3:4:5:6:7::",
        ]
        for address in good { #expect(IPAddress.isV6(netBytes(address)), "\(address)") }
        let bad = [
            "", ":", ":::", "1:", ":1", "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9", "1::2::3", "12345::", "g::", "1.2.3.4",
            "1.2.3.4::", "::1.2.3", "::1.2.3.256", "fe80::1%eth0", "1:2:3:4:5:6:7:8::", "::1.2.3.4:5",
        ]
        for address in bad { #expect(!IPAddress.isV6(netBytes(address)), "\(address)") }
    }

    @Test("what is refused")
    func refused() {
        #expect(fault("ftp://h/") == .unknownScheme)
        #expect(fault("h:80") == .unknownScheme)
        #expect(fault("") == .unknownScheme)
        #expect(fault("ws://user:pw@h/") == .userInfo)
        #expect(fault("ws://h/@x") == nil)
        #expect(fault("ws://h/#x") == .fragment)
        #expect(fault("ws:///x") == .noHost)
        #expect(fault("ws://:80/x") == .noHost)
        #expect(fault("ws://h x/") == .badByte(0x20))
        #expect(fault("ws://h/\r\nX: y") == .badByte(0x0D))
        #expect(fault("ws://h/\u{e9}") == .badByte(0xC3))
        for port in ["0", "65536", "x", "-1", "+1", "000080", "99999999999999999999"] {
            #expect(fault("ws://h:\(port)/") == .badPort)
        }
        for host in ["[::1", "[]", "[::g]", "[::1]x", "h[", "a%41"] { #expect(fault("ws://\(host)/") == .badHost) }
        #expect(fault("ws://h/" + String(repeating: "a", count: 9_000)) == .tooLong)
    }

    @Test("this machine itself")
    func loopback() {
        for host in ["localhost", "LOCALHOST", "a.localhost", "127.0.0.1", "127.9.9.9", "[::1]", "[::ffff:127.0.0.1]"]
        {
            #expect(parts("ws://\(host)/")?.isLoopback == true, "\(host)")
        }
        for host in ["128.0.0.1", "127.0.0.1.example", "localhost.example", "[::2]", "[1::1]", "0.0.0.0"] {
            #expect(parts("ws://\(host)/")?.isLoopback == false, "\(host)")
        }
    }

    @Test("one parameter set, the others untouched")
    func settingQuery() {
        func set(_ url: String, _ value: String) -> String? {
            parts(url)?.settingQuery(netBytes("worker_id"), netBytes(value)).target.text
        }
        #expect(set("ws://h/p", "w") == "/p?worker_id=w")
        #expect(set("ws://h/p?", "w") == "/p?worker_id=w")
        #expect(set("ws://h/p?a=%31&worker_id=old&b", "new") == "/p?a=%31&worker_id=new&b")
        #expect(set("ws://h/p?worker_id&x=1&worker%5Fid=2", "n") == "/p?worker_id=n&x=1")
        #expect(set("ws://h/", "a b&c=d+/%\u{e9}") == "/?worker_id=a%20b%26c%3Dd%2B%2F%25%C3%A9")
        #expect(set("ws://h/", "") == "/?worker_id=")
    }

    @Test("escapes there and back")
    func escapes() {
        let all = Bytes(0...255)
        #expect(PercentCoding.decoded(PercentCoding.encoded(all)) == all)
        #expect(PercentCoding.decoded(netBytes("%4a%4A")) == netBytes("JJ"))
        for broken in ["%", "%1", "%g1", "%1g"] { #expect(PercentCoding.decoded(netBytes(broken)) == nil) }
    }
}
