"""What people build on the openai client, as its users have it: LangChain, pydantic-ai, instructor."""

import json
import subprocess

import openai
import pytest
from environments import environment
from langchain_core.messages import AIMessage, HumanMessage, ToolMessage
from langchain_core.tools import tool
from langchain_openai import ChatOpenAI
from pydantic import BaseModel, SecretStr
from pydantic_ai import Agent
from pydantic_ai.models.openai import OpenAIChatModel
from pydantic_ai.providers.openai import OpenAIProvider

FLASH = "gemini-2.5-flash"
PRO = "gemini-3-pro-preview"
MODELS = [FLASH, PRO, "gemini-3.8-flash"]


class Person(BaseModel):
    """A person."""

    name: str
    age: int


# ---------------------------------------------------------------------------------------------- LangChain


@pytest.fixture
def langchain(front):
    def made(model, **more):
        return ChatOpenAI(model=model, base_url=front.api, api_key=SecretStr("k"), max_retries=0, **more)

    return made


@tool
def get_weather(city: str) -> str:
    """Tell the weather in a city."""
    return f"sunny in {city}"


@pytest.mark.parametrize("model", MODELS)
def test_langchain_invoke_and_stream(langchain, model):
    chat = langchain(model, stream_usage=True)
    whole = chat.invoke("Grüß Gott")
    assert "Grüß Gott" in whole.content
    chunks = list(chat.stream("Grüß Gott"))
    assert "".join(str(chunk.content) for chunk in chunks) == whole.content
    added = chunks[0]
    for chunk in chunks[1:]:
        added += chunk
    assert added.usage_metadata == whole.usage_metadata
    assert whole.usage_metadata["total_tokens"] > whole.usage_metadata["input_tokens"] > 0


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("streamed", [False, True])
def test_langchain_tools(langchain, model, streamed):
    chat = langchain(model).bind_tools([get_weather])
    messages = [HumanMessage("What is the weather in Vienna and Graz?")]
    for _ in range(3):
        if streamed:
            first, *rest = chat.stream(messages)
            answer = first
            for chunk in rest:
                answer += chunk
        else:
            answer = chat.invoke(messages)
        messages.append(answer)
        if not answer.tool_calls:
            break
        assert [call["args"] for call in answer.tool_calls] == [{"city": "Vienna"}, {"city": "Graz"}]
        messages += [get_weather.invoke(call) for call in answer.tool_calls]
    assert isinstance(messages[2], ToolMessage)
    assert isinstance(messages[-1], AIMessage)
    assert "sunny in Vienna" in messages[-1].content


@pytest.mark.parametrize("method", ["json_schema", "function_calling", "json_mode"])
def test_langchain_structured_output(langchain, method):
    asked = "Introduce Ada, as JSON" if method != "json_mode" else 'As JSON: Ada [[say {"name": "Ada", "age": 36}]]'
    assert isinstance(langchain(PRO).with_structured_output(Person, method=method).invoke(asked), Person)


@pytest.mark.anyio
async def test_langchain_of_coroutines(langchain):
    async with openai.DefaultAsyncHttpxClient() as http:  # to close it: LangChain keeps its own one open
        chunks = [chunk async for chunk in langchain(FLASH, http_async_client=http).astream("Grüß Gott")]
    assert "Grüß Gott" in "".join(str(chunk.content) for chunk in chunks)


# ---------------------------------------------------------------------------------------------- pydantic-ai


@pytest.fixture
async def agent(front):
    # A client of our own only to close it: pydantic-ai keeps its own one open for the next agent.
    async with openai.AsyncOpenAI(base_url=front.api, api_key="k", max_retries=0) as client:
        provider = OpenAIProvider(openai_client=client)
        yield lambda model, **more: Agent(OpenAIChatModel(model, provider=provider), **more)


@pytest.mark.anyio
@pytest.mark.parametrize("model", MODELS)
async def test_pydantic_ai_run_and_stream(agent, model):
    one = agent(model, instructions="Be short.")
    whole = await one.run("Grüß Gott")
    assert "Grüß Gott" in whole.output
    async with one.run_stream("Grüß Gott") as stream:
        pieces = [piece async for piece in stream.stream_text(delta=True, debounce_by=None)]
        assert "".join(pieces) == whole.output
        assert len(pieces) > 3
    again = await one.run("And again", message_history=whole.all_messages())
    assert "turn 2" in again.output


@pytest.mark.anyio
@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("streamed", [False, True])
async def test_pydantic_ai_tools(agent, model, streamed):
    seen = []
    one = agent(model)

    @one.tool_plain
    def get_weather(city: str) -> str:
        seen.append(city)
        return f"sunny in {city}"

    asked = "What is the weather in Vienna and Graz?"
    if streamed:
        async with one.run_stream(asked) as stream:
            output = await stream.get_output()
    else:
        output = (await one.run(asked)).output
    assert sorted(seen) == ["Graz", "Vienna"]
    assert "sunny in Graz" in output


@pytest.mark.anyio
@pytest.mark.parametrize("model", MODELS)
async def test_pydantic_ai_structured_output(agent, model):
    done = await agent(model, output_type=Person).run("Introduce Ada")
    assert isinstance(done.output, Person)


# ---------------------------------------------------------------------------------------------- instructor


#: instructor holds back jiter, and openai with it: it cannot live beside the newest client.
INSTRUCTOR = ["instructor==1.17.0", "openai==3.3.0"]
SCRIPT = """
import json, sys
import instructor, openai
from pydantic import BaseModel

class Person(BaseModel):
    name: str
    age: int

told = {}
with openai.OpenAI(base_url=sys.argv[1], api_key="k", max_retries=0) as client:
    for mode in (instructor.Mode.TOOLS, instructor.Mode.JSON, instructor.Mode.JSON_SCHEMA):
        for model in sys.argv[2:]:
            said = "Introduce Ada"
            if mode is instructor.Mode.JSON:  # its schema stands in the prompt, which the emulator cannot read
                said += ' [[say {"name": "Ada", "age": 36}]]'
            person = instructor.from_openai(client, mode=mode).chat.completions.create(
                model=model, response_model=Person, max_retries=0, messages=[{"role": "user", "content": said}]
            )
            told[f"{mode.name} {model}"] = person.model_dump()
print(json.dumps(told))
"""


def test_instructor(front):
    done = subprocess.run(
        [environment("instructor", *INSTRUCTOR), "-c", SCRIPT, front.api, *MODELS], capture_output=True, check=False
    )
    assert done.returncode == 0, done.stderr.decode()[-3000:]
    told = json.loads(done.stdout)
    assert len(told) == 3 * len(MODELS)
    assert all(isinstance(Person.model_validate(person), Person) for person in told.values())
