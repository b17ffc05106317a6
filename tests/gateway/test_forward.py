"""OpenAI's clients before a Gemini: the emulator, strict as the real one."""

import json

import httpx
import openai
import pytest
from gateway.stage import said
from google import genai

TOOL = {
    "type": "function",
    "function": {
        "name": "weather",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
    },
}


@pytest.fixture
def client(forward):
    return openai.OpenAI(base_url=f"{forward}/v1", api_key="sk-any", max_retries=0)


def post(url, body, path="/v1/chat/completions", **headers):
    return httpx.post(url + path, json=body, headers=headers, timeout=20)


def test_a_reply(client):
    raw = client.chat.completions.with_raw_response.create(**said("Hello"), user="me", temperature=0.5)
    assert raw.parse().choices[0].message.content
    assert raw.headers["x-isogloss-ruleset"].startswith("1.")
    assert raw.headers["x-isogloss-losses"] == "1 chat.request.user"
    assert len(raw.headers["x-request-id"]) > 10


def test_a_stream_folds_to_the_reply(client):
    whole = client.chat.completions.create(**said("Hello")).choices[0].message.content
    stream = client.chat.completions.create(**said("Hello"), stream=True, stream_options={"include_usage": True})
    chunks = list(stream)
    assert "".join(c.choices[0].delta.content or "" for c in chunks if c.choices) == whole
    assert [c.choices[0].finish_reason for c in chunks if c.choices][-1] == "stop"
    assert chunks[-1].usage.total_tokens > 0


def test_a_streamed_tool_conversation(client):
    messages = [{"role": "user", "content": "What is the weather in Graz?"}]
    ask = {"model": "gemini-3-pro-preview", "tools": [TOOL]}
    with client.chat.completions.stream(messages=messages, tool_choice="required", **ask) as stream:
        first = stream.get_final_completion().choices[0]
    assert first.finish_reason == "tool_calls"
    call = first.message.tool_calls[0]
    assert "city" in json.loads(call.function.arguments)
    messages += [
        first.message.model_dump(exclude_none=True),
        {"role": "tool", "tool_call_id": call.id, "content": '{"degrees": 21}'},
    ]
    with client.chat.completions.stream(messages=messages, **ask) as stream:
        assert stream.get_final_completion().choices[0].message.content


def test_a_streams_losses_come_in_its_last_comment(forward):
    lines = post(forward, said("Hello", stream=True, user="me")).text.strip().splitlines()
    assert lines[-1] == "data: [DONE]"
    assert lines[-3].startswith(": x-isogloss-losses: 1 chat.request.user")


@pytest.mark.parametrize("stream", [False, True])
def test_a_full_account_on_demand(forward, stream):
    text = post(forward, said("Hello", stream=stream, user="me"), **{"x-isogloss-explain": "1"}).text
    if stream:
        told = [json.loads(line[6:]) for line in text.splitlines() if line.startswith("data: {")]
        assert not [event for event in told[:-1] if "isogloss" in event]
        text = json.dumps(told[-1])
    account = json.loads(text)["isogloss"]
    assert [loss["pointer"] for loss in account["losses"] if loss["kind"] == "dropped"] == ["/user"]
    assert {"/messages/0/content", "/user"} <= {step["pointer"] for step in account["ledger"]}


def test_models(client):
    models = client.models.list().data
    assert {"gemini-2.5-flash", "gemini-2.5-pro"} <= {model.id for model in models}
    assert client.models.retrieve("gemini-2.5-flash").id == "gemini-2.5-flash"
    with pytest.raises(openai.NotFoundError) as error:
        client.models.retrieve("gemini-none")
    assert error.value.code == "model_not_found"


@pytest.mark.parametrize(
    "path", ["/chat/completions", "/openai/v1/chat/completions", "/v1beta/openai/chat/completions"]
)
def test_other_paths_of_the_same(forward, path):
    assert post(forward, said("Hello"), path).json()["object"] == "chat.completion"


@pytest.mark.parametrize("status", [429, 503])
def test_errors_of_the_upstream(forward, status):
    word = {429: "RESOURCE_EXHAUSTED", 503: "UNAVAILABLE"}[status]
    reply = post(forward, said(f"[[error {word}]]"))
    assert reply.status_code == status
    assert set(reply.json()["error"]) >= {"message", "type", "param", "code"}


def test_an_error_of_the_upstream_before_a_stream_keeps_its_status(forward):
    reply = post(forward, said("[[error UNAVAILABLE]]", stream=True))
    assert (reply.status_code, reply.json()["error"]["code"]) == (503, "server_is_overloaded")


# ---------------------------------------------------------------- the other dialect in front of the same upstream


def test_a_shared_path_goes_by_where_the_key_stands(forward):
    def body(**where):
        return httpx.get(forward + "/v1/models", **where).json()

    assert "models" in body(headers={"x-goog-api-key": "k"})
    assert "models" in body(params={"key": "k"})
    assert "data" in body(headers={"authorization": "Bearer k"})
    assert "data" in body()


def test_one_dialect_passes_through_unchanged(forward, emulator):
    emulator.forget()
    client = genai.Client(api_key="k", http_options={"base_url": forward})
    assert client.models.generate_content(model="gemini-2.5-flash", contents="Hello").text
    assert [c.text for c in client.models.generate_content_stream(model="gemini-2.5-flash", contents="Hello")]
    assert client.models.count_tokens(model="gemini-2.5-flash", contents="Hello").total_tokens
    assert len(emulator.requests()) == 3


def test_what_no_route_knows_goes_through(forward):
    reply = httpx.get(f"{forward}/v1beta/cachedContents", headers={"x-goog-api-key": "k"})
    assert (reply.status_code, "error" in reply.json()) == (200, False)
