"""Embeddings and legacy completions by the official clients, unmodified: through the gateway, to an offline Gemini."""

import asyncio
import math

import openai
import pytest
from google import genai
from google.genai import errors, types
from servers import emulated
from wire.chain import gateway

# With aiohttp beside it, google-genai makes a class of aiohttp's session, which aiohttp discourages.
pytestmark = pytest.mark.filterwarnings("ignore:Inheritance class AiohttpClientSession:DeprecationWarning")

FIRST = "gemini-embedding-001"
SECOND = "gemini-embedding-2"
FLASH = "gemini-2.5-flash"
PIXEL = (
    "data:image/png;base64,"
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg=="
)


@pytest.fixture(scope="module")
def client(front):
    with front.openai() as client:
        yield client


@pytest.fixture(scope="module")
def google(reverse):
    with genai.Client(api_key="k", http_options=types.HttpOptions(base_url=reverse.url)) as client:
        yield client


def closeness(one, other):
    return sum(a * b for a, b in zip(one, other, strict=True)) / math.hypot(*one) / math.hypot(*other)


# ---------------------------------------------------------------------------------------------- embeddings


@pytest.mark.parametrize("model", [FIRST, SECOND, "gemini/gemini-embedding-001"])
def test_a_text_is_a_vector(client, model):
    reply = client.embeddings.create(model=model, input="Grüß Gott")
    assert reply.object == "list"
    assert reply.model == model.removeprefix("gemini/")
    assert [(one.object, one.index, len(one.embedding)) for one in reply.data] == [("embedding", 0, 3072)]
    assert all(isinstance(number, float) for number in reply.data[0].embedding)


def test_the_client_asks_for_base64_and_gets_the_same_numbers(client, front):
    """The official client asks for base64 by itself, and unpacks it."""
    packed = client.embeddings.create(model=SECOND, input=["a", "b"])
    plain = client.embeddings.create(model=SECOND, input=["a", "b"], encoding_format="float")
    for one, other in zip(packed.data, plain.data, strict=True):
        assert one.embedding == pytest.approx(other.embedding, rel=1e-6, abs=1e-9)
    with front.raw() as raw:
        reply = raw.post("/v1/embeddings", json={"model": SECOND, "input": ["a"], "encoding_format": "base64"})
    assert isinstance(reply.json()["data"][0]["embedding"], str)


def test_vectors_come_in_the_order_of_their_texts(client, front):
    texts = [f"word{number}" for number in range(230)]
    front.emulator.forget()
    reply = client.embeddings.create(model=SECOND, input=texts, dimensions=64)
    assert [len(body["requests"]) for body in front.asked()] == [100, 100, 30]
    assert [one.index for one in reply.data] == list(range(230))
    for number in (0, 99, 100, 229):
        alone = client.embeddings.create(model=SECOND, input=texts[number], dimensions=64)
        assert closeness(alone.data[0].embedding, reply.data[number].embedding) == pytest.approx(1, abs=1e-5)
    assert reply.usage.prompt_tokens == reply.usage.total_tokens >= 230


FORGETFUL = """
scripts:
  - name: forget
    title: two vectors, however many were asked for
    do:
      raw:
        status: 200
        type: application/json
        text: '{"embeddings": [{"values": [0.6, 0.8]}, {"values": [1, 0]}]}'
"""


def test_another_number_of_vectors_is_the_servers_mistake(tmp_path):
    (tmp_path / "scripts.yaml").write_text(FORGETFUL)
    with (
        emulated(tmp_path / "scripts.yaml") as running,
        gateway(running, front=["openai"], back="gemini") as front,
        front.openai() as client,
    ):
        reply = client.embeddings.create(model=SECOND, input=["a [[forget]]", "b"])
        assert [len(one.embedding) for one in reply.data] == [2, 2]
        for texts, wanted in ((["a [[forget]]", "b", "c"], 3), (["a [[forget]]"] * 102 + ["b"], 100)):
            with pytest.raises(
                openai.InternalServerError, match=f"/embeddings: there must be {wanted} items"
            ) as caught:
                client.embeddings.create(model=SECOND, input=texts)
            assert caught.value.status_code == 502


