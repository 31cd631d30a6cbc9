// The demo's control plane: a child process, and the one request that the demo makes of it.

import Codecs
import Glibc

struct DemoPlane {
    let child: DemoChild
    /// HOST:PORT, as the control plane chose it.
    let address: String

    fileprivate static let announcement = "http://"

    func submit(_ body: String) -> Bool {
        guard let descriptor = Loopback.connect(address) else { return false }
        defer { close(descriptor) }
        let request =
            "POST /tasks HTTP/1.1\r\nHost: \(address)\r\nContent-Type: application/json\r\n"
            + "Content-Length: \(body.utf8.count)\r\nConnection: close\r\n\r\n\(body)"
        let bytes = Bytes(text: request)
        guard bytes.withUnsafeBytes({ write(descriptor, $0.baseAddress, $0.count) }) == bytes.count else {
            return false
        }
        var answer = Bytes(repeating: 0, count: 64)
        let count = answer.withUnsafeMutableBytes { read(descriptor, $0.baseAddress, $0.count) }
        return count > 12 && answer.hasPrefix(Bytes(text: "HTTP/1.1 2"))
    }
}

enum Loopback {
    /// To HOST:PORT on this machine.
    static func connect(_ address: String) -> Int32? {
        guard let colon = address.lastIndex(of: ":"), let port = UInt16(address[address.index(after: colon)...])
        else { return nil }
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { return nil }
        var to = sockaddr_in()
        to.sin_family = sa_family_t(AF_INET)
        to.sin_port = port.bigEndian
        to.sin_addr.s_addr = inet_addr("127.0.0.1")
        let connected = withUnsafePointer(to: &to) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                Glibc.connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard connected == 0 else {
            close(descriptor)
            return nil
        }
        return descriptor
    }
}

extension DemoPlane {
    /// Starts it on a free port, which it names in its first line.
    static func start(
        _ words: [String] = ["control-plane", "--listen", "127.0.0.1:0", "--log-level", "warn"], errors: Int32? = nil
    ) -> DemoPlane? {
        var pipes: [Int32] = [-1, -1]
        guard pipe(&pipes) == 0 else { return nil }
        _ = fcntl(pipes[0], F_SETFD, FD_CLOEXEC)
        _ = fcntl(pipes[1], F_SETFD, FD_CLOEXEC)
        let child = DemoChild.start(words, output: pipes[1], errors: errors)
        close(pipes[1])
        guard let child else {
            close(pipes[0])
            return nil
        }
        guard let address = readAddress(pipes[0]) else {
            child.stop()
            close(pipes[0])
            return nil
        }
        // The pipe stays open: the control plane may say more, and must not die of it.
        return DemoPlane(child: child, address: address)
    }

    private static func readAddress(_ descriptor: Int32) -> String? {
        var line = Bytes()
        var byte: UInt8 = 0
        while line.count < 4096, read(descriptor, &byte, 1) == 1, byte != UInt8(ascii: "\n") { line.append(byte) }
        let text = line.text
        guard let range = text.utf8.split(separator: UInt8(ascii: " ")).last.map({ String(Substring($0)) }),
            range.hasPrefix(announcement)
        else { return nil }
        return String(range.dropFirst(announcement.count))
    }
}
