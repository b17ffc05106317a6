"""What an operator decides: flags before the file, the file before the rulebook; keys come from the environment."""

from __future__ import annotations

import ipaddress
import json
from dataclasses import dataclass, field, fields, replace
from typing import TYPE_CHECKING, Any, Final

from isogloss import library, resources, source
from isogloss.errors import Mark, Problem, RuleError, UnknownName

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from isogloss.rule import Ruleset

#: Holds the keys that callers must show, parted by commas, where the file names no variable.
KEYS: Final = "ISOGLOSS_KEYS"
#: Names under which a server on this machine may be called.
LOOPBACK: Final = ("localhost", "127.0.0.1", "::1")

_MIB: Final = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds of what strangers and servers may do. Sizes in bytes, times in seconds."""

    request: int = 64 * _MIB
    #: A request's address and headers.
    headers: int = 64 * 1024
    #: A request with a file that is sent on as it comes: as much as APIs take of one.
    upload: int = 2048 * _MIB
    response: int = 64 * _MIB
    #: One event of a stream.
    event: int = 64 * _MIB
    connect: float = 10
    #: Until a reply begins: a model may think for minutes.
    first_byte: float = 600
    #: Between two pieces of a request or a reply; for all of a request's headers; until a caller reads on.
    idle: float = 120
    #: Requests at once, in all and for one key.
    requests: int = 512
    requests_per_key: int = 512
    #: Seconds after which a refused caller may come again.
    retry_after: int = 1
    #: Of media that is fetched: each file, all of a request together, how many they are, seconds for each.
    media: int = 20 * _MIB
    media_total: int = 64 * _MIB
    media_files: int = 32
    media_time: float = 20
    media_redirects: int = 3
    #: Seconds for holding one reply against its schema, and until it is its turn.
    validation: float = 5
    validation_wait: float = 30


@dataclass(frozen=True, slots=True)
class Upstream:
    """A server behind: its dialect, its address without a slash at the end, and the operator's key for it."""

    name: str
    dialect: str
    url: str
    key: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Alias:
    """A caller's name for a model: which upstream has it, and how it is called there."""

    upstream: str
    model: str


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything that was decided."""

    #: Dialects spoken in front, the first one where nothing tells them apart.
    fronts: tuple[str, ...]
    #: The first one serves what no alias sends elsewhere.
    upstreams: tuple[Upstream, ...]
    aliases: Mapping[str, Alias] = field(default_factory=dict[str, Alias])
    keys: tuple[str, ...] = field(default=(), repr=False)
    version: str | None = None
    profile: str | None = None
    overlays: tuple[str, ...] = ()
    defaults: bool = True
    strict: bool = False
    host: str = "127.0.0.1"
    port: int = 4000
    workers: int = 1
    #: Listens beyond this machine although callers need no key of ours.
    open: bool = False
    #: Names under which a server on this machine may be called, beside the usual ones.
    hosts: tuple[str, ...] = ()
    #: Networks whose addresses may be fetched although they are not public.
    allowed: tuple[str, ...] = ()
    limits: Limits = field(default_factory=Limits)

    @property
    def loopback(self) -> bool:
        """Whether only this machine can reach it."""
        return is_loopback(self.host)

    def ruleset(self) -> Ruleset:
        """Load the rules that it serves by."""
        return library.ruleset(self.version, self.profile, self.overlays)


class SettingsError(RuleError):
    """A file or flags that cannot be served by."""


def is_loopback(host: str) -> bool:
    """Tell whether only this machine can reach an address."""
    if host.strip("[]") in LOOPBACK:
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def _wrong(message: str, mark: Mark | None = None) -> SettingsError:
    return SettingsError([Problem(mark or Mark("isogloss serve", 1, 1), message)])


def read(path: Path) -> Mapping[str, Any]:
    """Read a configuration; raise SettingsError with every problem and its place."""
    return checked(source.read(path, path.name), path.name)


def checked(said: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """Hold a configuration against its schema; raise SettingsError with every problem."""
    problems = list(_problems(said, name))
    if problems:
        raise SettingsError(problems)
    return said


def _problems(tree: Any, name: str) -> list[Problem]:
    from jsonschema import Draft202012Validator

    schema = json.loads((resources.folder("schemas") / "config.schema.json").read_text(encoding="utf-8"))
    errors: Any = Draft202012Validator(schema).iter_errors(tree)  # pyright: ignore[reportUnknownMemberType]
    return [Problem(_mark(tree, error.absolute_path, name), error.message) for error in errors]


def _mark(tree: Any, path: Sequence[Any], name: str) -> Mark:
    mark = getattr(tree, "mark", Mark(name, 1, 1))
    for step in path:
        marks = getattr(tree, "marks", {})
        mark = marks[step] if isinstance(step, int) or step in marks else mark
        tree = tree[step]
    return mark


def decide(said: Mapping[str, Any], environment: Mapping[str, str], path: Path | None = None) -> Settings:
    """Put flags and a file's words together; raise SettingsError where they make no server.

    `said` has the names of the configuration's schema; `environment` gives the keys.
    """
    overlays = tuple(str(path.parent / one) if path else str(one) for one in said.get("overlays", ()))
    rules = library.ruleset(said.get("version"), said.get("profile"), overlays)
    upstreams = _upstreams(said, rules, environment)
    plain = {name: said[name] for name in ("version", "profile", "defaults", "strict") if name in said}
    listen = {name: said[name] for name in ("host", "port", "workers", "open") if name in said}
    made = Settings(
        fronts=tuple(_dialect(rules, name) for name in said.get("front") or _ends(rules, "front")),
        upstreams=upstreams,
        aliases={name: _alias(entry, upstreams) for name, entry in said.get("models", {}).items()},
        keys=_keys(said, environment),
        overlays=overlays,
        hosts=tuple(said.get("hosts", ())),
        allowed=tuple(_network(one) for one in said.get("allow_addresses", ())),
        limits=_limits(said.get("limits", {})),
        **plain,
        **listen,
    )
    _guard(made)
    return made


def _guard(made: Settings) -> None:
    """Refuse to lend the operator's key to a network."""
    if made.loopback or made.open or made.keys or not any(one.key for one in made.upstreams):
        return
    raise _wrong(
        f"{made.host} can be reached from other machines, and whoever reaches it could use your key: "
        f"set {KEYS} to the keys that callers must show, or say --open"
    )


