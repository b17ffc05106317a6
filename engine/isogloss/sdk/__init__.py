"""Official SDKs at work with isogloss: thin, and in their vendors' words.

clients       HTTP clients for official SDKs, which talk to another API with them
completions   `completion` and `acompletion`
messages      what their callers hand in
replies       what their callers get
errors        what their callers catch, and …
exceptions    … the same where the openai package is not installed
pools         the connections that calls share
conversation  turns with tools, streamed, by the openai client
"""