def test_what_is_asked_arrives(client, front):
    front.emulator.forget()
    more = {"task_type": "retrieval_document", "title": "T"}
    client.embeddings.create(model=FIRST, input=["a"], dimensions=256, extra_body=more)
    assert front.asked() == [
        {
            "requests": [
                {
                    "model": f"models/{FIRST}",
                    "content": {"parts": [{"text": "a"}]},
                    "outputDimensionality": 256,
                    "taskType": "RETRIEVAL_DOCUMENT",
                    "title": "T",
                }
            ]
        }
    ]


def test_media_is_embedded_by_a_model_that_takes_it(client):
    reply = client.embeddings.create(model=SECOND, input=["a cat", PIXEL])
    assert [len(one.embedding) for one in reply.data] == [3072, 3072]
    with pytest.raises(openai.BadRequestError, match="here text is embedded only"):
        client.embeddings.create(model=FIRST, input=["a cat", PIXEL])


def test_coroutines(front):
    async def run():
        async with front.async_openai() as client:
            return await asyncio.gather(*(client.embeddings.create(model=SECOND, input=[str(n)]) for n in range(3)))

    assert [len(reply.data[0].embedding) for reply in asyncio.run(run())] == [3072] * 3


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ({}, "input is missing"),
        ({"input": []}, "nothing to embed"),
        ({"input": ""}, "an empty text"),
        ({"input": ["a", ""]}, "an empty text"),
        ({"input": [1, 2]}, "tokens of OpenAI's models"),
        ({"input": {"a": 1}}, "an input is a text"),
        ({"input": ["a"] * 2049}, "at most 2048"),
        ({"input": "a", "dimensions": 9999}, "3072 dimensions at most"),
        ({"input": "a", "dimensions": -1}, "1 or more"),
        ({"input": "a", "encoding_format": "hex"}, "float or base64"),
        ({"input": "a", "model": FLASH}, "makes no embeddings"),
    ],
)
def test_bad_requests_say_what_is_wrong(front, body, says):
    with front.raw() as raw:
        reply = raw.post("/v1/embeddings", json={"model": SECOND, **body})
    assert reply.status_code == 400
    assert says in reply.json()["error"]["message"]
    assert reply.json()["error"]["type"] == "invalid_request_error"


def test_an_error_behind_one_of_several_calls_is_the_reply(client):
    with pytest.raises(openai.BadRequestError, match="longer than the"):
        client.embeddings.create(model=FIRST, input=["a"] * 150 + ["word " * 4000])


# ---------------------------------------------------------------------------------------- embeddings, the other way


def test_googles_client_gets_vectors_from_an_openai_server(google):
    config = types.EmbedContentConfig(output_dimensionality=64)
    contents = [types.Content(parts=[types.Part(text=text)]) for text in "ab"]
    reply = google.models.embed_content(model=SECOND, contents=contents, config=config)
    assert [len(one.values) for one in reply.embeddings] == [64, 64]
    alone = google.models.embed_content(model=SECOND, contents="b", config=config)
    assert closeness(alone.embeddings[0].values, reply.embeddings[1].values) == pytest.approx(1, abs=1e-5)


def test_the_place_of_an_error_is_told(client):
    with pytest.raises(openai.BadRequestError) as caught:
        client.embeddings.create(model=SECOND, input=["a"] * 150 + [""])
    assert caught.value.param == "input[150]"


def test_one_content_has_a_reply_of_its_own(reverse):
    with reverse.raw(headers={"x-goog-api-key": "k"}) as raw:
        body = {"content": {"parts": [{"text": "a"}]}, "outputDimensionality": 8}
        reply = raw.post(f"/v1beta/models/{SECOND}:embedContent", json=body)
    assert reply.status_code == 200, reply.text
    assert len(reply.json()["embedding"]["values"]) == 8
    assert "embeddings" not in reply.json()


