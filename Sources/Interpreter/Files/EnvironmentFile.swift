// Reads what a setup command left for the agent. The file lies where agents write, so it is opened with care: no link
// is followed, and what is no plain file is not waited for.

import CLinux
import Codecs
import Effects
import Glibc

enum EnvironmentFile {
    static func read(_ path: Bytes) -> Result<Dotenv, FilesProblem> {
        do throws(FileProblem) {
            let limit = Dotenv.Limits().size
            let flags = O_RDONLY | O_NONBLOCK | O_NOCTTY
            let descriptor = try FileNames.with(path) { oz_open_nofollow(AT_FDCWD, $0, flags, 0) }
            guard descriptor >= 0 else { throw FileProblem(0 &- descriptor) }
            defer { close(descriptor) }
            guard try FileStatus(of: descriptor).isPlainFile else { return .failure(.failure(.notFound)) }
            let content = try content(of: descriptor, limit: limit)
            let file = Dotenv.parse(content)
            if file.exceeded == .size { return .failure(.failure(.tooLarge)) }
            return .success(file)
        } catch {
            return .failure(.failure(error.failure))
        }
    }

    /// One byte more than the limit at most.
    private static func content(of descriptor: Int32, limit: Int) throws(FileProblem) -> Bytes {
        var content = Bytes()
        var piece = Bytes(repeating: 0, count: 64 << 10)
        while content.count <= limit {
            let wanted = min(piece.count, limit &+ 1 &- content.count)
            let count = piece.withUnsafeMutableBytes { Glibc.read(descriptor, $0.baseAddress, wanted) }
            if count == 0 { return content }
            if count < 0 {
                if errno == EINTR { continue }
                throw .last
            }
            content.append(contentsOf: piece.prefix(count))
        }
        return content
    }
}
