"""HTTP clients that speak one dialect to their caller and another one to a server, with no gateway in between.

driving   the steps of a crossing done by a client, blocking or not
client    a transport of httpx or httpx2 made of all this, and a client that has it

httpx2 continues httpx with the same interface under another name; objects of one are none of the other:
https://pypi.org/project/httpx2/
"""
