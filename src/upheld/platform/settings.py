"""Settings: everything an operator can choose, in one documented place.

Each is read from the environment as `UPHELD_` and its name in capitals, else from the
file that `UPHELD_SETTINGS` names (lines of `UPHELD_NAME=value`), else its default. The
string under each says what it means, its unit, and what getting it wrong costs; the
reference page is generated from here. Secrets have no default and never stand in the
environment: they are files of mode 0600 in `secrets`.
"""

import ast
import inspect
import os
from dataclasses import MISSING, dataclass, fields
from datetime import timedelta
from pathlib import Path
from typing import Any, Self
from urllib.parse import urlsplit

from upheld.kit.errors import UnavailableError
from upheld.platform.i18n import mark

# Read by the command line itself: where settings stand, and who installs (never stored).
_NOT_SETTINGS = frozenset({"UPHELD_SETTINGS", "UPHELD_ADMINISTRATOR"})


_IN_ENVIRONMENT = "env:"


class SettingsError(UnavailableError):
    """A setting is wrong."""

    code = "settings"


@dataclass(frozen=True, kw_only=True)
class Settings:
    """What the operator chose."""

    var: Path = Path("var")
    """Folder for everything this deployment writes: keys, objects, mails, logs, and the
    embedded database. Must be on encrypted storage and out of reach of other users; who
    reads it as root reads the keys."""

    address: str = "https://upheld.localhost:8443"
    """The one public address, with scheme. A wrong one sends people's mails and redirects
    elsewhere, and refuses their requests as cross-site."""

    listen: str = "127.0.0.1:8443"
    """Host and port the HTTPS listener binds."""

    listen_plain: str = "127.0.0.1:8080"
    """Host and port where plain HTTP answers with a redirect and nothing else; empty for
    none."""

    trusted_proxies: str = ""
    """Networks of the proxies in front, as `10.0.0.0/8 fd00::/8`: what they say about whom a request
    comes from is believed, and nobody else's word is. Too wide, people choose the address by which
    limits and the audit log know them; too narrow, everybody has the proxy's. Empty: none."""

    proxy_header: str = "x-forwarded-for"
    """The header in which those proxies say it: `x-forwarded-for` or `forwarded`. The one that they
    do not set themselves is written by whoever likes, and is never read."""

    certificate: Path | None = None
    """The TLS certificate chain (PEM). When the file is replaced, the listener takes the new
    one over by itself. Without one, and without `acme`, a local authority of this deployment
    issues a certificate: right for a demo, wrong for the public."""

    certificate_key: Path | None = None
    """The key of that certificate (PEM, PKCS#8), mode 0600."""

    acme: str = ""
    """The directory of an ACME authority that issues the certificate and renews it, such as
    `https://acme-v02.api.letsencrypt.org/directory`; setting it agrees to its terms. The
    redirect has to be reached at port 80 of the address's name. Empty: none."""

    acme_authority: Path | None = None
    """Who vouches for that ACME authority's own connection (PEM), when it is one of your
    own. Empty: the system's authorities."""

    database: str = ""
    """PostgreSQL 18 that holds the data, as `postgresql://host:port/name` without user or
    password. A database that is not on this machine is only used over verified TLS.
    Empty: the embedded one in `var`, which is for trying things out."""

    keyring_database: str = ""
    """The database of wrapped keys; in production on another cluster than `database`.
    Keeping both in one backup undoes the erasures. Empty: beside the embedded one."""

    region: str = ""
    """The region that people's data stays in, as a country or a union in small letters: `in`,
    `eu`, `us-ca`. Once it is declared, nothing starts while a place lies elsewhere. Empty: none
    is declared, and nothing is promised but for what lies on this machine."""

    regions: str = ""
    """Where each place lies that is not on this machine, as `database=eu; keyring=eu; objects=eu;
    mail=eu`; besides these, `backups` and `root key`. A host name that tells a provider's region
    has to agree."""

    safeguards: str = ""
    """The safeguard on record under which data goes to a place outside of the region, as
    `mail=standard contractual clauses, 2026-03-01`. Naming one that is not there is a false
    statement on the trust page."""

    secrets: Path | None = None
    """Folder with one file of mode 0600 per database role, holding its password.
    Empty: `secrets` in `var`."""

    root_key: str | None = None
    """Where the root key is: a file of mode 0600 with 32 bytes as 64 hexadecimal digits;
    `env:NAME`, an environment variable that holds the same; `aws-kms:KEY`, a key of AWS
    KMS (id, alias or ARN; credentials as AWS tools find them); or
    `vault:https://host:8200/transit/KEY`, a transit key of Vault or OpenBao (token in the
    secret `transit-token`). Losing it loses everything that is encrypted, unless the
    recovery key was kept. Empty: `keys/root.key` in `var`, which is right for a demo only."""

    objects: str = ""
    """Where encrypted files go: `file:///folder`, or `s3://bucket` of an S3-compatible service,
    with the provider's usual environment variables or the secret `objects`. A service that is
    not on this machine is only used over TLS. Empty: `objects` in `var`."""

    limits: str = ""
    """Where tries are counted that are limited: `rediss://host:6379/0` of a Valkey or Redis, with
    `?ssl_ca_certs=file` for an authority of your own (password in the secret `limits`, user as
    in `rediss://user@host`). It must never evict (`maxmemory-policy noeviction`); while it is
    away nobody can sign in with a password. Empty: the database, which does for most."""

    mail: str = ""
    """`smtps://user@host:port`, or `starttls://user@host:587` for a server that begins without TLS and
    has to change to it (password in the secret `smtp`). Empty: mails are written to `mail` in `var`,
    where the demo's outbox page shows them."""

    mail_from: str = "no-reply@upheld.example"
    """The address that mails come from."""

    controller: str = mark("The operator of this site")
    """Who answers for the platform's own processing, as it stands in the notices. Left at
    the default, the notices name nobody, and no consent given to them is worth much."""

    contact: str = "privacy@upheld.example"
    """Where people reach the controller about their data."""

    security_contact: str = ""
    """Where somebody reports a weakness of this deployment: an address, or a URI such as
    `https://example.org/report`. It stands in `/.well-known/security.txt`. Empty: `contact`."""

    providers: Path | None = None
    """File (JSON) of the sites people may sign in with: Google, LinkedIn, GitHub, or OpenID Connect
    providers of your own, each with its secret in the file `provider-ID` of `secrets`
    (docs/operating/providers.md). What you list there can let people in. Empty: none."""

    proof_every: timedelta = timedelta(hours=1)
    """Minutes between two runs of the promises' checks, which the worker starts by itself at low
    priority. Longer leaves a broken promise unseen; zero runs none, and `/trust` shows what
    `upheld verify` found last."""

    bcrypt_cost: int = 12
    """Work factor of password hashes; each step doubles the time of a sign-in (about a
    quarter of a second at 12). Less than 10 is refused."""

    session_idle: timedelta = timedelta(hours=2)
    """Minutes without a request after which a session ends. Longer leaves shared
    computers open; shorter loses people's place."""

    session_lifetime: timedelta = timedelta(hours=12)
    """Minutes after which a session ends whatever happens."""

    fresh_for: timedelta = timedelta(minutes=10)
    """Minutes for which somebody who has just proved who they are is not asked again before what
    takes everything along, cannot be undone or gives others power. More than 10 is refused: the
    database itself lets nobody do such things later than that."""

    link_lifetime: timedelta = timedelta(hours=24)
    """Minutes for which a link in a verification mail works."""

    reset_lifetime: timedelta = timedelta(minutes=30)
    """Minutes for which a link works that chooses a new password. Longer leaves it in mailboxes."""

    erasure_grace: timedelta = timedelta(minutes=10)
    """Minutes between asking for erasure and its execution, in which it can be called
    off. Zero erases at once; more than 43,200 (30 days) breaks the promise."""

    epoch_days: int = 7
    """Days after which the epoch key is replaced and the old one destroyed: the horizon
    printed on erasure certificates, after which no backup of the keyring opens."""

    workers: int = 1
    """Processes that serve requests."""

    logs: str = "text"
    """How what is logged is written to standard error: `text` for people, `json` for programs.
    Neither holds personal data."""

    log_requests: bool = False
    """Whether every request is logged: the name of its route, how it was answered and how
    long it took. No path, no address, nobody's name."""

    metrics_listen: str = ""
    """Host and port where Prometheus reads metrics over plain HTTP, without signing in; empty
    for nowhere. They hold no personal data, but bind it where only your monitoring reaches."""

    traces: str = ""
    """Where an OpenTelemetry collector takes traces (OTLP over HTTP), such as
    `https://collector.example.org/v1/traces`; empty for nowhere. HTTPS, or this machine."""

    demo_people: int = 250
    """Invented candidates of a demo. Each is there with a résumé of their own from the first start
    on, which takes as much longer."""

    demo: bool = False
    """Whether this is a demo: it seeds invented people and opens the outbox page to
    everyone who reaches it. Never on a deployment with real people."""

    def __post_init__(self) -> None:
        """Refuse values that would break a promise."""
        if self.bcrypt_cost < 10:  # noqa: PLR2004 - the floor is the promise
            msg = "UPHELD_BCRYPT_COST is below 10, the floor of the promise about passwords. Use 12."
            raise SettingsError(msg)
        if self.erasure_grace > timedelta(days=30):
            msg = "UPHELD_ERASURE_GRACE is above 43,200 minutes; erasure within 30 days is a promise."
            raise SettingsError(msg)
        if not timedelta() < self.fresh_for <= timedelta(minutes=10):
            msg = "UPHELD_FRESH_FOR is a number of minutes above 0, and at most 10, the bound of the database."
            raise SettingsError(msg)
        if urlsplit(self.address).scheme != "https":
            msg = "UPHELD_ADDRESS must begin with https://; plain HTTP only ever redirects."
            raise SettingsError(msg)

        if self.logs not in {"text", "json"}:
            msg = f"UPHELD_LOGS={self.logs!r} is neither text nor json."
            raise SettingsError(msg)
        traces = urlsplit(self.traces)
        if self.traces and traces.scheme != "https" and traces.hostname not in {"127.0.0.1", "::1", "localhost"}:
            msg = "UPHELD_TRACES must begin with https://, unless the collector is on this machine."
            raise SettingsError(msg)

    @classmethod
    def read(cls, environment: dict[str, str] | None = None) -> Self:
        """Read the settings from the environment and the file it names.

        Raises:
            SettingsError: a name is unknown or a value cannot be read.
        """
        env = dict(os.environ if environment is None else environment)
        chosen = {**_file_lines(env.get("UPHELD_SETTINGS")), **env}
        named = {f.name: f for f in fields(cls)}
        root_key_variable = chosen.get("UPHELD_ROOT_KEY", "").removeprefix(_IN_ENVIRONMENT)
        values: dict[str, Any] = {}
        for key, text in chosen.items():
            name = key.removeprefix("UPHELD_").lower()
            if not key.startswith("UPHELD_") or key in {*_NOT_SETTINGS, root_key_variable}:
                continue
            if name not in named:
                msg = f"{key} is not a setting. `upheld settings` lists them all."
                raise SettingsError(msg)
            values[name] = _parse(key, text, str(named[name].type))
        return cls(**values)

    @property
    def host(self) -> str:
        """The public host name with its port, as browsers send it."""
        return urlsplit(self.address).netloc

    @property
    def secrets_folder(self) -> Path:
        """Where the passwords of the database roles lie."""
        return self.secrets or self.var / "secrets"

    @property
    def keys_folder(self) -> Path:
        """Where wrapped epoch and platform keys lie."""
        return self.var / "keys"

    @property
    def root_key_file(self) -> Path:
        """Where the root key lies, when it is in a file."""
        return Path(self.root_key) if self.root_key else self.keys_folder / "root.key"

    @property
    def root_key_variable(self) -> str | None:
        """The environment variable that holds the root key, when one does."""
        named = self.root_key or ""
        return named.removeprefix(_IN_ENVIRONMENT) if named.startswith(_IN_ENVIRONMENT) else None

    @property
    def objects_url(self) -> str:
        """Where encrypted files go."""
        return self.objects or (self.var / "objects").resolve().as_uri()

    def secret(self, name: str) -> str:
        """Return one secret from its file.

        Raises:
            SettingsError: the file is missing, or others may read it.
        """
        path = self.secrets_folder / name
        try:
            if _is_open_to_others(path.stat()):
                msg = f"Others may read the secret {path}. Run `chmod 600 {path}`."
                raise SettingsError(msg)
            return path.read_text().strip()
        except FileNotFoundError:
            msg = f"The secret {path} is missing. `upheld init` makes it."
            raise SettingsError(msg) from None


