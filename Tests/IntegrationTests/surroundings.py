"""Hosts that are made for one process: with names of their own, with another resolver, or without any network.

Each is a command that goes in front of the worker's. It makes namespaces and becomes the worker, so the process id
stays the same. Whoever is not root becomes root of a namespace of its own for that.
"""

import os

NAME = "control.test"
RESOLVER = "/etc/resolv.conf"
HOSTS = "/etc/hosts"


def _unshare(*namespaces):
    # Only root of a user namespace may make the others.
    return ["unshare", *([] if os.getuid() == 0 else ["--map-root-user"]), *namespaces]


def with_files(folder, **contents):
    """hosts="..." or resolver="...": what lies at that place for the worker."""
    places = {"hosts": HOSTS, "resolver": RESOLVER}
    pairs = []
    for name, text in contents.items():
        path = os.path.join(folder, f"private-{name}")
        with open(path, "w", encoding="ascii") as file:
            file.write(text)
        pairs += [path, places[name]]
    script = 'while [ "$1" != -- ]; do mount --bind "$1" "$2" || exit 99; shift 2; done; shift; exec "$@"'
    return [*_unshare("--mount"), "sh", "-c", script, "sh", *pairs, "--"]


def with_names(folder):
    """`control.test` is this machine. Other than localhost, it is a name for which proxies count."""
    return with_files(folder, hosts=f"127.0.0.1 {NAME}\n")


def without_network():
    """Nothing can be reached, and every attempt says so at once."""
    return _unshare("--net")
