"""Documents of embeddings in both dialects, valid by the schemas of both."""

from hypothesis import strategies as st
from laws.strategies import Object, Strategy, some, words

#: Families that take one text for each input, and others.
MODELS = ["gemini-embedding-001", "gemini-embedding-2", "text-embedding-004"]
OPENAI_MODELS = ["text-embedding-3-small", "text-embedding-3-large"]
TEXTS = st.text(min_size=1, max_size=20)
SIZES = st.sampled_from([1, 128, 256, 768])
TASKS = st.sampled_from(["RETRIEVAL_QUERY", "RETRIEVAL_DOCUMENT", "CLUSTERING", "TASK_TYPE_UNSPECIFIED"])
#: Numbers of 32 bits, which go into base64 and come back.
VECTORS = st.lists(st.floats(-1, 1, width=32), min_size=1, max_size=6)


def openai_request() -> Strategy[Object]:
    """A text, texts, or what only Gemini takes beside them."""
    inputs = TEXTS | st.lists(TEXTS, min_size=1, max_size=4)
    optional = {"encoding_format": st.sampled_from(["float", "base64"]), "dimensions": SIZES, "user": words}
    return some({"model": st.sampled_from(MODELS), "input": inputs}, optional)


def _content() -> Strategy[Object]:
    part = some({"text": TEXTS})
    return some({"parts": st.lists(part, min_size=1, max_size=1)}, {"role": st.just("user")})


@st.composite
def gemini_request(draw: st.DrawFn) -> Object:
    """One content, or several that ask for the same."""
    said = draw(some({}, {"outputDimensionality": SIZES, "taskType": TASKS, "title": words}))
    if draw(st.booleans()):
        return {"content": draw(_content()), **said}
    contents = draw(st.lists(_content(), min_size=1, max_size=4))
    return {"requests": [{"model": "models/gemini-embedding-2", "content": content, **said} for content in contents]}


def openai_response() -> Strategy[Object]:
    """Vectors as numbers."""
    vectors = st.lists(VECTORS, min_size=1, max_size=3)
    return st.builds(_told, vectors, st.sampled_from(MODELS), st.integers(1, 99))


def _told(vectors: list[list[float]], model: str, count: int) -> Object:
    data = [{"object": "embedding", "index": index, "embedding": vector} for index, vector in enumerate(vectors)]
    return {"object": "list", "data": data, "model": model, "usage": {"prompt_tokens": count, "total_tokens": count}}


def gemini_response() -> Strategy[Object]:
    """Vectors, counted or not."""
    counts = some({"promptTokenCount": st.integers(1, 99)})
    return some({"embeddings": st.lists(some({"values": VECTORS}), min_size=1, max_size=3)}, {"usageMetadata": counts})


DRAWN = {
    ("embeddings.request", "openai"): openai_request(),
    ("embeddings.request", "gemini"): gemini_request(),
    ("embeddings.response", "openai"): openai_response(),
    ("embeddings.response", "gemini"): gemini_response(),
}
