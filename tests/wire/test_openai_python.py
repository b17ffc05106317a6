"""The official openai client, unmodified, holds its conversations with a Gemini: over sockets, through the gateway."""

import asyncio
import base64
import json
import time

import openai
import pytest
from pydantic import BaseModel
from wire.chain import gateway

FLASH = "gemini-2.5-flash"
#: Insists on the signatures of the current turn.
PRO = "gemini-3-pro-preview"
NEWEST = "gemini-3.8-flash"
HELLO = [{"role": "user", "content": "Grüß Gott"}]
PIXEL = (
    "data:image/png;base64,"
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg=="
)
WEATHER = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "description": "The weather in a city.",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
    },
}
TIME = {
    "type": "function",
    "function": {
        "name": "get_time",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
    },
}


@pytest.fixture(scope="module")
def client(front):
    with front.openai() as client:
        yield client


@pytest.fixture
def chat(client):
    return client.chat.completions


def text(chunks):
    return "".join(choice.delta.content or "" for chunk in chunks for choice in chunk.choices)


# ---------------------------------------------------------------------------------------------- whole and streamed


@pytest.mark.parametrize("model", [FLASH, PRO, NEWEST, "gemini/gemini-2.5-pro", "models/gemini-2.0-flash"])
def test_a_stream_says_what_the_whole_reply_says(chat, model):
    whole = chat.create(model=model, messages=HELLO)
    chunks = list(chat.create(model=model, messages=HELLO, stream=True, stream_options={"include_usage": True}))
    assert "Grüß Gott" in whole.choices[0].message.content
    assert text(chunks) == whole.choices[0].message.content
    assert chunks[-1].usage == whole.usage
    assert {chunk.id for chunk in chunks} == {whole.id}
    assert len(chunks) > 5


def test_the_shape_of_a_stream(chat):
    chunks = list(chat.create(model=FLASH, messages=HELLO, stream=True))
    assert [chunk.choices[0].delta.role for chunk in chunks] == ["assistant"] + [None] * (len(chunks) - 1)
    assert [chunk.choices[0].finish_reason for chunk in chunks] == [None] * (len(chunks) - 1) + ["stop"]
    assert {chunk.usage for chunk in chunks} == {None}
    assert {chunk.object for chunk in chunks} == {"chat.completion.chunk"}
    assert len({chunk.created for chunk in chunks}) == 1


def test_usage_has_its_own_last_chunk_when_asked_for(chat):
    chunks = list(chat.create(model=FLASH, messages=HELLO, stream=True, stream_options={"include_usage": True}))
    assert [chunk.choices == [] for chunk in chunks] == [False] * (len(chunks) - 1) + [True]
    usage = chunks[-1].usage
    assert usage.total_tokens == usage.prompt_tokens + usage.completion_tokens
    assert usage.completion_tokens_details.reasoning_tokens > 0


@pytest.mark.anyio
async def test_coroutines(front):
    async with front.async_openai() as client:
        whole, stream = await asyncio.gather(
            client.chat.completions.create(model=FLASH, messages=HELLO),
            client.chat.completions.create(model=FLASH, messages=HELLO, stream=True),
        )
        assert text([chunk async for chunk in stream]) == whole.choices[0].message.content


@pytest.mark.anyio
async def test_many_at_once_stay_apart(front):
    async def said(client, number):
        messages = [{"role": "user", "content": f"number {number} please"}]
        stream = await client.chat.completions.create(model=FLASH, messages=messages, stream=True)
        return text([chunk async for chunk in stream])

    async with front.async_openai() as client:
        found = await asyncio.gather(*(said(client, number) for number in range(100, 124)))
    assert [f"number {number} please" in one for number, one in enumerate(found, 100)] == [True] * 24


def test_thoughts_are_told_beside_what_is_said(chat):
    asked = {"model": FLASH, "messages": HELLO, "reasoning_effort": "low"}
    message = chat.create(**asked).choices[0].message
    deltas = [chunk.choices[0].delta for chunk in chat.create(**asked, stream=True)]
    thought = "".join((delta.model_extra or {}).get("reasoning_content") or "" for delta in deltas)
    assert thought == message.reasoning_content
    assert "Grüß Gott" in thought
    assert "**" not in message.content


