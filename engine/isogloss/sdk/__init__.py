"""Official SDKs at work with isogloss: thin, and in their vendors' words.

conversation  turns with tools, streamed, by the openai client
"""
