// What this binary is.

import CLibcurl
import CLibyaml
import Codecs
import Recording
import SupervisorImage

enum Version {
    static let number = "0.1.0"

    static var lines: [String] {
        let yaml = yaml_get_version_string().map { String(cString: $0) } ?? "unknown"
        let curl = curl_version().map { String(cString: $0) } ?? "unknown"
        return ["oz-agent-worker \(number) (\(commit))", "libyaml \(yaml)", curl]
    }

    static var build: Build { Build(version: Bytes(text: number), commit: Bytes(text: commit)) }

    /// The commit it was built from, as the build wrote it down.
    static var commit: String { String(cString: oz_build_commit()) }
}