def test_what_was_asked_reaches_gemini(front, chat):
    chat.create(
        model=FLASH,
        messages=[{"role": "developer", "content": "Be short."}, *HELLO],
        temperature=0.2,
        top_p=0.9,
        max_completion_tokens=900,
        stop=["#"],
        seed=7,
    )
    (body,) = front.asked()
    assert body == {
        "systemInstruction": {"parts": [{"text": "Be short."}]},
        "contents": [{"role": "user", "parts": [{"text": "Grüß Gott"}]}],
        "generationConfig": {
            "temperature": 0.2,
            "topP": 0.9,
            "maxOutputTokens": 900,
            "stopSequences": ["#"],
            "seed": 7,
        },
    }


def test_several_choices(chat):
    whole = chat.create(model=FLASH, messages=HELLO, n=2)
    assert [choice.index for choice in whole.choices] == [0, 1]
    said: dict[int, str] = {0: "", 1: ""}
    ends: list[int] = []
    for chunk in chat.create(model=FLASH, messages=HELLO, n=2, stream=True):
        for choice in chunk.choices:
            said[choice.index] += choice.delta.content or ""
            ends += [choice.index] if choice.finish_reason == "stop" else []
    assert said == {choice.index: choice.message.content for choice in whole.choices}
    assert sorted(ends) == [0, 1]


def test_logprobs(chat):
    asked = {"model": FLASH, "messages": HELLO, "logprobs": True, "top_logprobs": 2}
    whole = chat.create(**asked).choices[0]
    assert "".join(token.token for token in whole.logprobs.content) == whole.message.content
    assert all(token.logprob <= 0 and len(token.top_logprobs) == 2 for token in whole.logprobs.content)
    chunks = list(chat.create(**asked, stream=True))
    streamed = [c.logprobs.content for chunk in chunks for c in chunk.choices if c.logprobs and c.logprobs.content]
    assert [token for one in streamed for token in one] == whole.logprobs.content


def test_a_reply_that_is_cut_short(chat):
    whole = chat.create(model=FLASH, messages=HELLO, max_tokens=4, reasoning_effort="none")
    assert whole.choices[0].finish_reason == "length"
    chunks = list(chat.create(model=FLASH, messages=HELLO, max_tokens=4, reasoning_effort="none", stream=True))
    assert chunks[-1].choices[0].finish_reason == "length"


@pytest.mark.parametrize("script", ["[[block PROHIBITED_CONTENT]]", "[[refuse SAFETY]]", "[[finish SAFETY]]"])
@pytest.mark.parametrize("stream", [False, True])
def test_what_is_filtered_is_one_choice_that_says_so(chat, script, stream):
    reply = chat.create(model=FLASH, messages=[{"role": "user", "content": f"Hi {script}"}], stream=stream)
    (last,) = (list(reply)[-1] if stream else reply).choices
    assert last.finish_reason == "content_filter"


def test_a_long_reply_comes_whole(chat):
    stream = chat.create(model=FLASH, messages=[{"role": "user", "content": "Hi [[size 400000]]"}], stream=True)
    assert len(text(stream)) == 400_000


# ---------------------------------------------------------------------------------------------- the helper, parse


def test_the_streaming_helper_gathers_a_completion(client):
    asked = {"model": PRO, "messages": HELLO, "reasoning_effort": "high"}
    with client.chat.completions.stream(**asked) as stream:
        events = [event.type for event in stream]
        gathered = stream.get_final_completion()
    whole = client.chat.completions.create(**asked)
    assert gathered.choices[0].message.content == whole.choices[0].message.content
    assert gathered.choices[0].message.reasoning_content == whole.choices[0].message.reasoning_content
    assert gathered.choices[0].finish_reason == "stop"
    *_, signed = gathered.choices[0].message.extra_content["google"]["signatures"]
    assert (
        signed["thought_signature"]
        == whole.choices[0].message.extra_content["google"]["signatures"][-1]["thought_signature"]
    )
    assert {"chunk", "content.delta", "content.done"} <= set(events)


