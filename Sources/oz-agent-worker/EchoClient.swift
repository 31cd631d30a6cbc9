// `echo-client`: what a conformance suite for WebSockets drives. It dials with the daemon's own connection and codec,
// so that the suite's verdict is one on this binary.

import Codecs
import Configuration
import Interpreter

func runEchoClientCommand(_ arguments: [Bytes]) -> Int32 {
    guard arguments.count == 2, arguments.allSatisfy({ !$0.hasPrefix("-") }) else {
        let usage = "usage: oz-agent-worker echo-client URL AGENT    (as in ws://127.0.0.1:9001 oz-agent-worker)"
        guard arguments == [Bytes(text: "--help")] else {
            Terminal.complain(usage)
            return ExitCode.usage
        }
        Terminal.say(usage)
        return ExitCode.well
    }
    let code = runEchoClient(server: arguments[0], agent: arguments[1], environment: HostSystem.environment())
    if code != ExitCode.well {
        Terminal.complain("oz-agent-worker: there is no conformance suite at \(Terminal.shown(arguments[0]))")
    }
    return code
}
