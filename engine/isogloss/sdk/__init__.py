"""Official SDKs at work with isogloss: thin, and in their vendors' words.

clients       HTTP clients for official SDKs, which talk to another API with them
calls         one call of a Python function, whatever it asks for
completions   `completion` and `text_completion`, and both for coroutines
embeddings    `embedding`
images        `image_generation` and `image_edit`
speech        `speech`
videos        `video_generation`, `video_status` and `video_content`
messages      what their callers hand in
files         … as files
replies       what their callers get, and …
content       … as bytes, and …
pieces        … piece by piece
errors        what their callers catch, and …
exceptions    … the same where the openai package is not installed
pools         the connections that calls share
verbose       what is logged of them
conversation  turns with tools, streamed, by the openai client
"""
