// The pages and scenarios in spec/, and the project's own texts that they are compared with.

import Codecs
import Glibc

enum SpecFiles {
    /// With REWRITE=1 what is expected is written instead of compared.
    static let isRewriting = getenv("REWRITE") != nil

    static let root: String = parent(parent(parent(parent(canonical(#filePath)))))
    static let scenarios = root + "/spec/scenarios"

    static func page(_ name: String) -> String { root + "/spec/" + name }

    static func read(_ path: String) -> String? {
        guard let file = fopen(path, "r") else { return nil }
        defer { fclose(file) }
        var content = Bytes()
        var piece = Bytes(repeating: 0, count: 64 << 10)
        while true {
            let count = fread(&piece, 1, piece.count, file)
            if count == 0 { return content.text }
            content.append(contentsOf: piece.prefix(count))
        }
    }

    static func write(_ content: String, to path: String) {
        guard let file = fopen(path, "w") else { return }
        defer { fclose(file) }
        fputs(content, file)
    }

    /// The paths in a folder that end so, in order.
    static func paths(in folder: String, ending: String) -> [String] {
        names(in: folder).filter { $0.hasSuffix(ending) }.map { "\(folder)/\($0)" }
    }

    /// The paths in a folder and the folders in it that end so, in order.
    static func tree(_ folder: String, ending: String) -> [String] {
        names(in: folder).flatMap { name in
            let path = "\(folder)/\(name)"
            return name.hasSuffix(ending) ? [path] : tree(path, ending: ending)
        }
    }

    private static func names(in folder: String) -> [String] {
        guard let directory = opendir(folder) else { return [] }
        defer { closedir(directory) }
        var names: [String] = []
        while let entry = readdir(directory) {
            let name = withUnsafeBytes(of: entry.pointee.d_name) { Bytes($0.prefix { $0 != 0 }).text }
            if !name.hasPrefix(".") { names.append(name) }
        }
        return names.sorted()
    }

    private static func parent(_ path: String) -> String {
        path.split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(separator: "/")
    }

    private static func canonical(_ path: String) -> String {
        guard let resolved = realpath(path, nil) else { return path }
        defer { free(resolved) }
        return String(cString: resolved)
    }
}