def _is_open_to_others(stat: os.stat_result) -> bool:
    """Whether anybody but us may read a file. Clusters mount secrets as root's, for our own group to read."""
    mounted = os.geteuid() != 0 and stat.st_uid == 0 and stat.st_gid == os.getegid()
    return bool(stat.st_mode & (0o037 if mounted else 0o077))


def _file_lines(path: str | None) -> dict[str, str]:
    if path is None:
        return {}
    try:
        lines = Path(path).read_text().splitlines()
    except OSError as error:
        msg = f"UPHELD_SETTINGS names {path}, which cannot be read: {error.strerror}."
        raise SettingsError(msg) from error
    pairs = (line.split("=", 1) for line in lines if "=" in line and not line.startswith("#"))
    return {key.strip(): value.strip() for key, value in pairs}


def _parse(key: str, text: str, kind: str) -> object:
    try:
        if "timedelta" in kind:
            return timedelta(minutes=float(text))
        if "bool" in kind:
            return {"1": True, "true": True, "yes": True, "0": False, "false": False, "no": False}[text.lower()]
        if "int" in kind:
            return int(text)
    except (ValueError, KeyError):
        wanted = "minutes" if "timedelta" in kind else "yes or no" if "bool" in kind else "a whole number"
        msg = f"{key}={text!r} is not {wanted}."
        raise SettingsError(msg) from None
    if not text and "None" in kind:
        return None
    return Path(text) if "Path" in kind else text


def reference() -> list[tuple[str, str, str]]:
    """Return name, default and meaning of every setting, read from this file."""
    body = ast.parse(inspect.getsource(Settings)).body[0]
    assert isinstance(body, ast.ClassDef)  # noqa: S101 - narrows the type for the checker
    meanings = {
        before.target.id: inspect.cleandoc(after.value.value)
        for before, after in zip(body.body, body.body[1:], strict=False)
        if isinstance(before, ast.AnnAssign)
        and isinstance(before.target, ast.Name)
        and isinstance(after, ast.Expr)
        and isinstance(after.value, ast.Constant)
        and isinstance(after.value.value, str)
    }
    return [
        (
            f"UPHELD_{f.name.upper()}",
            _shown(None if f.default is MISSING else f.default),
            " ".join(meanings[f.name].split()),
        )
        for f in fields(Settings)
        if f.name in meanings
    ]


def _shown(default: object) -> str:
    if isinstance(default, timedelta):
        return f"{default.total_seconds() / 60:g}"
    if isinstance(default, bool):
        return "yes" if default else "no"
    return "" if default is None else str(default)
