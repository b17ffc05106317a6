"""The server behind: its address and its key, from arguments, from what a caller shows, or from the environment."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import parse_qsl, urlencode, urlsplit

from isogloss.failures import Failure

if TYPE_CHECKING:
    from collections.abc import Mapping

    from isogloss.routes import Call
    from isogloss.rule import Dialect

#: What stands where a key stood.
HIDDEN: Final = b"[key]"


@dataclass(frozen=True, slots=True)
class Server:
    """Where calls go."""

    dialect: Dialect
    #: Without a slash at the end.
    base: str
    key: str | None = field(default=None, repr=False)
    #: What is never shown, beside the key.
    secrets: tuple[str, ...] = field(default=(), repr=False)

    def address(self, call: Call, query: Mapping[str, str]) -> str:
        """Put a call on the address."""
        return self.put(f"{call.path}?{urlencode(query)}" if query else call.path)

    def put(self, path: str) -> str:
        """Put a path on the address; one with a path of its own stands for the dialect's root."""
        root = str(self.dialect.raw.get("root", ""))
        if root and (path == root or path.startswith(root + "/")) and urlsplit(self.base).path not in ("", "/"):
            path = path.removeprefix(root)
        return self.base + path

    def rooted(self, path: str) -> str:
        """Complete a path that leaves out the dialect's root."""
        root = str(self.dialect.raw.get("root", ""))
        return path if not root or path == root or path.startswith(root + "/") else root + path

    def elsewhere(self, url: str, query: Mapping[str, str] | None = None) -> str:
        """Return an address that the server gives, with more in its query.

        Raises Failure where it leads to another server: what is sent there has the key.
        """
        try:
            split, mine = urlsplit(url), urlsplit(self.base)
            own = (split.scheme, split.hostname, split.port) == (mine.scheme, mine.hostname, mine.port)
            listed = split.scheme == "https" and split.port in (None, 443) and split.hostname in self._hosts
        except ValueError:
            split, own, listed = urlsplit(""), False, False
        if split.username is not None or not (own or listed):
            raise Failure(502, "the upstream gives an address on another server, and nothing is sent there")
        more = {name: value for name, value in (query or {}).items() if name not in dict(parse_qsl(split.query))}
        return split._replace(query="&".join(filter(None, (split.query, urlencode(more)))), fragment="").geturl()

    @property
    def _hosts(self) -> tuple[str, ...]:
        return tuple(self.dialect.raw.get("hosts", ()))

    def headers(self) -> dict[str, str]:
        """Return the headers that show the key."""
        auth = self.dialect.raw.get("auth", {})
        if self.key is None or "header" not in auth:
            return {}
        return {auth["header"]: f"{auth['scheme']} {self.key}" if "scheme" in auth else self.key}

    def hide(self, data: bytes) -> bytes:
        """Take keys out of what is shown: servers repeat those that they refuse."""
        for key in (self.key, *self.secrets):
            if key:
                data = data.replace(key.encode(), HIDDEN)
        return data


def server(
    dialect: Dialect,
    *,
    key: str | None,
    base: str | None,
    environment: Mapping[str, str],
) -> Server:
    """Find out where calls go; what is given wins over what the environment says in the dialect's variables.

    Raises Failure (401) where the dialect's own server is asked without a key, (400) where the address is none.
    """
    said = _first(dialect.raw.get("base_environment", ()), environment) if base is None else base
    auth: Mapping[str, Any] = dialect.raw.get("auth", {})
    key = key or _first(auth.get("environment", ()), environment)
    if key is None and said is None:
        names = " or ".join(auth.get("environment", ()))
        raise Failure(401, f"there is no key: give one, or set {names}", code="invalid_api_key")
    return Server(dialect, _sound(said or str(dialect.raw.get("base", ""))), _plain(key))


def shown(dialect: Dialect, headers: Mapping[str, str], query: Mapping[str, str]) -> str | None:
    """Return the key that a request shows where a dialect puts it; names of headers are in small letters."""
    auth: Mapping[str, str] = dialect.raw.get("auth", {})
    said = headers.get(auth.get("header", ""), "")
    if "scheme" in auth:
        word, _, said = said.partition(" ")
        said = said if word.lower() == auth["scheme"].lower() else ""
    return said.strip() or query.get(auth.get("query", "")) or None


def own(dialect: Dialect, key: str | None, environment: Mapping[str, str]) -> bool:
    """Tell whether a key is the one that this dialect's own clients take from the environment by themselves."""
    return key is not None and key in [environment.get(name) for name in dialect.raw["auth"].get("environment", ())]


def _first(names: Any, environment: Mapping[str, str]) -> str | None:
    return next((environment[name] for name in names if environment.get(name)), None)


def _plain(key: str | None) -> str | None:
    """Return a key that can stand in a header; what comes out of files often ends with a line."""
    key = None if key is None else key.strip()
    if key and not (key.isascii() and key.isprintable()):
        raise Failure(401, "the key holds letters that no key has", code="invalid_api_key")
    return key or None


def _sound(base: str) -> str:
    """Return an address without what stands around it; one that holds a password would show it in logs."""
    base = base.strip()
    try:
        split = urlsplit(base)
        sound = split.scheme in ("http", "https") and split.hostname and split.username is None and split.port != 0
    except ValueError:  # brackets or a port that are none
        sound = False
    if not sound or "?" in base or "#" in base or not base.isprintable() or " " in base:
        raise Failure(400, "the base address must be http://host:port or https://host/path")
    return base.rstrip("/")
