"""The emulator: what it takes and refuses, what it answers, and what scripts make of it."""

import json

from servers import KEY

FLASH = "gemini-2.5-flash"
PRO = "gemini-3-pro-preview"


def said(text, role="user"):
    return {"role": role, "parts": [{"text": text}]}


def post(emulator, body, *, model=FLASH, method="generateContent", version="v1beta", headers=(), **query):
    with emulator.client() as client:
        path = f"/{version}/models/{model}:{method}"
        return client.post(path, json=body, params=query, headers=dict(headers))


def test_a_reply_depends_on_the_request_alone(emulator):
    body = {"contents": [said("Hello")]}
    one, two = (post(emulator, body).json() for _ in range(2))
    assert one == two
    assert one["candidates"][0]["finishReason"] == "STOP"
    assert "Hello" in one["candidates"][0]["content"]["parts"][0]["text"]


def test_the_record_keeps_no_key(emulator):
    emulator.forget()
    post(emulator, {"contents": [said("Hello")]}, key=KEY)
    (entry,) = emulator.requests()
    assert entry["body"] == {"contents": [said("Hello")]}
    assert entry["status"] == 200
    assert KEY not in json.dumps(entry)
