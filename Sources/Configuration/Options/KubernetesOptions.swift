// The rows of the option table that only the Kubernetes backend knows. They live in the config file; none has a flag.

let kubernetesOptions: [Option] = [
    row(
        .kubeconfig, "kubeconfig", .path, "PATH", .unset("in-cluster, else KUBECONFIG, else ~/.kube/config"),
        "The kubeconfig file that names the cluster."),
    row(
        .namespace, "namespace", .namespace, "NAME", .value("default"),
        "The namespace of the Jobs. Neither the kubeconfig's nor the mounted one is used."),
    row(
        .defaultImage, "default_image", .image, "IMAGE", .unset("ubuntu:22.04"),
        "The image of tasks whose environment names none."),
    row(
        .imagePullPolicy, "image_pull_policy", .choice(ImagePullPolicy.allCases.map(\.rawValue)), "POLICY",
        .value("IfNotPresent"), "When images are pulled. The pod template's own wins."),
    row(
        .useImageVolumes, "use_image_volumes", .toggle(isInverted: false), "", .value("false"),
        "Mount sidecars as image volumes instead of copying them by an init container that runs as root."),
    row(
        .preflightImage, "preflight_image", .image, "IMAGE", .value("busybox:1.36"),
        "The image of the Job that is tried at start."),
    row(
        .preflightResources, "preflight_resources", .resources, "RESOURCES",
        .value("{requests: {cpu: 10m, memory: 16Mi}, limits: {cpu: 100m, memory: 64Mi}}"),
        "The resources of that Job's containers: a Kubernetes ResourceRequirements."),
    row(
        .sidecarImage, "sidecar_image", .image, "IMAGE", .unset("what the server names"),
        "The image that holds the agent, in place of the one that the server names."),
    row(
        .codingCLISidecars, "coding_cli_sidecars", .images, "HARNESS: IMAGE", .unset("what the server names"),
        "For a harness, the image that holds its command line tool."),
    row(
        .kubernetesSetupCommand, "setup_command", .command, "COMMAND", .unset(""),
        "Runs by /bin/sh in an init container before the task, in /workspace."),
    row(
        .kubernetesTeardownCommand, "teardown_command", .command, "COMMAND", .unset(""),
        "Runs by /bin/sh in the task's container after the task, however the task ended."),
    row(
        .extraLabels, "extra_labels", .labels, "KEY: VALUE", .unset(""),
        "More labels for Jobs and Pods. The worker's own win."),
    row(
        .extraAnnotations, "extra_annotations", .annotations, "KEY: VALUE", .unset(""),
        "More annotations for Jobs and Pods."),
    row(
        .activeDeadlineSeconds, "active_deadline_seconds", .whole(1...Int64.max), "SECONDS", .unset("no limit"),
        "How long a Job may be active before Kubernetes ends it."),
    row(
        .ttlSecondsAfterFinished, "ttl_seconds_after_finished", .whole(0...Int64(Int32.max)), "SECONDS",
        .value("86400"),
        "How long Kubernetes keeps a Job after its end."),
    row(
        .workspaceSizeLimit, "workspace_size_limit", .quantity, "QUANTITY", .unset("no limit"),
        "How large a task's workspace may become, such as 10Gi."),
    row(
        .unschedulableTimeout, "unschedulable_timeout", .duration(isPositive: false), "DURATION", .value("30s"),
        "How long a Pod may wait for a node before its task fails; 0s to wait for ever."),
    row(
        .podTemplate, "pod_template", .podTemplate, "PODSPEC", .unset(""),
        "A Kubernetes PodSpec that every task's Pod starts from. Its container named task, if there is one, becomes "
            + "the task's.",
        details: "Every field is kept, known to the worker or not."),
]

private func row(
    _ name: OptionName, _ key: String, _ kind: ValueKind, _ placeholder: String, _ fallback: Fallback, _ help: String,
    details: String = ""
) -> Option {
    Option(
        name: name, group: .kubernetes, keys: ["backend.kubernetes.\(key)"], kind: kind, placeholder: placeholder,
        fallback: fallback, backends: [.kubernetes], help: help, details: details)
}
