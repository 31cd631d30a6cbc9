// The one table of options. An option is described here and nowhere else.

public let optionTable: [Option] =
    connectionOptions + taskOptions + dockerOptions + directOptions + commandOptions + kubernetesOptions
    + loggingOptions + stateOptions + otherOptions

private let connectionOptions: [Option] = [
    Option(
        name: .configFile, group: .connection, flag: "config-file", kind: .path, placeholder: "PATH",
        help: "Read the configuration from this YAML file. Flags win over it."),
    Option(
        name: .apiKey, group: .connection, flag: "api-key", variable: "WARP_API_KEY", kind: .apiKey,
        placeholder: "KEY", fallback: .required, isSecret: true,
        help: "The API key of a service account with team scope. Others on this machine can read arguments: "
            + "prefer a file or the environment.",
        details: "The first that is given counts: `--api-key`, `--api-key-file`, `WARP_API_KEY_FILE`, "
            + "`WARP_API_KEY`."),
    Option(
        name: .apiKeyFile, group: .connection, flag: "api-key-file", variable: "WARP_API_KEY_FILE", kind: .path,
        placeholder: "PATH",
        help: "Take the API key from this file. It is read again at every dial, so that a rotated key needs "
            + "no restart."),
    Option(
        name: .workerID, group: .connection, keys: ["worker_id"], flag: "worker-id", kind: .workerID,
        placeholder: "ID", fallback: .required,
        help: "The name that tasks are routed to. Several workers may share it. Names that start with \"warp\" "
            + "are reserved."),
    Option(
        name: .webSocketURL, group: .connection, flag: "web-socket-url", kind: .url(["ws", "wss"]),
        placeholder: "URL", fallback: .value("wss://oz.warp.dev/api/v1/selfhosted/worker/ws"), isHidden: true,
        help: "Where the worker connects to."),
    Option(
        name: .serverRootURL, group: .connection, flag: "server-root-url", kind: .url(["http", "https"]),
        placeholder: "URL", fallback: .value("https://app.warp.dev"), isHidden: true,
        help: "The server that agents are told to use."),
    Option(
        name: .sessionSharingServerURL, group: .connection, flag: "session-sharing-server-url",
        kind: .url(["http", "https", "ws", "wss"]), placeholder: "URL", fallback: .unset("the agent's own"),
        isHidden: true,
        help: "The session sharing server that agents are told to use."),
]

private let taskOptions: [Option] = [
    Option(
        name: .backend, group: .tasks, flag: "backend", kind: .choice(BackendName.allCases.map(\.rawValue)),
        placeholder: "NAME", fallback: .unset("the one configured in the file, else docker"),
        help: "Where tasks run: docker, kubernetes, direct (on this host) or command (handed to a program of yours).",
        details: "In the file, a block under `backend` chooses. Two blocks are an error. A flag that names another "
            + "backend than the file's block wins, with a warning."),
    Option(
        name: .environment, group: .tasks,
        keys: ["backend.docker.environment", "backend.direct.environment", "backend.command.environment"],
        flag: "env", short: "e", kind: .environment, placeholder: "KEY[=VALUE]", isSecret: true,
        help: "Set a variable for every task. KEY alone takes the worker's own value. May be repeated.",
        details: "In the file: a list of `- name: KEY` with an optional `value`; without one, the worker's own value "
            + "is taken. Where the worker has none, the variable is left out, with a warning. Flags win by key. "
            + "Commas are literal."),
    Option(
        name: .maxConcurrentTasks, group: .tasks, keys: ["max_concurrent_tasks"], flag: "max-concurrent-tasks",
        kind: .whole(0...Int64(Int32.max)), placeholder: "N", fallback: .value("0"),
        help: "How many tasks may run at once; 0 for no limit."),
    Option(
        name: .idleOnComplete, group: .tasks, keys: ["idle_on_complete"], flag: "idle-on-complete", kind: .text,
        placeholder: "TEXT", fallback: .unset("the agent's own, 45m"),
        help: "How long an agent stays for follow-ups after its task, such as 10m; 0s to end at once.",
        details: "Handed to the agent as it is: `45m`, `1h 30m`, `0s`."),
    Option(
        name: .taskTimeout, group: .tasks, keys: ["task_timeout"], flag: "task-timeout",
        kind: .duration(isPositive: false), placeholder: "DURATION", fallback: .unset("no limit"),
        help: "End and fail tasks that run longer than this.",
        details: "`0s` means no limit, so that the flag can lift the limit of the file."),
    Option(
        name: .drainTimeout, group: .tasks, keys: ["drain_timeout"], flag: "drain-timeout",
        kind: .duration(isPositive: false), placeholder: "DURATION", fallback: .value("0s"),
        help: "How long running tasks may go on when the worker is told to stop."),
    Option(
        name: .cleanup, group: .tasks, keys: ["cleanup"], flag: "no-cleanup", kind: .toggle(isInverted: true),
        fallback: .value("true"), backends: [.docker, .kubernetes, .direct],
        help: "Keep containers, Jobs and workspaces after their task, to look into them.",
        details: "`cleanup: false` in the file. `--no-cleanup=false` wins over it."),
]

