"""An offline Gemini: the outside world, played for newcomers and tests.

It takes what the Gemini Developer API takes, refuses what that refuses, and answers from the request alone: the same
request always gets the same reply. It shares no rule with the translator, so that it can catch the translator's
mistakes, and speaks the vendor's vocabulary throughout.

errors      refusals, in the form of google.rpc.Status
schema      reads a request as the API's JSON reader does: both spellings of names, unknown names refused
models      what each model takes (models.yaml)
turns       the order of turns, functions and their results, thought signatures
settings    generationConfig, tools and the rest against the model
dice        choices that depend on the request alone
samples     values that fit a schema
tokens      counts of tokens
media       pictures and sounds
calls       which declared functions a reply calls, and with what
answers     the reply, as a whole
grounding   sources of a reply, with byte offsets
streaming   a reply in pieces, and how the pieces travel
scripts     replies, errors, delays and cuts on demand (scripts.yaml)
store       what outlives a request: caches, files, a record of requests
generation  generateContent, streamGenerateContent, countTokens
embedding   embedContent, batchEmbedContents
resources   models, cachedContents, files
app         the routes
server      the app on a socket
"""
