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