def _ends(rules: Ruleset, end: str) -> list[str]:
    return [name for name, dialect in rules.dialects.items() if dialect.raw.get("default") == end]


def _dialect(rules: Ruleset, name: str) -> str:
    if name not in rules.dialects:
        raise UnknownName("dialect", name, rules.dialects)
    return name


def _upstreams(said: Mapping[str, Any], rules: Ruleset, environment: Mapping[str, str]) -> tuple[Upstream, ...]:
    """Make the servers behind: those of the file, or the one that flags name."""
    back = said.get("back") or next(iter(_ends(rules, "back")), None)
    entries = said.get("upstreams") or {str(back): {"dialect": back}}
    made = [_upstream(name, entry, rules, environment) for name, entry in entries.items()]
    if "back" in said:
        made.sort(key=lambda one: one.dialect != said["back"])
        _dialect(rules, said["back"])
    if "upstream" in said:
        made[0] = replace(made[0], url=_address(said["upstream"]))
    return tuple(made)


def _upstream(name: str, entry: Mapping[str, Any], rules: Ruleset, environment: Mapping[str, str]) -> Upstream:
    dialect = rules.dialects[_dialect(rules, entry["dialect"])]
    named = entry.get("key", {}).get("environment")
    variables = [named] if named else dialect.raw.get("auth", {}).get("environment", ())
    key = next((environment[one] for one in variables if environment.get(one)), None)
    if named and key is None:
        raise _wrong(f"the variable {named} with the key of the upstream {name!r} is not set")
    if entry.get("key", {}).get("pass"):
        key = None
    return Upstream(name, dialect.name, _address(entry.get("url") or dialect.raw.get("base", "")), key)


def _address(url: str) -> str:
    from urllib.parse import urlsplit

    try:
        split = urlsplit(url)
    except ValueError:
        split = urlsplit("")
    if split.scheme not in ("http", "https") or not split.hostname or split.query or split.fragment or split.username:
        raise _wrong(f"{url!r} is no base address: http://host:port or https://host/path")
    return url.rstrip("/")


def _alias(entry: Any, upstreams: tuple[Upstream, ...]) -> Alias:
    names = [one.name for one in upstreams]
    if isinstance(entry, str):
        return Alias(names[0], entry)
    upstream = entry.get("upstream", names[0])
    if upstream not in names:
        raise UnknownName("upstream", upstream, names)
    return Alias(upstream, entry["model"])


def _keys(said: Mapping[str, Any], environment: Mapping[str, str]) -> tuple[str, ...]:
    variables = said.get("keys", {}).get("environment", [])
    for name in variables:
        if not environment.get(name):
            raise _wrong(f"the variable {name} with the keys of callers is not set")
    texts = [environment.get(name, "") for name in (variables or [KEYS])]
    return tuple(key.strip() for text in texts for key in text.split(",") if key.strip())


def _network(text: str) -> str:
    try:
        return str(ipaddress.ip_network(text, strict=False))
    except ValueError as error:
        raise _wrong(f"{text!r} is no network: {error}") from None


def _limits(said: Mapping[str, Any]) -> Limits:
    return Limits(**{one.name: said[one.name] for one in fields(Limits) if one.name in said})