private let dockerOptions: [Option] = [
    Option(
        name: .volumes, group: .docker, keys: ["backend.docker.volumes"], flag: "volumes", short: "v",
        kind: .volumes, placeholder: "HOST:CONTAINER[:MODE]", backends: [.docker],
        help: "Mount a directory or a named volume into every task's container. May be repeated.",
        details: "Handed to Docker as it is, so `ro`, `rw`, `z`, `rshared` and the like work. The file's come first, "
            + "then those of flags. Commas are literal."),
    Option(
        name: .logTaskOutput, group: .docker, keys: ["backend.docker.log_task_output"],
        kind: .toggle(isInverted: false), placeholder: "", fallback: .value("false"), backends: [.docker],
        help: "Write what containers print to the log line by line while they run, and not only the end of it."),
]

private let directOptions: [Option] = [
    Option(
        name: .workspaceRoot, group: .direct, keys: ["backend.direct.workspace_root"], kind: .path,
        placeholder: "DIR", fallback: .value("/var/lib/oz/workspaces"), backends: [.direct],
        help: "Where each task gets a directory of its own."),
    Option(
        name: .targetDirectory, group: .direct, keys: ["backend.direct.target_dir"], flag: "target-dir", kind: .path,
        placeholder: "DIR", fallback: .unset("a directory of its own for each task"), backends: [.direct],
        help: "Run all tasks in this directory instead of a new one each. It is never removed."),
    Option(
        name: .ozPath, group: .direct, keys: ["backend.direct.oz_path"], kind: .path, placeholder: "PATH",
        fallback: .unset("oz on PATH"), backends: [.direct],
        help: "The oz program that runs the agents."),
    Option(
        name: .directSetupCommand, group: .direct, keys: ["backend.direct.setup_command"], kind: .command,
        placeholder: "COMMAND", backends: [.direct],
        help: "Runs by /bin/sh in the workspace before each task; what it writes to $OZ_ENVIRONMENT_FILE is added to "
            + "the task's environment. The task fails if it fails."),
    Option(
        name: .directTeardownCommand, group: .direct, keys: ["backend.direct.teardown_command"], kind: .command,
        placeholder: "COMMAND", backends: [.direct],
        help: "Runs by /bin/sh in the workspace after each task, however the task ended; at most 60 seconds."),
]

