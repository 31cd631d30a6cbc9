// Assignments, and the command lines and environments that the contract wants for them.

import Codecs

@testable import WorkerModel

enum PlanCases {
    static let all = front + agents + sharing + ends + environments

    private static let front: [PlanCase] = [
        PlanCase(
            name: "no snapshot"),
        PlanCase(
            name: "empty snapshot is none",
            snapshot: "{}"),
        PlanCase(
            name: "null snapshot is none",
            snapshot: "null"),
        PlanCase(
            name: "team owner",
            task: #","owner":{"Type":"TEAM","Id":3}"#,
            share: " --share team:edit"),
        PlanCase(
            name: "team owner in lower case",
            task: #","owner":{"type":"team"}"#,
            share: " --share team:edit"),
        PlanCase(
            name: "user owner",
            task: #","owner":{"Type":"USER","Id":3}"#),
        PlanCase(
            name: "team owner and public access",
            snapshot: #"{"session_sharing":{"public_access":"VIEWER"}}"#,
            task: #","owner":{"Type":"TEAM"}"#,
            middle: " --computer-use --share public:view",
            share: " --share team:edit"),
    ]

    private static let agents: [PlanCase] = [
        PlanCase(
            name: "model",
            snapshot: #"{"model_id":" m1 "}"#,
            middle: " --model m1 --computer-use"),
        PlanCase(
            name: "model that is blank",
            snapshot: #"{"model_id":" \n"}"#,
            middle: " --computer-use"),
        PlanCase(
            name: "model with harness oz",
            snapshot: #"{"model_id":"m1","harness":{"type":"oz"}}"#,
            middle: " --model m1 --computer-use --harness oz"),
        PlanCase(
            name: "model with another harness",
            snapshot: #"{"model_id":"m1","harness":{"type":"claude"}}"#,
            middle: " --no-computer-use --harness claude"),
        PlanCase(
            name: "model with an empty harness type",
            snapshot: #"{"model_id":"m1","harness":{"type":" "}}"#,
            middle: " --model m1 --computer-use"),
        PlanCase(
            name: "model with a harness without type",
            snapshot: #"{"model_id":"m1","harness":{}}"#,
            middle: " --model m1 --computer-use"),
        PlanCase(
            name: "profile",
            snapshot: #"{"profile_id":"p"}"#,
            middle: " --profile p --computer-use"),
        PlanCase(
            name: "skill",
            snapshot: #"{"skill_spec":"o/r:s"}"#,
            middle: " --skill o/r:s --computer-use"),
        PlanCase(
            name: "mcp servers are sorted at the top only",
            snapshot: #"{"mcp_servers":{"b":{"z":1,"a":2.50},"a":[true,null]}}"#,
            middle: #" --mcp {"a":[true,null],"b":{"z":1,"a":2.50}} --computer-use"#),
        PlanCase(
            name: "no mcp servers",
            snapshot: #"{"mcp_servers":{}}"#,
            middle: " --computer-use"),
        PlanCase(
            name: "computer use on",
            snapshot: #"{"computer_use_enabled":true}"#,
            middle: " --computer-use"),
        PlanCase(
            name: "computer use off",
            snapshot: #"{"computer_use_enabled":false}"#,
            middle: " --no-computer-use"),
        PlanCase(
            name: "computer use on for another harness",
            snapshot: #"{"computer_use_enabled":true,"harness":{"type":"codex"}}"#,
            middle: " --computer-use --harness codex"),
        PlanCase(
            name: "computer use model",
            snapshot: #"{"computer_use_model_id":"c"}"#,
            middle: " --computer-use --computer-use-model c"),
        PlanCase(
            name: "computer use model where it is off",
            snapshot: #"{"computer_use_enabled":false,"computer_use_model_id":"c"}"#,
            middle: " --no-computer-use"),
        PlanCase(
            name: "computer use model for another harness",
            snapshot: #"{"computer_use_enabled":true,"computer_use_model_id":"c","harness":{"type":"codex"}}"#,
            middle: " --computer-use --harness codex"),
    ]

    private static let sharing: [PlanCase] = [
        PlanCase(
            name: "bedrock role and region",
            snapshot: #"{"inference_providers":{"aws":{"role_arn":"r","region":"e"}}}"#,
            middle: " --computer-use --bedrock-inference-role r --bedrock-role-region e"),
        PlanCase(
            name: "bedrock role alone",
            snapshot: #"{"inference_providers":{"aws":{"role_arn":"r"}}}"#,
            middle: " --computer-use --bedrock-inference-role r"),
        PlanCase(
            name: "bedrock region alone",
            snapshot: #"{"inference_providers":{"aws":{"region":"e"}}}"#,
            middle: " --computer-use"),
        PlanCase(
            name: "bedrock disabled",
            snapshot: #"{"inference_providers":{"aws":{"disabled":true,"role_arn":"r","region":"e"}}}"#,
            middle: " --computer-use"),
        PlanCase(
            name: "harness oz is said",
            snapshot: #"{"harness":{"type":"oz"}}"#,
            middle: " --computer-use --harness oz"),
        PlanCase(
            name: "public viewer",
            snapshot: #"{"session_sharing":{"public_access":"VIEWER"}}"#,
            middle: " --computer-use --share public:view"),
        PlanCase(
            name: "public editor",
            snapshot: #"{"session_sharing":{"public_access":"EDITOR"}}"#,
            middle: " --computer-use --share public:edit"),
        PlanCase(
            name: "other public access",
            snapshot: #"{"session_sharing":{"public_access":"OWNER"}}"#,
            middle: " --computer-use"),
        PlanCase(
            name: "no snapshots",
            snapshot: #"{"snapshot_disabled":true}"#,
            middle: " --computer-use --no-snapshot"),
        PlanCase(
            name: "snapshot time-outs",
            snapshot: #"{"snapshot_upload_timeout_secs":60,"snapshot_script_timeout_secs":5}"#,
            middle: " --computer-use --snapshot-upload-timeout 60s --snapshot-script-timeout 5s"),
        PlanCase(
            name: "snapshot time-outs of nothing",
            snapshot: #"{"snapshot_upload_timeout_secs":0,"snapshot_script_timeout_secs":-1}"#,
            middle: " --computer-use"),
        PlanCase(
            name: "environment",
            snapshot: #"{"environment_id":"e1"}"#,
            middle: " --computer-use --environment e1"),
        PlanCase(
            name: "one repository head",
            snapshot: #"{"repository_head_overrides":[{"repo":"r","head":"h"}]}"#,
            middle: #" --computer-use --repository-head-override-json {"repo":"r","head":"h"} "#
                + "--remove-repository-origins"),
        PlanCase(
            name: "two repository heads",
            snapshot: #"{"repository_head_overrides":[{"b":1,"a":2},{}]}"#,
            middle: #" --computer-use --repository-head-override-json {"b":1,"a":2} "#
                + "--repository-head-override-json {} --remove-repository-origins"),
    ]

    private static let ends: [PlanCase] = [
        PlanCase(
            name: "idle minutes",
            snapshot: #"{"idle_timeout_minutes":15}"#,
            middle: " --computer-use",
            end: " --idle-on-complete 15m"),
        PlanCase(
            name: "idle minutes over the worker's",
            snapshot: #"{"idle_timeout_minutes":15}"#,
            settings: { $0.idleOnComplete = Bytes(text: "1h") },
            middle: " --computer-use",
            end: " --idle-on-complete 15m"),
        PlanCase(
            name: "no idle minutes",
            snapshot: #"{"idle_timeout_minutes":0}"#,
            settings: { $0.idleOnComplete = Bytes(text: "1h") },
            middle: " --computer-use",
            end: " --idle-on-complete 1h"),
        PlanCase(
            name: "the worker's idle time without a snapshot",
            settings: { $0.idleOnComplete = Bytes(text: "45m") },
            end: " --idle-on-complete 45m"),
        PlanCase(
            name: "session sharing server",
            settings: { $0.sessionSharingURL = Bytes(text: "wss://x") },
            end: " --idle-on-complete --session-sharing-server-url wss://x"),
        PlanCase(
            name: "more arguments are untouched",
            data: #","additional_oz_args":[" a b ","","--x=$(y)"]"#,
            middle: "  a b   --x=$(y)"),
        PlanCase(
            name: "more arguments stand behind the snapshot's",
            snapshot: #"{"environment_id":"e"}"#,
            data: #","additional_oz_args":["-v"]"#,
            middle: " --computer-use --environment e -v"),
        PlanCase(
            name: "everything in its order",
            snapshot: #"{"harness":{"type":"oz"},"environment_id":"e","model_id":"m","profile_id":"p","skill_spec""#
                + #":"s","mcp_servers":{"a":1},"computer_use_model_id":"c","inference_providers":{"aws":{"role"#
                + #"_arn":"r","region":"g"}},"session_sharing":{"public_access":"EDITOR"},"snapshot_disabled":"#
                + #"true,"snapshot_upload_timeout_secs":1,"snapshot_script_timeout_secs":2,"repository_head_ov"#
                + #"errides":[{}],"idle_timeout_minutes":3}"#,
            data: #","additional_oz_args":["-x"]"#,
            task: #","owner":{"Type":"TEAM"}"#,
            settings: { $0.sessionSharingURL = Bytes(text: "w") },
            middle: #" --model m --profile p --skill s --mcp {"a":1} --computer-use --computer-use-model c "#
                + "--bedrock-inference-role r --bedrock-role-region g --harness oz --share public:edit "
                + "--no-snapshot --snapshot-upload-timeout 1s --snapshot-script-timeout 2s --environment e "
                + "--repository-head-override-json {} --remove-repository-origins -x",
            share: " --share team:edit",
            end: " --idle-on-complete 3m --session-sharing-server-url w"),
    ]

    private static let environments: [PlanCase] = [
        PlanCase(
            name: "the common environment",
            environment: [
                "TASK_ID=T", "GIT_TERMINAL_PROMPT=0", "GH_PROMPT_DISABLED=1", "WARP_SERVER_ROOT_URL=https://s",
            ]),
        PlanCase(
            name: "no server root in the environment",
            settings: { $0.serverRootURL = [] },
            root: "",
            environment: ["TASK_ID=T", "GIT_TERMINAL_PROMPT=0", "GH_PROMPT_DISABLED=1"]),
        PlanCase(
            name: "given variables follow",
            data: #","env_vars":{"B":"2","A":"1"}"#,
            environment: [
                "TASK_ID=T", "GIT_TERMINAL_PROMPT=0", "GH_PROMPT_DISABLED=1", "WARP_SERVER_ROOT_URL=https://s", "B=2",
                "A=1",
            ]),
        PlanCase(
            name: "given variables win",
            data: #","env_vars":{"TASK_ID":"x","GIT_TERMINAL_PROMPT":"1"}"#,
            environment: [
                "TASK_ID=x", "GIT_TERMINAL_PROMPT=1", "GH_PROMPT_DISABLED=1", "WARP_SERVER_ROOT_URL=https://s",
            ]),
        PlanCase(
            name: "nothing is filtered by name",
            data: #","env_vars":{"WARP_API_KEY":"k","PATH":"","LD_PRELOAD":"l"}"#,
            environment: [
                "TASK_ID=T", "GIT_TERMINAL_PROMPT=0", "GH_PROMPT_DISABLED=1", "WARP_SERVER_ROOT_URL=https://s",
                "WARP_API_KEY=k", "PATH=", "LD_PRELOAD=l",
            ]),
        PlanCase(
            name: "the last of a name counts",
            data: #","env_vars":{"A":"1","B":"2","A":"3"}"#,
            environment: [
                "TASK_ID=T", "GIT_TERMINAL_PROMPT=0", "GH_PROMPT_DISABLED=1", "WARP_SERVER_ROOT_URL=https://s", "A=3",
                "B=2",
            ]),
    ]
}
