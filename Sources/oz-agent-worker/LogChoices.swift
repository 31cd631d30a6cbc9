// How the log looks, by configuration and environment.

import Codecs
import Configuration
import Effects
import Interpreter

extension Assembly {
    static func logChoice(
        _ configuration: ResolvedConfiguration, _ environment: [(name: Bytes, value: Bytes)]
    ) -> LogChoice {
        let level: Effects.LogLevel
        switch configuration.logLevel {
        case .debug: level = .debug
        case .info: level = .info
        case .warn: level = .warn
        case .error: level = .error
        }
        let format: LogChoice.Format
        switch configuration.logFormat {
        case .console: format = .console
        case .json: format = .json
        }
        let withoutColour = environment.contains { $0.name == Bytes(text: "NO_COLOR") && !$0.value.isEmpty }
        return LogChoice(level: level, format: format, withoutColour: withoutColour)
    }
}
