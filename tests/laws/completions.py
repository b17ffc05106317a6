"""Documents of legacy completions in both dialects, valid by the schemas of both."""

from hypothesis import strategies as st
from laws.strategies import Object, Strategy, some, words

MODELS = ["gemini-2.0-flash", "gemini-2.5-flash", "gemini-3-pro-preview", "gemini-3.8-flash"]
OPENAI_MODELS = ["gpt-3.5-turbo-instruct", "llama-3"]
TEXTS = st.text(min_size=1, max_size=20)
COUNTS = st.integers(0, 99)
ENDS = ["STOP", "MAX_TOKENS", "SAFETY"]


def openai_request() -> Strategy[Object]:
    """A prompt, alone or in a list, with settings."""
    optional = {
        "best_of": st.integers(1, 3),
        "echo": st.booleans(),
        "frequency_penalty": st.sampled_from([0, 0.5]),
        "logit_bias": st.just({}),
        "logprobs": st.integers(0, 5),
        "max_tokens": st.integers(1, 99),
        "n": st.just(1),
        "presence_penalty": st.sampled_from([0, -1]),
        "seed": st.integers(0, 99),
        "stop": TEXTS | st.lists(TEXTS, min_size=1, max_size=4),
        "suffix": st.just(""),
        "temperature": st.sampled_from([0, 0.5, 1]),
        "top_p": st.sampled_from([0.5, 1]),
        "user": words,
    }
    return some({"model": words, "prompt": TEXTS | TEXTS.map(lambda text: [text])}, optional, 5)


def gemini_request() -> Strategy[Object]:
    """One user's turn of one text."""
    config = {
        "maxOutputTokens": st.integers(1, 99),
        "seed": st.integers(0, 99),
        "stopSequences": st.lists(TEXTS, min_size=1, max_size=4),
        "temperature": st.sampled_from([0, 0.5, 1]),
        "topP": st.sampled_from([0.5, 1]),
    }
    turn = some({"parts": some({"text": TEXTS}).map(lambda part: [part])}, {"role": st.just("user")})
    return some({"contents": turn.map(lambda one: [one])}, {"generationConfig": some({}, config, 4)})


@st.composite
def _logprobs(draw: st.DrawFn) -> Object:
    tokens = draw(st.lists(TEXTS, min_size=1, max_size=3))
    numbers = [draw(st.sampled_from([-0.5, -1.25])) for _ in tokens]
    return {
        "tokens": tokens,
        "token_logprobs": numbers,
        "top_logprobs": [{token: number} for token, number in zip(tokens, numbers, strict=True)],
        "text_offset": [sum(map(len, tokens[:index])) for index in range(len(tokens))],
    }


@st.composite
def openai_response(draw: st.DrawFn) -> Object:
    """Texts, some with logprobs."""
    texts = draw(st.lists(st.text(max_size=20), min_size=1, max_size=3))
    ends = st.sampled_from(["stop", "length", "content_filter"])
    choices = [
        {"index": index, "text": text, "finish_reason": draw(ends), "logprobs": draw(st.none() | _logprobs())}
        for index, text in enumerate(texts)
    ]
    asked, told = draw(COUNTS), draw(COUNTS)
    usage = {"prompt_tokens": asked, "completion_tokens": told, "total_tokens": asked + told}
    head = {"id": draw(words), "object": "text_completion", "created": 1_700_000_000, "model": draw(words)}
    return {**head, "choices": choices, "usage": usage}


@st.composite
def gemini_response(draw: st.DrawFn) -> Object:
    """Candidates of text."""
    texts = draw(st.lists(TEXTS, min_size=1, max_size=3))
    candidates = [
        {"index": index, "content": {"role": "model", "parts": [{"text": text}]}, "finishReason": one}
        for index, (text, one) in enumerate(zip(texts, draw(st.permutations(ENDS)), strict=False))
    ]
    asked, told = draw(st.integers(1, 99)), draw(st.integers(1, 99))
    usage = {"promptTokenCount": asked, "candidatesTokenCount": told, "totalTokenCount": asked + told}
    return {"candidates": candidates, "usageMetadata": usage, "responseId": draw(words), "modelVersion": draw(words)}


DRAWN = {
    ("completions.request", "openai"): openai_request(),
    ("completions.request", "gemini"): gemini_request(),
    ("completions.response", "openai"): openai_response(),
    ("completions.response", "gemini"): gemini_response(),
}