def test_the_streaming_helper_gathers_calls(client):
    messages = [{"role": "user", "content": "What is the weather in Vienna and Graz?"}]
    with client.chat.completions.stream(model=PRO, messages=messages, tools=[WEATHER]) as stream:
        done = [event for event in stream if event.type == "tool_calls.function.arguments.done"]
        message = stream.get_final_completion().choices[0].message
    assert [json.loads(event.arguments) for event in done] == [{"city": "Vienna"}, {"city": "Graz"}]
    whole = client.chat.completions.create(model=PRO, messages=messages, tools=[WEATHER])
    first, second = message.tool_calls
    assert [first.id, second.id] == [call.id for call in whole.choices[0].message.tool_calls]
    assert first.extra_content == whole.choices[0].message.tool_calls[0].extra_content


class Step(BaseModel):
    explanation: str
    output: str


class Solution(BaseModel):
    steps: list[Step]
    answer: str
    certain: bool


@pytest.mark.parametrize("model", [FLASH, PRO, NEWEST, "gemini-2.0-flash"])
def test_parse(client, model):
    messages = [{"role": "user", "content": "Solve 8x + 31 = 2"}]
    parsed = client.chat.completions.parse(model=model, messages=messages, response_format=Solution)
    assert isinstance(parsed.choices[0].message.parsed, Solution)


def test_parse_of_calls(client):
    class GetWeather(BaseModel):
        city: str

    tool = openai.pydantic_function_tool(GetWeather)
    messages = [{"role": "user", "content": "What is the weather in Linz?"}]
    parsed = client.chat.completions.parse(model=PRO, messages=messages, tools=[tool])
    (call,) = parsed.choices[0].message.tool_calls
    assert call.function.parsed_arguments == GetWeather(city="Linz")


def test_parse_while_streaming(client):
    messages = [{"role": "user", "content": "Solve 8x + 31 = 2"}]
    with client.chat.completions.stream(model=FLASH, messages=messages, response_format=Solution) as stream:
        for _ in stream:
            pass
        assert isinstance(stream.get_final_completion().choices[0].message.parsed, Solution)


def test_json_mode(chat):
    asked = {"model": FLASH, "messages": HELLO, "response_format": {"type": "json_object"}}
    assert isinstance(json.loads(chat.create(**asked).choices[0].message.content), dict)


# ---------------------------------------------------------------------------------------------- tools


def whole_turn(client, model, messages, tools):
    return client.chat.completions.create(model=model, messages=messages, tools=tools).choices[0].message


def streamed_turn(client, model, messages, tools):
    with client.chat.completions.stream(model=model, messages=messages, tools=tools) as stream:
        for _ in stream:
            pass
        return stream.get_final_completion().choices[0].message


def pieced_turn(client, model, messages, tools):
    """Gather a stream by hand, as programs without the helper do; extra fields kept."""
    said: dict = {"role": "assistant", "content": None}
    calls: dict[int, dict] = {}
    for chunk in client.chat.completions.create(model=model, messages=messages, tools=tools, stream=True):
        delta = chunk.choices[0].delta
        if delta.content:
            said["content"] = (said["content"] or "") + delta.content
        for piece in delta.tool_calls or ():
            call = calls.setdefault(piece.index, {"type": "function", "function": {"name": "", "arguments": ""}})
            if piece.id:
                call["id"] = piece.id
            call["function"]["name"] += piece.function.name or ""
            call["function"]["arguments"] += piece.function.arguments or ""
            call.update(piece.model_extra or {})
    if calls:
        said["tool_calls"] = [calls[index] for index in sorted(calls)]
    return said


def plain(message):
    return message if isinstance(message, dict) else message.model_dump(exclude_none=True)


