// How the log speaks, and where.

import Effects

struct LogOptions: Sendable {
    enum Format: Sendable { case console, json }

    var level = LogLevel.info
    /// Nil: console on a terminal, else JSON.
    var format: Format?
    var context: LogContext
    var descriptor: Int32 = 2
    /// NO_COLOR is set.
    var withoutColour = false
    var capacity = 1 << 20

    init(context: LogContext) {
        self.context = context
    }
}
