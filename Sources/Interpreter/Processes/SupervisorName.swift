// The abstract name under which the next life finds a supervisor.

import Codecs
import Effects

enum SupervisorName {
    static func bytes(_ name: ProcessName) -> Bytes { Bytes(text: "oz-agent-worker/") + name.bytes }
}
