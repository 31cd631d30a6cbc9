// docs/configuration.md, written from the table.

import Codecs

public func renderConfigurationPage() -> String {
    let parts: [String] = [
        Page.opening,
        "## Flags\n\n" + Page.flags,
        Page.fileOpening,
        "### Top level\n\n" + Page.keys(under: ""),
        "### `backend.docker`\n\n" + Page.keys(under: "backend.docker."),
        "### `backend.direct`\n\n" + Page.keys(under: "backend.direct."),
        "### `backend.command`\n\n" + Page.keys(under: "backend.command."),
        "### `backend.kubernetes`\n\n" + Page.keys(under: "backend.kubernetes.") + Page.kubernetesNotes,
        Page.ending,
    ]
    return parts.joined(separator: "\n")
}

private enum Page {
    static let opening = """
        <!-- Written from the table of options in Sources/Configuration/Options. Change it there. -->

        # Configuration

        Every option has one value: that of its flag if it was given, else of its environment variable, else of the
        config file, else the default. A flag that was given wins even with the value 0.

        Everything that is wrong is reported at once, with file, line and column, and the worker exits with 2 before
        it connects to anything. Warnings do not stop it.

        """

    static let fileOpening = """
        Flags are written `--name value` or `--name=value`; `-eKEY=VALUE` and `-v HOST:CONTAINER` work too. After `--`
        come no more flags. Switches take a value only behind an equals sign: `--no-cleanup=false`.

        ## Config file

        `--config-file PATH` names a YAML file:

        ```yaml
        worker_id: "my-worker"
        max_concurrent_tasks: 4
        idle_on_complete: "10m"
        backend:
          direct:
            workspace_root: "/var/lib/oz/workspaces"
            setup_command: "/opt/scripts/setup.sh"
            environment:
              - name: MY_VAR
                value: "hello"
              - name: GITHUB_TOKEN  # the worker's own value
        ```

        One block under `backend` chooses the backend. Unknown keys, duplicate keys and values of the wrong shape are
        errors. An empty file is valid. Anchors, aliases and merge keys (`<<`) work.

        - Text may be any single value: `worker_id: 123`, `value: 8080`, `value: true`. Empty text counts as absent,
          but for the `value` of a variable.
        - Booleans are `true` and `false`, or `yes`, `no`, `on`, `off`.
        - Whole numbers may be written `1e+06`.
        - Durations are written as in Go: `300ms`, `1.5h`, `2h45m`, `0s`; the units are ns, us, ms, s, m and h.
        - A value that is null counts as absent, and so does a block: `direct:` alone chooses nothing, `direct: {}`
          does.

        """

    static let kubernetesNotes = """

        `pod_template` and `preflight_resources` are read by the rules of Kubernetes' own tools, which are those of
        YAML 1.1: `0644` is 420, `on`, `yes` and `y` are true, `2` is a number and `"2"` is text. Quantities,
        labels, annotations and image names are checked at start.

        Variables for tasks belong into `pod_template`, or into the flag `-e`; there is no `environment` here.

        """

    static let ending = """
        ## Exit codes

        They are told in [operating.md](operating.md#exit-codes).

        """

    static var flags: String {
        let rows = optionTable.filter { $0.flag != nil }.map { option in
            let key = option.keys.map { "`\($0)`" }.joined(separator: ", ")
            let variable = option.variable.map { "`\($0)`" } ?? ""
            let hidden = option.isHidden ? " Only in `--help-all`." : ""
            let users = option.backends.isEmpty ? "" : " Backends: \(Words.both(option.backends.map(\.rawValue)))."
            return [code(option.usage), key, variable, option.shownFallback, option.meaning + users + hidden]
        }
        return table(["flag", "config file", "environment", "default", "meaning"], rows)
    }

    static func keys(under prefix: String) -> String {
        let rows = optionTable.flatMap { option in
            option.keys.compactMap { key -> [String]? in
                let isHere = prefix.isEmpty ? !key.contains(".") : key.hasPrefix(prefix)
                guard isHere else { return nil }
                return [
                    "`\(key.dropFirst(prefix.count))`", option.kind.shown, option.shownFallback, option.flagReference,
                    option.flag == nil ? option.meaning : "see the flag",
                ]
            }
        }
        let backend = ["`backend`", "block", "", "`--backend`", "One of the blocks below."]
        return table(["key", "value", "default", "flag", "meaning"], rows + (prefix.isEmpty ? [backend] : []))
    }

    private static func table(_ head: [String], _ rows: [[String]]) -> String {
        ([head, head.map { _ in "---" }] + rows).map { "| " + $0.joined(separator: " | ") + " |\n" }.joined()
    }

    private static func code(_ text: String) -> String { "`\(text)`" }
}

extension Option {
    fileprivate var meaning: String {
        details.isEmpty ? help : "\(help) \(details)"
    }

    fileprivate var flagReference: String {
        longFlag.map { "`\($0)`" } ?? ""
    }

    fileprivate var shownFallback: String {
        switch fallback {
        case .required: "required"
        case .value(let text): kind.isSwitch && keys.isEmpty ? "" : "`\(text)`"
        case .unset(let words): words
        }
    }
}

extension ValueKind {
    /// What the page says of it in a word or two.
    fileprivate var shown: String {
        switch self {
        case .action: ""
        case .text, .workerID, .apiKey: "text"
        case .path: "path"
        case .command: "shell command"
        case .image: "image"
        case .namespace: "name"
        case .quantity: "quantity"
        case .url: "URL"
        case .choice(let choices): choices.map { "`\($0)`" }.joined(separator: ", ")
        case .toggle: "boolean"
        case .whole: "whole number"
        case .duration: "duration"
        case .size: "size"
        case .volumes: "list of `HOST:CONTAINER[:MODE]`"
        case .environment: "list of `name`, `value`"
        case .images: "map: harness to image"
        case .labels: "map of labels"
        case .annotations: "map of annotations"
        case .resources: "ResourceRequirements"
        case .podTemplate: "PodSpec"
        }
    }
}
