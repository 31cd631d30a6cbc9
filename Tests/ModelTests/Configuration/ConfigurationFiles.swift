// Files beside the tests: golden files and the page in docs/.

import Codecs
import Configuration
import Glibc

enum ConfigurationFiles {
    /// With REWRITE=1 what is expected is written instead of compared.
    static let isRewriting = getenv("REWRITE") != nil

    static let folder: String = parent(of: canonical(#filePath))
    static let golden = folder + "/Golden"
    static let project = parent(of: parent(of: parent(of: folder)))
    static let page = project + "/docs/configuration.md"

    static func read(_ path: String) -> Bytes? {
        if case .success(let content) = HostSystem.read(Bytes(text: path)) { content } else { nil }
    }

    static func write(_ content: String, to path: String) {
        mkdir(parent(of: path), 0o755)
        guard let file = fopen(path, "w") else { return }
        defer { fclose(file) }
        fputs(content, file)
    }

    /// The names in a folder that end so, without that ending, in order.
    static func names(in folder: String, ending: String) -> [String] {
        guard let directory = opendir(folder) else { return [] }
        defer { closedir(directory) }
        var names: [String] = []
        while let entry = readdir(directory) {
            let name = withUnsafeBytes(of: entry.pointee.d_name) { Bytes($0.prefix { $0 != 0 }).text }
            if name.hasSuffix(ending) { names.append(String(name.dropLast(ending.count))) }
        }
        return names.sorted()
    }

    private static func parent(of path: String) -> String {
        path.split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(separator: "/")
    }

    private static func canonical(_ path: String) -> String {
        guard let resolved = realpath(path, nil) else { return path }
        defer { free(resolved) }
        return String(cString: resolved)
    }
}
