"""HTTP clients that speak one dialect to their caller and another one to a server, with no gateway in between.

servers   the server behind: its address, its key, where they come from
crossing  one request on its way there, and what comes back; sans-IO
doing     the steps that are done on the network
fetching  … to fetch media for models that do not
steps     … for a whole request, as a generator: no input or output of its own
driving   the steps done by a client, blocking or not
client    a transport of httpx or httpx2 made of all this, and a client that has it

httpx2 continues httpx with the same interface under another name; objects of one are none of the other:
https://pypi.org/project/httpx2/
"""
