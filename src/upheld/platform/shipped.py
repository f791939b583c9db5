"""What we ship for running this: a systemd unit, an image definition, a compose file, a chart.

Each says what is wrong with it: whatever it grants beyond what the processes need.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any, Protocol, cast

import yaml

from upheld.kit.errors import NotFoundError

Tree = Mapping[str, Any]


class Manifest(Protocol):
    """One way to run this."""

    @property
    def name(self) -> str:
        """The file."""
        ...

    def faults(self) -> list[str]:
        """Return what it grants beyond what is needed, and what it leaves out."""
        ...


def manifests() -> list[Manifest]:
    """Return everything that we ship for running this.

    Raises:
        NotFoundError: it lies neither in the package nor beside the sources.
    """
    folder = _folder()
    unit, image, compose, chart = (folder.joinpath(*one) for one in _FILES)
    templates = sorted(chart.joinpath("templates").iterdir(), key=lambda file: file.name)
    values = chart.joinpath("values.yaml").read_text()
    return [
        Unit(unit.read_text()),
        Image(image.read_text()),
        Compose(compose.read_text()),
        *(Template(file.name, file.read_text(), values) for file in templates),
    ]


_FILES = (("upheld.service",), ("Containerfile",), ("compose.yaml",), ("chart",))


def _folder() -> Traversable:
    return beside("deploy")


def beside(name: str) -> Traversable:
    """Return what lies beside the sources, and in a wheel in the folder `shipped`.

    Raises:
        NotFoundError: it lies in neither place.
    """
    for folder in (resources.files("upheld").joinpath("shipped"), Path(__file__).parents[3]):
        found = folder.joinpath(name)
        if found.is_file() or found.is_dir():
            return found
    msg = f"{name} is not here: neither in the package nor beside its sources."
    raise NotFoundError(msg)


@dataclass(frozen=True)
class Unit:
    """A systemd unit."""

    text: str
    name: str = "upheld.service"

    def faults(self) -> list[str]:
        """Judge it by systemd.exec(5)."""
        lines = [line.partition("=") for line in self.text.splitlines() if "=" in line and not line.startswith("#")]
        said = {key: value for key, _, value in lines}
        faults = [f"{key} is {said.get(key, 'missing')}" for key, wanted in _UNIT.items() if said.get(key) != wanted]
        faults += [f"{key} is missing" for key in ("SystemCallFilter", "MemoryMax", "TasksMax") if not said.get(key)]
        if said.get("User", "root") in {"root", "0"}:
            faults.append("runs as root")
        capabilities = f"{said.get('AmbientCapabilities', '')} {said.get('CapabilityBoundingSet', 'all of them')}"
        if extra := sorted(set(capabilities.split()) - {"CAP_NET_BIND_SERVICE"}):
            faults.append(f"grants {' '.join(extra)}")
        return faults


_UNIT = {
    "NoNewPrivileges": "yes", "ProtectSystem": "strict", "ProtectHome": "yes", "PrivateTmp": "yes",
    "PrivateDevices": "yes", "ProtectKernelTunables": "yes", "ProtectKernelModules": "yes", "ProtectKernelLogs": "yes",
    "ProtectControlGroups": "yes", "ProtectProc": "invisible", "RestrictNamespaces": "user net ipc",
    "RestrictSUIDSGID": "yes", "LockPersonality": "yes", "SystemCallArchitectures": "native", "UMask": "0077",
    "LimitCORE": "0",
}  # fmt: skip


@dataclass(frozen=True)
class Image:
    """The definition of a container image."""

    text: str
    name: str = "Containerfile"

    def faults(self) -> list[str]:
        """Judge the stage that runs: as whom, from where, on which ports, and whether it says how it is."""
        lines = self.text.replace("\\\n", " ").splitlines()
        steps = [tuple(line.split(None, 1)) for line in lines if line.strip() and not line.startswith("#")]
        last = max(index for index, step in enumerate(steps) if step[0] == "FROM")
        said = [(step[0], step[1]) for step in steps[last:]]
        users = [value for verb, value in said if verb == "USER"]
        ports = [int(port) for verb, value in said if verb == "EXPOSE" for port in value.split()]
        wanted = {
            "runs as root": bool(users) and re.fullmatch(r"[1-9]\d*:[1-9]\d*", users[-1]) is not None,
            "needs ports below 1024": all(port >= 1024 for port in ports),  # noqa: PLR2004 - the kernel's bound
            "does not say how it is": any(verb == "HEALTHCHECK" and value != "NONE" for verb, value in said),
            "adds what is not from here": not any(verb == "ADD" for verb, _ in said),
            "starts through a shell": all(value.startswith("[") for verb, value in said if verb == "ENTRYPOINT"),
        }
        return [what for what, is_so in wanted.items() if not is_so]


@dataclass(frozen=True)
class Compose:
    """A compose file."""

    text: str
    name: str = "compose.yaml"

    def faults(self) -> list[str]:
        """Judge every service in it."""
        services: Tree = yaml.safe_load(self.text)["services"]
        return [f"{name} {fault}" for name, service in services.items() for fault in _faults_of_service(service)]


def _faults_of_service(service: Tree) -> list[str]:
    options = [str(option) for option in service.get("security_opt", [])]
    wanted = {
        "runs as root": str(service.get("user", "0")).partition(":")[0] not in {"0", "root", ""},
        "may write to its own file system": service.get("read_only") is True,
        "keeps capabilities": service.get("cap_drop") == ["ALL"] and not service.get("cap_add"),
        "may gain rights": "no-new-privileges:true" in options,
        "is without a filter of system calls": not any("unconfined" in option for option in options),
        "is privileged": not service.get("privileged"),
        "shares the machine's namespaces": "host" not in {service.get(key) for key in ("network_mode", "pid", "ipc")},
        "reaches the engine": not any("docker.sock" in str(volume) for volume in service.get("volumes", [])),
        "has no bounds": all(key in service for key in ("mem_limit", "cpus", "pids_limit")),
        "does not say how it is": "healthcheck" in service,
    }
    return [what for what, is_so in wanted.items() if not is_so]


@dataclass(frozen=True)
class Template:
    """A file of the chart, and the values that it is filled with.

    Ours name values and do nothing else, so that filling them in is a replacement; anything
    more would need Helm itself to be read, and is a fault.
    """

    file: str
    text: str
    values: str

    @property
    def name(self) -> str:
        """The file."""
        return f"chart/templates/{self.file}"

    def faults(self) -> list[str]:
        """Judge every pod that it describes."""
        filled = _NAMED.sub(self._value, self.text)
        if "{{" in filled:
            return ["does more than name values, so it cannot be judged"]
        content: Tree = yaml.safe_load(filled)
        if content["kind"] not in {"Deployment", "StatefulSet", "DaemonSet", "Job", "CronJob", "Pod"}:
            return []
        return _faults_of_pod(content["spec"]["template"]["spec"])

    def _value(self, found: re.Match[str]) -> str:
        if found[1] != "Values":
            return "named"
        value: Any = yaml.safe_load(self.values)
        for part in found[2].split("."):
            value = value[part]
        return f'"{value}"' if found[3] else str(value)


_NAMED = re.compile(r"\{\{ \.(Values|Release|Chart)\.([\w.]+)( \| quote)? \}\}")


def _faults_of_pod(pod: Tree) -> list[str]:
    whole: Tree = pod.get("securityContext", {})
    wanted = {
        "may run as root": whole.get("runAsNonRoot") is True and whole.get("runAsUser", 0) > 0,
        "is without a filter of system calls": whole.get("seccompProfile", {}).get("type") == "RuntimeDefault",
        "may ask the cluster": pod.get("automountServiceAccountToken") is False,
        "shares the machine's namespaces": not any(pod.get(key) for key in ("hostNetwork", "hostPID", "hostIPC")),
        "reaches the machine's files": not any("hostPath" in volume for volume in pod.get("volumes", [])),
    }
    containers = cast("Sequence[Tree]", [*pod.get("initContainers", []), *pod["containers"]])
    faults = [what for what, is_so in wanted.items() if not is_so]
    return faults + [f"{one['name']} {fault}" for one in containers for fault in _faults_of_container(one)]


def _faults_of_container(container: Tree) -> list[str]:
    own: Tree = container.get("securityContext", {})
    limits: Tree = container.get("resources", {}).get("limits", {})
    asked = {
        kind: container.get(f"{kind}Probe", {}).get("httpGet", {}).get("path") for kind in ("liveness", "readiness")
    }
    wanted = {
        "may gain rights": own.get("allowPrivilegeEscalation") is False and not own.get("privileged"),
        "may write to its own file system": own.get("readOnlyRootFilesystem") is True,
        "keeps capabilities": own.get("capabilities", {}).get("drop") == ["ALL"]
        and not own.get("capabilities", {}).get("add"),
        "has no bounds": {"memory", "cpu"} <= limits.keys(),
        "is not asked how it is": "ports" not in container
        or asked == {"liveness": "/health/live", "readiness": "/health/ready"},
    }
    return [what for what, is_so in wanted.items() if not is_so]