def answered(client, turn, model, messages, tools):
    """Hold one turn of a conversation, with as many steps of calls as the model makes; return the steps."""
    steps = []
    while True:
        message = turn(client, model, messages, tools)
        messages.append(message)
        calls = plain(message).get("tool_calls")
        if not calls:
            return steps
        steps.append([(call["function"]["name"], json.loads(call["function"]["arguments"])) for call in calls])
        assert len({call["id"] for call in calls}) == len(calls)
        for call in calls:
            told = f"{call['function']['name']} says sunny in {json.loads(call['function']['arguments'])['city']}"
            messages.append({"role": "tool", "tool_call_id": call["id"], "content": told})


@pytest.mark.parametrize("turn", [whole_turn, streamed_turn, pieced_turn])
@pytest.mark.parametrize("model", [FLASH, PRO, NEWEST, "gemini-4-argon"])
def test_a_loop_of_tools_over_turns(front, client, turn, model):
    messages = [{"role": "user", "content": "What is the weather in Vienna and Graz, then get_time there"}]
    steps = answered(client, turn, model, messages, [WEATHER, TIME])
    assert steps == [
        [("get_weather", {"city": "Vienna"}), ("get_weather", {"city": "Graz"})],
        [("get_time", {"city": "Vienna"}), ("get_time", {"city": "Graz"})],
    ]
    assert "get_time says sunny in Graz" in plain(messages[-1])["content"]
    messages.append({"role": "user", "content": "And what is the weather in Linz?"})
    assert answered(client, turn, model, messages, [WEATHER, TIME]) == [[("get_weather", {"city": "Linz"})]]
    assert "sunny in Linz" in plain(messages[-1])["content"]
    *_, last = front.asked()
    signed = [part for content in last["contents"] for part in content["parts"] if "thoughtSignature" in part]
    assert len([part for part in signed if "functionCall" in part]) == 3
    roles = [content["role"] for content in last["contents"]]
    assert roles == ["user", "model", "user", "model", "user", "model", "user", "model", "user"]


def test_signatures_of_flash_are_kept_when_it_thinks(front, client):
    messages = [{"role": "user", "content": "What is the weather in Vienna?"}]
    for _ in range(2):
        reply = client.chat.completions.create(model=FLASH, messages=messages, tools=[WEATHER], reasoning_effort="low")
        message = reply.choices[0].message
        messages.append(message)
        messages += [{"role": "tool", "tool_call_id": c.id, "content": "sunny"} for c in message.tool_calls or ()]
    _, body = front.asked()
    (call,) = [part for part in body["contents"][1]["parts"] if "functionCall" in part]
    assert call["thoughtSignature"] == messages[1].tool_calls[0].extra_content["google"]["thought_signature"]


def test_a_signature_that_is_lost_is_made_up_for(client):
    """Clients that keep nothing but the standard fields are answered nevertheless."""
    messages = [{"role": "user", "content": "What is the weather in Vienna?"}]
    message = client.chat.completions.create(model=PRO, messages=messages, tools=[WEATHER]).choices[0].message
    (call,) = message.tool_calls
    bare = {"id": call.id, "type": "function", "function": call.function.model_dump()}
    messages += [
        {"role": "assistant", "content": None, "tool_calls": [bare]},
        {"role": "tool", "tool_call_id": call.id, "content": "sunny"},
    ]
    done = client.chat.completions.create(model=PRO, messages=messages, tools=[WEATHER])
    assert "sunny" in done.choices[0].message.content


@pytest.mark.parametrize("choice", ["none", "required", {"type": "function", "function": {"name": "get_time"}}])
def test_tool_choice(chat, choice):
    messages = [{"role": "user", "content": "What is the weather in Vienna?"}]
    message = chat.create(model=FLASH, messages=messages, tools=[WEATHER, TIME], tool_choice=choice).choices[0].message
    called = [call.function.name for call in message.tool_calls or ()]
    expected = {"none": [], "required": ["get_weather"]}
    assert called == (expected[choice] if isinstance(choice, str) else ["get_time"])


# ---------------------------------------------------------------------------------------------- media, grounding


