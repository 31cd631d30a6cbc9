// The flags that `check` has beside those of `run`, which it takes all.

public let checkOptions: [Option] = [
    Option(
        name: .json, group: .check, flag: "json", kind: .toggle(isInverted: false), fallback: .value("false"),
        help: "Write the report as one JSON document."),
    Option(
        name: .offline, group: .check, flag: "offline", kind: .toggle(isInverted: false), fallback: .value("false"),
        help: "Leave the network alone: neither the control plane nor other hosts are dialled."),
    Option(
        name: .runTask, group: .check, flag: "run-task", kind: .toggle(isInverted: false), fallback: .value("false"),
        help:
            "Run two canary tasks on the backend, against a control plane of the check's own, and see that nothing is "
            + "left. On the direct backend the agent is a stub; setup and teardown commands are run. On the command "
            + "backend dispatch_command hands the canaries over in earnest, and cancel_command takes them back."),
]
