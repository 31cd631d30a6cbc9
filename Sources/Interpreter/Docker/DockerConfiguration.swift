// What the docker command keeps for its user: its configuration file, its contexts, and the variables that it reads.
// Read anew each time, so that a login needs no restart of the worker.

import Codecs
import Effects
import Glibc

struct DockerConfiguration {
    private static let longest = 4 << 20

    /// Looks a variable of the worker's environment up.
    let variable: (StaticString) -> Bytes?

    /// The folder of the configuration.
    var folder: Bytes? {
        if let folder = variable("DOCKER_CONFIG"), !folder.isEmpty { return folder }
        return home.map { FileNames.join($0, Bytes(text: ".docker")) }
    }

    private var home: Bytes? {
        variable("HOME").flatMap { $0.isEmpty ? nil : $0 }
    }

    /// Of the sockets that Docker makes by itself, the first that is there.
    func defaultSocket() -> Bytes? {
        var places = [Bytes(text: "/var/run/docker.sock")]
        if let directory = variable("XDG_RUNTIME_DIR"), !directory.isEmpty {
            places.append(FileNames.join(directory, Bytes(text: "docker.sock")))
        }
        if let home { places.append(FileNames.join(home, Bytes(text: ".docker/run/docker.sock"))) }
        return places.first { Self.exists($0) }
    }

    // MARK: TLS

    func tlsOfEnvironment() -> DockerAddress.TLS? {
        let verifies = variable("DOCKER_TLS_VERIFY").map { !$0.isEmpty } ?? false
        let path = variable("DOCKER_CERT_PATH").flatMap { $0.isEmpty ? nil : $0 } ?? (verifies ? folder : nil)
        guard let path else { return nil }
        return Self.tls(in: path, verifies: verifies)
    }

    private static func tls(in folder: Bytes, verifies: Bool) -> DockerAddress.TLS {
        func file(_ name: StaticString) -> Bytes? {
            let path = FileNames.join(folder, Bytes(text: name))
            return exists(path) ? path : nil
        }
        return DockerAddress.TLS(
            authority: file("ca.pem"), certificate: file("cert.pem"), key: file("key.pem"), verifies: verifies)
    }

    // MARK: Contexts

    var currentContext: Bytes? {
        guard let name = try? file()?["currentContext"]?.asString, !name.isEmpty else { return nil }
        return name
    }

    /// A context lies in a folder that is named after a digest of its name.
    func context(_ name: Bytes) -> (host: Bytes, tls: DockerAddress.TLS?)? {
        guard let folder else { return nil }
        let place = SHA256.digest(name).hex
        let contexts = FileNames.join(folder, Bytes(text: "contexts"))
        let path = contexts + Bytes(text: "/meta/") + place + Bytes(text: "/meta.json")
        guard let content = try? Self.content(of: path), let meta = try? JSON.parse(content),
            let endpoint = meta["Endpoints"]?["docker"], let host = endpoint["Host"]?.asString
        else { return nil }
        let skips = endpoint["SkipTLSVerify"]?.asBool ?? false
        let files = contexts + Bytes(text: "/tls/") + place + Bytes(text: "/docker")
        let tls = Self.exists(files) ? Self.tls(in: files, verifies: !skips) : nil
        return (host, tls ?? (skips ? DockerAddress.TLS(verifies: false) : nil))
    }

    // MARK: The file

    /// Nil where there is none.
    func file() throws(FileProblem) -> JSON? {
        guard let folder else { return nil }
        let content: Bytes
        do {
            content = try Self.content(of: FileNames.join(folder, Bytes(text: "config.json")))
        } catch {
            if error.errno == ENOENT { return nil }
            throw error
        }
        guard let document = try? JSON.parse(content), document.asObject != nil else { throw FileProblem(EBADMSG) }
        return document
    }

    private static func exists(_ path: Bytes) -> Bool {
        ((try? FileNames.with(path) { access($0, F_OK) }) ?? -1) == 0
    }

    private static func content(of path: Bytes) throws(FileProblem) -> Bytes {
        // Not to wait where somebody named a pipe.
        let descriptor = try FileNames.with(path) { open($0, O_RDONLY | O_CLOEXEC | O_NONBLOCK) }
        guard descriptor >= 0 else { throw FileProblem.last }
        defer { close(descriptor) }
        var content = Bytes()
        var piece = Bytes(repeating: 0, count: 16_384)
        while content.count <= longest {
            let count = piece.withUnsafeMutableBytes { Glibc.read(descriptor, $0.baseAddress, $0.count) }
            if count == 0 { return content }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw FileProblem.last }
            content.append(contentsOf: piece.prefix(count))
        }
        throw FileProblem(EFBIG)
    }
}
