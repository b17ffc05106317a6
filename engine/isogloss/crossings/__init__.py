"""One request on its way to a server of another dialect, and what comes back: sans-IO, for gateway and clients alike.

servers   the server behind: its address, its key, where they come from
crossing  the request to send, and how what comes back is read
doing     the steps that are done on the network
fetching  … to fetch media for models that do not
steps     … for a whole request, as a generator: no input or output of its own
"""