def test_an_image_in(front, chat):
    content = [{"type": "text", "text": "What is it?"}, {"type": "image_url", "image_url": {"url": PIXEL}}]
    reply = chat.create(model=FLASH, messages=[{"role": "user", "content": content}])
    assert "image/png" in reply.choices[0].message.content
    (body,) = front.asked()
    assert body["contents"][0]["parts"][1]["inlineData"] == {"mimeType": "image/png", "data": PIXEL.partition(",")[2]}


@pytest.mark.parametrize("model", ["gemini-2.5-flash-image", "gemini-3-pro-image-preview"])
def test_an_image_out_and_in_again(client, model):
    messages = [{"role": "user", "content": "Draw a cat"}]
    asked = {"model": model, "modalities": ["image", "text"]}
    message = client.chat.completions.create(messages=messages, **asked).choices[0].message
    (image,) = message.images
    head, _, data = image["image_url"]["url"].partition(",")
    assert head == "data:image/png;base64"
    assert base64.b64decode(data).startswith(b"\x89PNG")
    with client.chat.completions.stream(messages=messages, **asked) as stream:
        for _ in stream:
            pass
        streamed = stream.get_final_completion().choices[0].message
    assert streamed.images[0]["image_url"]["url"] == image["image_url"]["url"]
    for history in (message, streamed):
        follow = [*messages, history, {"role": "user", "content": "Now a dog"}]
        assert client.chat.completions.create(messages=follow, **asked).choices[0].message.images


def test_speech(chat):
    reply = chat.create(
        model="gemini-2.5-flash-preview-tts",
        messages=[{"role": "user", "content": "Say hello in a friendly voice"}],
        modalities=["audio"],
        audio={"voice": "Kore", "format": "pcm16"},
    )
    audio = reply.choices[0].message.audio
    assert len(base64.b64decode(audio.data)) > 1000
    assert reply.usage.completion_tokens_details.audio_tokens > 0


@pytest.mark.parametrize("streamed", [False, True])
def test_citations(client, streamed):
    # With a `type`, since the helper looks at it.
    asked = {"model": FLASH, "messages": HELLO, "tools": [{"type": "googleSearch", "googleSearch": {}}]}
    if streamed:
        with client.chat.completions.stream(**asked) as stream:
            for _ in stream:
                pass
            message = stream.get_final_completion().choices[0].message
        cited = [annotation["url_citation"] for annotation in plain(message)["annotations"]]
    else:
        message = client.chat.completions.create(**asked).choices[0].message
        cited = [annotation.url_citation.model_dump() for annotation in message.annotations]
    assert [one["url"] for one in cited] == ["https://example.com/overview", "https://example.org/history"]
    pieces = [message.content[one["start_index"] : one["end_index"]] for one in cited]
    assert pieces[0].startswith("According to public sources")
    assert pieces[0].endswith("overview.")
    assert pieces[1].endswith("Zürich 🏔️.")


# ---------------------------------------------------------------------------------------------- errors


def failing(client, said, model=FLASH, **asked):
    with pytest.raises(openai.APIError) as caught:
        client.chat.completions.create(model=model, messages=[{"role": "user", "content": said}], **asked)
    return caught.value


def listen(client, said, told):
    """Add the chunks of a stream to `told`, until it ends or fails."""
    messages = [{"role": "user", "content": said}]
    for chunk in client.chat.completions.create(model=FLASH, messages=messages, stream=True):
        told.append(chunk)


def test_a_wrong_key(front):
    with front.openai(api_key="invalid") as client:
        error = failing(client, "Hi")
    assert isinstance(error, openai.AuthenticationError)
    assert error.code == "invalid_api_key"
    assert "not valid" in error.message


def test_a_parameter_that_is_wrong(client):
    error = failing(client, "Hi", temperature=5)
    assert isinstance(error, openai.BadRequestError)
    assert error.type == "invalid_request_error"
    assert error.response.headers["x-request-id"]


def test_a_parameter_that_we_refuse_names_its_place(client, front):
    error = failing(client, "Hi", model=PRO, n=2)
    assert isinstance(error, openai.BadRequestError)
    assert error.param == "n"
    assert "one candidate only" in error.message
    assert error.response.headers["x-should-retry"] == "false"
    assert front.asked() == []


