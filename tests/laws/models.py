"""Documents of models, counts and deleted files, valid by the schemas of both dialects."""

from hypothesis import strategies as st
from laws import media
from laws import strategies as draw
from laws.strategies import Object, Strategy, one, some, words

NAMES = st.text("abc123-.", min_size=1, max_size=8)
METHODS = st.lists(one("generateContent", "countTokens", "embedContent", "predict", "sing"), max_size=3, unique=True)
COUNTS = st.integers(0, 2**20)


def openai_model() -> Strategy[Object]:
    """A model of OpenAI's own, or of a server that says more in its dialect."""
    own = {"id": NAMES, "object": one("model"), "created": st.integers(0, 2_000_000_000), "owned_by": words}
    more = {
        "shutdown_date": st.none() | one("2027-01-01"),
        "context_window": COUNTS,
        "max_completion_tokens": COUNTS,
        "capabilities": st.lists(one("chat", "embeddings", "token_count", "sing"), max_size=2, unique=True),
        "display_name": words,
    }
    return some(own, more)


def gemini_model() -> Strategy[Object]:
    """A model, of which any word may be left out but its name."""
    optional = {
        "baseModelId": words,
        "version": words,
        "displayName": words,
        "description": words,
        "inputTokenLimit": COUNTS,
        "outputTokenLimit": COUNTS,
        "supportedGenerationMethods": METHODS,
        "temperature": one(0, 1, 0.5),
        "maxTemperature": one(2),
        "topP": one(0.95),
        "topK": one(64),
        "thinking": st.booleans(),
    }
    return some({"name": NAMES.map("models/{}".format) | NAMES.map("tunedModels/{}".format)}, optional, 6)


def openai_list() -> Strategy[Object]:
    """A list of models, of which some say where they begin and end."""
    listed = {"object": one("list"), "data": st.lists(openai_model(), max_size=3)}
    return some(listed, {"first_id": words, "last_id": words, "has_more": st.booleans()}, 1)


def gemini_list() -> Strategy[Object]:
    """The same; one of none is empty."""
    return some({}, {"models": st.lists(gemini_model(), min_size=1, max_size=3), "nextPageToken": words}, 2)


def gemini_count() -> Strategy[Object]:
    """What shall be counted: turns, or a whole request."""
    request = media.asked(some({"text": words}), {})
    return request.map(lambda said: {"contents": said["contents"]}) | some({"generateContentRequest": request})


#: Documents by phase and dialect. Tokens are counted for callers of Google's dialect only; of what was deleted Google
#: says nothing, so that only an exchange could tell it.
DRAWN = {
    ("count.request", "gemini"): gemini_count(),
    ("count.response", "openai"): draw.openai_response(extensions=False),
    ("models.get.response", "openai"): openai_model(),
    ("models.get.response", "gemini"): gemini_model(),
    ("models.list.response", "openai"): openai_list(),
    ("models.list.response", "gemini"): gemini_list(),
    ("files.delete.response", "openai"): some({"id": NAMES, "object": one("file"), "deleted": st.booleans()}),
}