private let commandOptions: [Option] = [
    Option(
        name: .dispatchCommand, group: .command, keys: ["backend.command.dispatch_command"], kind: .command,
        placeholder: "COMMAND", fallback: .required, backends: [.command],
        help: "Runs by /bin/sh for each task, with the task as one JSON document on standard input."),
    Option(
        name: .cancelCommand, group: .command, keys: ["backend.command.cancel_command"], kind: .command,
        placeholder: "COMMAND", fallback: .unset("dispatched tasks cannot be cancelled"), backends: [.command],
        help: "Runs by /bin/sh when a dispatched task is cancelled."),
    Option(
        name: .dispatchTimeout, group: .command, keys: ["backend.command.dispatch_timeout"],
        kind: .duration(isPositive: true), placeholder: "DURATION", fallback: .value("60s"), backends: [.command],
        help: "How long the dispatch command may take."),
]

private let loggingOptions: [Option] = [
    Option(
        name: .logLevel, group: .logging, keys: ["log_level"], flag: "log-level",
        kind: .choice(LogLevel.allCases.map(\.rawValue)), placeholder: "LEVEL", fallback: .value("info"),
        help: "How much is logged: debug, info, warn or error."),
    Option(
        name: .logFormat, group: .logging, keys: ["log_format"], flag: "log-format",
        kind: .choice(LogFormat.allCases.map(\.rawValue)), placeholder: "FORMAT",
        fallback: .unset("console on a terminal, else json"),
        help: "How it is logged: console or json."),
    Option(
        name: .record, group: .logging, keys: ["record"], flag: "record", kind: .path, placeholder: "PATH",
        fallback: .unset("nothing is recorded"),
        help: "Record all that the worker hears and decides into this file, to be looked at with "
            + "`oz-agent-worker replay`.",
        details: "No secret is in it. The file that is written to lies at the path itself, older ones at `PATH.1`, "
            + "`PATH.2` and so on; see [recording](recording.md)."),
    Option(
        name: .recordLimit, group: .logging, keys: ["record_limit"], flag: "record-limit",
        kind: .size(atLeast: 1 << 20), placeholder: "SIZE", fallback: .value("256Mi"),
        help: "How much disk all files of a recording may take; the oldest go first.",
        details: "Bytes, or with one of the units `k`, `M`, `G`, `Ki`, `Mi`, `Gi`. At least `1Mi`."),
]

private let stateOptions: [Option] = [
    Option(
        name: .stateDirectory, group: .state, keys: ["state_dir"], flag: "state-dir", kind: .path,
        placeholder: "DIR",
        fallback: .unset("$STATE_DIRECTORY, else $XDG_STATE_HOME/oz-agent-worker, else /var/lib/oz-agent-worker"),
        help: "Where the worker keeps what its next life must know. Two workers never share one.",
        details:
            "Made with mode 0700 where it is missing. It holds the instance id, a lock and the journal, and no "
            + "secrets. Without a writable one the worker runs, but agents do not survive its death."),
    Option(
        name: .instanceID, group: .state, keys: ["instance_id"], flag: "instance-id", kind: .text,
        placeholder: "ID", fallback: .unset("made once and kept in the state directory"),
        help: "Whose the things are that this worker makes. Workers that share a worker id must not share this.",
        details: "Set it where the state directory does not survive, such as in a container that is made anew."),
    Option(
        name: .durability, group: .state, keys: ["durability"], flag: "durability",
        kind: .choice(Durability.allCases.map(\.rawValue)), placeholder: "WHAT", fallback: .value("process"),
        help: "What the journal outlasts: process, the death of the worker, or power, that of the machine too.",
        details:
            "With `power` the worker waits for the disk before it claims a task, makes something or says how a task "
            + "ended, some milliseconds each. With `process` a power cut may cost what was decided in about the last "
            + "0.1 s. See [survival](survival.md#the-journal)."),
]

private let otherOptions: [Option] = [
    Option(name: .help, group: .other, flag: "help", short: "h", kind: .action, help: "Show this help and exit."),
    Option(
        name: .helpAll, group: .other, flag: "help-all", kind: .action,
        help: "Show all flags, rarely needed ones too, and exit."),
    Option(
        name: .version, group: .other, flag: "version", kind: .action,
        help: "Show the version, the commit and the libraries in use, and exit."),
]
