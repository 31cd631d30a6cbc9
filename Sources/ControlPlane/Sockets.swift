// The few calls on sockets that the control plane needs: listen, who is there, reset.

import CLinux
import Codecs
import Glibc

enum Sockets {
    /// A listening socket and its address with the real port, or the errno.
    static func listen(_ address: ListenAddress) -> Result<(descriptor: Int32, address: ListenAddress), SocketFault> {
        let domain: Int32
        switch address.host {
        case .v4: domain = AF_INET
        case .v6: domain = AF_INET6
        }
        let descriptor = oz_socket_stream(domain)
        guard descriptor >= 0 else { return .failure(SocketFault(number: -descriptor)) }
        _ = oz_reuse_address(descriptor)
        let failed = withAddress(address) { bind(descriptor, $0, $1) } != 0 || Glibc.listen(descriptor, 128) != 0
        if failed {
            let fault = SocketFault(number: oz_errno())
            close(descriptor)
            return .failure(fault)
        }
        return .success((descriptor, name(descriptor, getsockname) ?? address))
    }

    static func peer(_ descriptor: Int32) -> Bytes {
        name(descriptor, getpeername)?.bytes ?? Bytes(text: "unknown")
    }

    /// Closes so that the other side sees a reset.
    static func reset(_ descriptor: Int32) {
        var now = linger(l_onoff: 1, l_linger: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &now, socklen_t(MemoryLayout<linger>.size))
        close(descriptor)
    }

    private static func withAddress<R>(
        _ address: ListenAddress, _ body: (UnsafePointer<sockaddr>, socklen_t) -> R
    ) -> R {
        switch address.host {
        case .v4(let number):
            var raw = sockaddr_in()
            raw.sin_family = sa_family_t(AF_INET)
            raw.sin_port = address.port.bigEndian
            raw.sin_addr.s_addr = number.bigEndian
            return withUnsafeBytes(of: &raw) { bytes in
                bytes.withMemoryRebound(to: sockaddr.self) { pointing($0, MemoryLayout<sockaddr_in>.size, body) }
            }
        case .v6(let groups):
            var raw = sockaddr_in6()
            raw.sin6_family = sa_family_t(AF_INET6)
            raw.sin6_port = address.port.bigEndian
            withUnsafeMutableBytes(of: &raw.sin6_addr) { bytes in
                for (index, group) in groups.prefix(8).enumerated() {
                    bytes.storeBytes(of: group.bigEndian, toByteOffset: 2 * index, as: UInt16.self)
                }
            }
            return withUnsafeBytes(of: &raw) { bytes in
                bytes.withMemoryRebound(to: sockaddr.self) { pointing($0, MemoryLayout<sockaddr_in6>.size, body) }
            }
        }
    }

    private static func pointing<R>(
        _ buffer: UnsafeBufferPointer<sockaddr>, _ size: Int, _ body: (UnsafePointer<sockaddr>, socklen_t) -> R
    ) -> R {
        guard let base = buffer.baseAddress else {
            var empty = sockaddr()
            return body(&empty, 0)
        }
        return body(base, socklen_t(size))
    }

    private static func name(
        _ descriptor: Int32,
        _ ask: (Int32, UnsafeMutablePointer<sockaddr>?, UnsafeMutablePointer<socklen_t>?) -> Int32
    ) -> ListenAddress? {
        var storage = sockaddr_storage()
        var size = socklen_t(MemoryLayout<sockaddr_storage>.size)
        let failed = withUnsafeMutablePointer(to: &storage) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { ask(descriptor, $0, &size) }
        }
        guard failed == 0 else { return nil }
        let family = storage.ss_family
        return withUnsafeBytes(of: &storage) { bytes in
            let port = UInt16(bigEndian: bytes.load(fromByteOffset: 2, as: UInt16.self))
            if family == sa_family_t(AF_INET) {
                let address = UInt32(bigEndian: bytes.load(fromByteOffset: 4, as: UInt32.self))
                return ListenAddress(host: .v4(address), port: port)
            }
            let groups = (0..<8).map { UInt16(bigEndian: bytes.load(fromByteOffset: 8 + 2 * $0, as: UInt16.self)) }
            return ListenAddress(host: .v6(groups), port: port)
        }
    }
}

struct SocketFault: Error, Sendable, Equatable {
    var number: Int32

    var words: String { String(cString: strerror(number)) }
}