def test_a_model_that_is_not_there(client):
    error = failing(client, "Hi", model="gemini-77-none")
    assert isinstance(error, openai.NotFoundError)


def test_a_quota_says_when_to_come_again(client):
    error = failing(client, "Hi [[quota]]")
    assert isinstance(error, openai.RateLimitError)
    assert error.response.headers["retry-after"] == "2"
    assert error.code == "rate_limit_exceeded"


@pytest.mark.parametrize(
    ("script", "status", "stream"),
    [
        ("[[error INTERNAL]]", 500, False),
        ("[[error INTERNAL]]", 500, True),
        ("[[error UNAVAILABLE]]", 503, False),
        ("[[error UNAVAILABLE]]", 503, True),
        ("[[error DEADLINE_EXCEEDED]]", 504, False),
        ("[[html]]", 502, False),
        ("[[html]]", 502, True),
        ("[[garbage]]", 502, False),
        ("[[silence]]", 502, False),
    ],
)
def test_a_server_that_fails(client, script, status, stream):
    error = failing(client, f"Hi {script}", stream=stream)
    assert isinstance(error, openai.InternalServerError)
    assert error.status_code == status


@pytest.mark.parametrize("script", ["[[garbage]]", "[[silence]]", "[[fail 2]]", "[[cut 2]]", "[[cut 0]]", "[[fail 0]]"])
def test_a_stream_that_breaks_is_an_error_and_never_an_end(client, script):
    told = []
    with pytest.raises(openai.APIError):
        listen(client, f"Hi {script}", told)
    assert [choice.finish_reason for chunk in told for choice in chunk.choices if choice.finish_reason] == []


def test_an_error_in_mid_stream_says_what_it_is(client):
    told = []
    with pytest.raises(openai.APIError, match="overloaded") as caught:
        listen(client, "Hi [[fail 2]]", told)
    assert text(told)
    assert caught.value.type == "service_unavailable_error"


def test_a_client_that_tries_again_is_answered(front):
    with front.openai(max_retries=2) as client:
        reply = client.chat.completions.create(
            model=FLASH, messages=[{"role": "user", "content": "Patience, two tries [[tired]]"}]
        )
    assert "Patience" in reply.choices[0].message.content
    assert len(front.asked()) == 3


def test_a_client_does_not_try_again_what_is_refused(front):
    with front.openai(max_retries=5) as client:
        began = time.monotonic()
        error = failing(client, "Hi [[error INVALID_ARGUMENT]]")
    assert isinstance(error, openai.BadRequestError)
    assert time.monotonic() - began < 1
    assert len(front.asked()) == 1


def test_a_client_that_waits_no_longer(front):
    with front.openai(timeout=0.3) as client, pytest.raises(openai.APITimeoutError):
        client.chat.completions.create(model=FLASH, messages=[{"role": "user", "content": "Hi [[delay 5]]"}])


def settled(emulator, name):
    """Wait until the last request's entry says how it ended."""
    for _ in range(200):
        last = emulator.requests()[-1]
        if name in last:
            return last
        time.sleep(0.02)
    raise AssertionError(f"no {name} after 4 s: {last}")


def test_a_client_that_leaves_a_stream_ends_it_upstream(front, client):
    stream = client.chat.completions.create(
        model=FLASH, messages=[{"role": "user", "content": "Hi [[pace 0.05]] [[size 200000]]"}], stream=True
    )
    for _ in zip(range(3), stream, strict=False):
        pass
    stream.close()
    assert settled(front.emulator, "ended")["ended"] == "left"


@pytest.mark.anyio
async def test_a_task_that_is_cancelled_ends_its_request_upstream(front):
    async with front.async_openai() as client:
        begun = asyncio.Event()

        async def listen():
            messages = [{"role": "user", "content": "Hi [[pace 0.05]] [[size 200000]]"}]
            async for _ in await client.chat.completions.create(model=FLASH, messages=messages, stream=True):
                begun.set()

        task = asyncio.create_task(listen())
        await begun.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert (await asyncio.to_thread(settled, front.emulator, "ended"))["ended"] == "left"


