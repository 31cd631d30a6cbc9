// Whether the host still gives descriptors. libcurl keeps to itself why it got no socket.

import Glibc

enum HostDescriptors {
    /// A dial holds a few at once: the socket, the resolver's, a file of certificates.
    private static let wanted = 4

    /// Why a dial can't have what it needs; nil where it can. Tried and given back.
    static func lack() -> Int32? {
        var held: [Int32] = []
        defer { for descriptor in held { close(descriptor) } }
        for _ in 0..<wanted {
            let descriptor = open("/", O_RDONLY | O_CLOEXEC)
            guard descriptor >= 0 else { return [EMFILE, ENFILE, ENOMEM].contains(errno) ? errno : nil }
            held.append(descriptor)
        }
        return nil
    }
}
