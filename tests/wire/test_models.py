"""Lists of models and counts of tokens, by both official clients, through gateways of either front."""

import re

import httpx
import openai
import pytest
from google import genai
from google.genai import errors, types
from servers import KEY

FLASH = "gemini-2.5-flash"


@pytest.fixture(scope="module")
def google(reverse):
    options = types.HttpOptions(base_url=reverse.url, api_version="v1beta")
    return genai.Client(api_key=KEY, http_options=options)


def test_every_page_of_the_list_is_in_the_list(front):
    with front.openai() as client, front.emulator.client() as raw:
        named = [model.id for model in client.models.list()]
        asked = [one for one in front.emulator.requests() if one["path"] == "/v1beta/models"]
        wanted = [model["name"] for model in raw.get("/v1beta/models", params={"pageSize": 1000}).json()["models"]]
    assert [f"models/{name}" for name in named] == wanted
    assert len(named) > 10
    assert [one["query"] for one in asked] == [{"pageSize": "1000"}]


@pytest.mark.parametrize("name", [FLASH, f"gemini/{FLASH}", f"models/{FLASH}"])
def test_one_model_by_any_of_its_names(front, name):
    with front.openai() as client:
        found = client.models.retrieve(name)
    assert (found.id, found.object, found.owned_by) == (FLASH, "model", "google")
    assert {"chat", "token_count"} <= set(found.model_extra["capabilities"])


@pytest.mark.parametrize("name", ["nothing", "../files", "a/b", "%2e%2e", "gemini-2.5-flash:generateContent"])
def test_a_model_that_is_not_there(front, name):
    with front.openai() as client, pytest.raises((openai.NotFoundError, openai.BadRequestError)):
        client.models.retrieve(name)


def test_googles_client_lists_what_openais_server_has(google, front):
    with front.openai() as client:
        wanted = [f"models/{model.id}" for model in client.models.list()]
    listed = list(google.models.list(config={"page_size": 5}))
    assert [model.name for model in listed] == wanted
    assert "generateContent" in next(m for m in listed if m.name == f"models/{FLASH}").supported_actions


def test_googles_client_looks_at_one(google):
    assert google.models.get(model=FLASH).name == f"models/{FLASH}"
    with pytest.raises(errors.ClientError) as caught:
        google.models.get(model="nothing")
    assert (caught.value.code, caught.value.status) == (404, "NOT_FOUND")


def test_googles_client_counts(google):
    short = google.models.count_tokens(model=FLASH, contents="Hello").total_tokens
    assert 0 < short < google.models.count_tokens(model=FLASH, contents="Hello " * 50).total_tokens


def test_a_whole_request_is_counted(reverse):
    contents = [{"role": "user", "parts": [{"text": "Hello"}]}]
    whole = {"contents": contents, "systemInstruction": {"parts": [{"text": "Answer in one word, please."}]}}
    with reverse.raw(headers={"x-goog-api-key": KEY}) as client:
        path = f"/v1beta/models/{FLASH}:countTokens"
        alone = client.post(path, json={"contents": contents}).json()["totalTokens"]
        with_more = client.post(path, json={"generateContentRequest": {"model": f"models/{FLASH}", **whole}})
        wrong = client.post(path, json={"contents": contents, "generateContentRequest": whole})
    assert alone < with_more.json()["totalTokens"]
    assert (wrong.status_code, wrong.json()["error"]["status"]) == (400, "INVALID_ARGUMENT")


@pytest.mark.parametrize(
    ("path", "status", "words"),
    [
        ("models/imagen-4.0-generate-001:predict", 501, "ask generateContent"),
        (f"models/{FLASH}:dream", 404, "there is no such method"),
        ("cachedContents", 404, "there is no route"),
    ],
)
def test_what_openais_server_does_not_have_is_said_so(reverse, path, status, words):
    found = httpx.post(f"{reverse.url}/v1beta/{path}", json={}, headers={"x-goog-api-key": KEY})
    assert (found.status_code, found.json()["error"]["code"]) == (status, status)
    assert words in found.text
    assert found.text.count("POST ") == len(set(re.findall("POST [^']+", found.text)))