def test_pieces_come_as_they_are_made(client):
    """Nothing gathers a stream on its way."""
    stream = client.chat.completions.create(
        model=FLASH, messages=[{"role": "user", "content": "Hi [[pace 0.1]]"}], stream=True
    )
    times = [time.monotonic() for chunk in stream if chunk.choices[0].delta.content]
    assert times[-1] - times[0] > 0.2


def test_an_upstream_that_is_not_there(emulator):
    with (
        gateway(emulator, "http://127.0.0.1:9", front=["openai"], back="gemini") as lonely,
        lonely.openai() as client,
    ):
        error = failing(client, "Hi")
    assert isinstance(error, openai.InternalServerError)
    assert error.status_code == 502
    assert "127.0.0.1" not in error.message


def test_an_upstream_that_says_nothing(emulator):
    with (
        gateway(emulator, front=["openai"], back="gemini", limits={"first_byte": 0.3, "idle": 0.3}) as hasty,
        hasty.openai() as client,
    ):
        error = failing(client, "Hi [[delay 5]]")
        with pytest.raises(openai.APIError, match="said nothing"):
            list(
                client.chat.completions.create(
                    model=FLASH, messages=[{"role": "user", "content": "Hi [[pace 2]]"}], stream=True
                )
            )
    assert isinstance(error, openai.InternalServerError)
    assert error.status_code == 504


# ---------------------------------------------------------------------------------------------- models, headers


def test_models(client):
    listed = {model.id: model for model in client.models.list()}
    assert {FLASH, PRO, NEWEST} <= set(listed)
    one = client.models.retrieve(FLASH)
    assert one == listed[FLASH]
    assert (one.object, one.id) == ("model", FLASH)
    with pytest.raises(openai.NotFoundError):
        client.models.retrieve("gemini-77-none")


def test_headers_say_what_was_lost(client):
    raw = client.chat.completions.with_raw_response.create(
        model=FLASH, messages=HELLO, logit_bias={"1734": -100}, user="me"
    )
    count, *rules = raw.headers["x-isogloss-losses"].split()
    assert int(count) >= len(rules) > 0
    assert "chat.request.logit_bias" in rules
    assert raw.headers["x-isogloss-ruleset"].startswith("1.")
    assert raw.headers["x-request-id"]
    assert raw.parse().choices[0].message.content
    assert raw.request_id == raw.headers["x-request-id"]


def test_headers_of_a_stream(client):
    with client.chat.completions.with_streaming_response.create(
        model=FLASH, messages=HELLO, logit_bias={"1734": -100}, stream=True
    ) as raw:
        lines = [line for line in raw.iter_lines() if line]
    assert raw.headers["content-type"].startswith("text/event-stream")
    assert "chat.request.logit_bias" in raw.headers["x-isogloss-losses"]
    *_, remark, done = lines
    assert remark.startswith(": x-isogloss-losses: ")
    assert "chat.request.logit_bias" in remark
    assert done == "data: [DONE]"


@pytest.mark.parametrize("stream", [False, True])
def test_the_account_on_demand(client, stream):
    reply = client.chat.completions.create(
        model=FLASH, messages=HELLO, logit_bias={"1": 1}, stream=stream, extra_headers={"x-isogloss-explain": "1"}
    )
    told = [chunk.model_extra for chunk in reply if "isogloss" in chunk.model_extra] if stream else [reply.model_extra]
    (extra,) = told
    assert "/logit_bias" in [loss["pointer"] for loss in extra["isogloss"]["losses"]]
    assert extra["isogloss"]["ledger"]


def test_a_strict_gateway_lists_what_would_be_lost(emulator):
    with gateway(emulator, front=["openai"], back="gemini", strict=True) as strict, strict.openai() as client:
        with pytest.raises(openai.BadRequestError, match="no bias") as caught:
            client.chat.completions.create(model=FLASH, messages=HELLO, logit_bias={"1": 1})
        assert caught.value.param == "logit_bias"
        assert client.chat.completions.create(model=FLASH, messages=HELLO).choices[0].message.content
