"""HTTP clients for the official SDKs: `OpenAI(http_client=isogloss.http_client())` talks to Gemini.

    client = openai.OpenAI(api_key=os.environ["GEMINI_API_KEY"], http_client=isogloss.http_client())
    client = genai.Client(http_options=types.HttpOptions(httpx_client=isogloss.http_client("gemini", "openai")))

The SDK keeps its interface, its retries and its timeouts; requests and replies are translated in place, streams
included. What was lost stands in the reply's header `x-isogloss-losses`.
"""

from __future__ import annotations

import re
from importlib.metadata import PackageNotFoundError, requires
from typing import TYPE_CHECKING, Any, Final

from isogloss.translator import Translator
from isogloss.transports import client

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

#: The package of each dialect's official client.
_PACKAGES: Final = {"openai": "openai", "gemini": "google-genai"}
_SUCCESSOR: Final = re.compile(r"httpx2\b(?!.*\bextra\b)")
#: What is said to the connections; the rest is said to the client that the SDK sees.
_WIRE: Final = ("verify", "cert", "trust_env", "http1", "http2", "proxy", "mounts", "limits", "transport")
#: As the official clients have them. Seconds; a model may think for minutes.
_TIMES: Final = {"timeout": 600.0, "connect": 5.0}
_LIMITS: Final = {"max_connections": 1000, "max_keepalive_connections": 100}


def library(dialect: str) -> str:
    """Name the HTTP library of a dialect's official client: "httpx2" for openai 3 and google-genai 3, else "httpx"."""
    try:
        needed = requires(_PACKAGES.get(dialect, "")) or ()
    except (PackageNotFoundError, ValueError):
        return "httpx"
    return "httpx2" if any(_SUCCESSOR.match(one) for one in needed) else "httpx"


def http_client(  # noqa: PLR0913 - keyword options
    source: str = "openai",
    target: str = "gemini",
    *,
    api_key: str | None = None,
    api_base: str | None = None,
    library: str | None = None,
    models: Mapping[str, str] | None = None,
    profile: str | None = None,
    overlays: Sequence[Any] = (),
    allow_addresses: Sequence[str] = (),
    **settings: Any,
) -> Any:
    """Make a `Client` of httpx2 or httpx that speaks `source` to its caller, and asks a server that speaks `target`.

    The key is `api_key`, else what the caller shows, else what the environment says (GEMINI_API_KEY, GOOGLE_API_KEY);
    a key that an SDK took from its own vendor's variable is never sent elsewhere. The address is `api_base`, else
    GEMINI_API_BASE, else the API's own. Media that a request links to is fetched for models that do not do it, from
    public addresses and the networks in `allow_addresses`. `library` is "httpx" or "httpx2", by default what the SDK
    demands. `settings` are the client's: timeout, limits, proxy, verify, event_hooks …
    """
    gloss = Translator(source, target, models=models, profile=profile, overlays=overlays, enforce=False)
    desk = client.Desk(gloss, api_key, api_base, allow_addresses)
    return client.client(*_said(library or _of(source), desk, settings))


def async_http_client(  # noqa: PLR0913 - keyword options
    source: str = "openai",
    target: str = "gemini",
    *,
    api_key: str | None = None,
    api_base: str | None = None,
    library: str | None = None,
    models: Mapping[str, str] | None = None,
    profile: str | None = None,
    overlays: Sequence[Any] = (),
    allow_addresses: Sequence[str] = (),
    **settings: Any,
) -> Any:
    """Make an `AsyncClient`; see `http_client`."""
    gloss = Translator(source, target, models=models, profile=profile, overlays=overlays, enforce=False)
    desk = client.Desk(gloss, api_key, api_base, allow_addresses)
    return client.async_client(*_said(library or _of(source), desk, settings))


_of = library


def _said(name: str, desk: client.Desk, settings: Mapping[str, Any]) -> tuple[str, client.Desk, Any, Any]:
    """Tell apart what is for the client that the SDK sees, and what for its connections."""
    from importlib import import_module

    http = import_module(name)
    wire = {"limits": http.Limits(**_LIMITS), **{key: settings[key] for key in _WIRE if key in settings}}
    outer = {key: value for key, value in settings.items() if key not in _WIRE}
    return name, desk, {"timeout": http.Timeout(**_TIMES), **outer}, wire