def test_requests_that_ask_otherwise_are_calls_of_their_own(reverse):
    asked = [
        {"model": f"models/{SECOND}", "content": {"parts": [{"text": "a"}]}, "outputDimensionality": size}
        for size in (8, 8, 16)
    ]
    with reverse.raw(headers={"x-goog-api-key": "k"}) as raw:
        reply = raw.post(f"/v1beta/models/{SECOND}:batchEmbedContents", json={"requests": asked})
    assert [len(one["values"]) for one in reply.json()["embeddings"]] == [8, 8, 16]


def test_google_clients_are_told_in_their_words(google):
    with pytest.raises(errors.ClientError, match="an empty text cannot be embedded") as caught:
        google.models.embed_content(model=SECOND, contents="")
    assert caught.value.status == "INVALID_ARGUMENT"


# ---------------------------------------------------------------------------------------------- completions


def test_a_prompt_is_completed(client, front):
    front.emulator.forget()
    reply = client.completions.create(model=FLASH, prompt="Grüß Gott", max_tokens=500, temperature=0.5)
    assert reply.object == "text_completion"
    assert "Grüß Gott" in reply.choices[0].text
    assert reply.choices[0].finish_reason == "stop"
    assert reply.usage.total_tokens > 0
    (asked,) = front.asked()
    assert asked["contents"] == [{"role": "user", "parts": [{"text": "Grüß Gott"}]}]


def test_several_prompts_are_answered_in_order(client):
    reply = client.completions.create(model=FLASH, prompt=["eins", "zwei", "drei"], max_tokens=500, n=2)
    assert [choice.index for choice in reply.choices] == list(range(6))
    for number, word in enumerate(["eins", "eins", "zwei", "zwei", "drei", "drei"]):
        assert word in reply.choices[number].text


def test_a_streamed_completion_says_what_the_whole_one_says(client):
    asked = {"model": FLASH, "prompt": "Grüß Gott", "max_tokens": 500}
    whole = client.completions.create(**asked)
    chunks = list(client.completions.create(**asked, stream=True, stream_options={"include_usage": True}))
    assert "".join(choice.text for chunk in chunks for choice in chunk.choices) == whole.choices[0].text
    assert [choice.finish_reason for chunk in chunks for choice in chunk.choices][-1] == "stop"
    assert {chunk.object for chunk in chunks} == {"text_completion"}
    assert chunks[-1].usage == whole.usage
    assert len(chunks) > 4


def test_completions_by_coroutines(front):
    async def run():
        async with front.async_openai() as client:
            chunks = await client.completions.create(model=FLASH, prompt="Hello", max_tokens=500, stream=True)
            return [chunk async for chunk in chunks]

    assert "Hello" in "".join(choice.text for chunk in asyncio.run(run()) for choice in chunk.choices)


def test_logprobs_have_the_form_of_completions(client):
    reply = client.completions.create(model="gemini-2.0-flash", prompt="Hello", max_tokens=500, logprobs=2)
    told = reply.choices[0].logprobs
    assert "".join(told.tokens) == reply.choices[0].text
    assert len(told.token_logprobs) == len(told.tokens) == len(told.text_offset)
    assert [len(likeliest) for likeliest in told.top_logprobs] == [2] * len(told.tokens)
    assert told.text_offset[1] == len(told.tokens[0])


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ({}, "prompt is missing"),
        ({"prompt": ""}, "nothing to complete"),
        ({"prompt": [1, 2]}, "tokens of OpenAI's models"),
        ({"prompt": [1] * 300}, "tokens of OpenAI's models"),
        ({"prompt": [[1, 2], [3]]}, "tokens of OpenAI's models"),
        ({"prompt": {"a": 1}}, "a prompt is a text"),
        ({"prompt": "a", "suffix": "b"}, "what follows a text"),
        ({"prompt": "a", "logprobs": 9}, "from 0 to 5"),
        ({"prompt": ["a", "b"], "stream": True}, "a stream answers one of these only"),
        ({"prompt": ["a"] * 101}, "at most 100"),
        ({"prompt": "a", "model": SECOND}, "completes no texts"),
    ],
)
def test_bad_prompts_say_what_is_wrong(front, body, says):
    with front.raw() as raw:
        reply = raw.post("/v1/completions", json={"model": FLASH, "max_tokens": 5, **body})
    assert reply.status_code == 400
    assert says in reply.json()["error"]["message"]
