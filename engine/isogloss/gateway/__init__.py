"""The gateway: a server that speaks one dialect in front and another one behind.

It knows no dialect. Routes, paths, places of keys, framing and the form of errors come from the rulebook's dialects.

settings   what an operator decides: flags, a file, the environment
asking     one request as it came: path, query, headers, body, and whether the caller is still there
fronts     which dialect a request is in, and what it asks for
keys       who may ask, and which key goes upstream; no key is ever shown
upstream   the HTTP client: limits, timeouts, no redirects
payloads   JSON in and out
exchanges  a translated reply as a whole
streaming  a translated reply piece by piece
passing    what goes through untouched
media      … and that media, fetched
judge      replies held against schemas, in a process of its own
app        the ASGI application
server     the application on a socket
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from starlette.applications import Starlette


def application(**said: Any) -> Starlette:
    """Make the gateway as an ASGI application, for another one to mount.

    `said` has the words of a configuration file (schemas/config.schema.json); keys come from the environment, as for
    `isogloss serve`. Its `router.lifespan_context` opens and closes its connections: frameworks run the lifespan of
    the outermost application only, so hand it on. Raises RuleError where it makes no server.
    """
    from isogloss.gateway import app, settings  # the package's other modules need nothing of this

    everywhere = {"host": "0.0.0.0"}  # noqa: S104 - nothing is bound: how far it is heard is the other one's matter
    words = settings.checked({**everywhere, **said}, "application")
    return app.create(settings.decide(words, os.environ))
