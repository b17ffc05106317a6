"""One request on its way to a server of another dialect, and what comes back: sans-IO, for gateway and clients alike.

servers   the server behind: its address, its key, where they come from
doing     the steps that are done on the network, and what goes out and comes in
paper     JSON in and out
forms     … and requests that come as forms
blobs     … and replies of bytes
crossing  the request to send, and how what comes back is read
framing   the documents of a stream as its caller reads them
relay     … of somebody else's connections, bytes in and bytes out
fetching  the steps to fetch media for models that do not
caches    the steps to send a call through a cache
asking    the steps of one call
plans     the steps of calls that need each other's answers
steps     the steps for a whole request, as a generator: no input or output of its own
lines     steps done on a connection; what HTTP libraries differ in is left to heirs
"""
