"""Documents of files in both dialects, valid by the schemas of both."""

import datetime as dt

from hypothesis import strategies as st
from laws.strategies import EIGHT, Object, Strategy, some, words

IDS = st.text("abc123-_", min_size=1, max_size=8)
SECONDS = st.integers(0, 2_000_000_000)
TIMES = SECONDS.map(lambda one: dt.datetime.fromtimestamp(one, dt.UTC).isoformat().replace("+00:00", "Z"))
SIZES = st.integers(0, 2**40)
MEDIA = st.sampled_from(["text/plain", "video/mp4", "application/octet-stream"])
PURPOSES = st.sampled_from(["assistants", "batch", "fine-tune", "vision", "user_data"])


def openai_request() -> Strategy[Object]:
    """What a form says of a file."""
    file = some({"filename": words, "content_type": MEDIA}, {"size": SIZES})
    kept = some({"anchor": st.just("created_at"), "seconds": st.integers(3600, 2_592_000)})
    return some({"file": file, "purpose": PURPOSES}, {"expires_after": kept})


def openai_file() -> Strategy[Object]:
    """A file with an id of OpenAI's own, or of ours."""
    required = {
        "id": IDS.map("file-{}".format) | IDS.map("files/{}".format),
        "object": st.just("file"),
        "bytes": SIZES,
        "created_at": SECONDS,
        "filename": words,
        "purpose": PURPOSES,
        "status": st.sampled_from(["uploaded", "processed", "error"]),
    }
    return some(required, {"expires_at": SECONDS, "status_details": words})


def gemini_file() -> Strategy[Object]:
    """A file, of which any word may be left out but its name."""
    optional = {
        "displayName": words,
        "mimeType": MEDIA,
        "sizeBytes": SIZES,
        "createTime": TIMES,
        "updateTime": TIMES,
        "expirationTime": TIMES,
        "sha256Hash": words,
        "uri": IDS.map("https://generativelanguage.googleapis.com/v1beta/files/{}".format),
        "downloadUri": words,
        "state": st.sampled_from(["PROCESSING", "ACTIVE", "FAILED", "STATE_UNSPECIFIED"]),
        "source": st.sampled_from(["UPLOADED", "GENERATED", "REGISTERED"]),
        "videoMetadata": st.just({"videoDuration": "3s"}),
        "error": some({"code": EIGHT, "message": words}),
    }
    return some({"name": IDS.map("files/{}".format) | IDS.map("files/file-{}".format)}, optional, 8)


def openai_list() -> Strategy[Object]:
    """A list of files, which may go on."""
    listed = {"object": st.just("list"), "data": st.lists(openai_file(), max_size=2), "has_more": st.booleans()}
    return some(listed, {"first_id": words, "last_id": words})


def gemini_list() -> Strategy[Object]:
    """The same; one of none is empty."""
    return some({}, {"files": st.lists(gemini_file(), min_size=1, max_size=2), "nextPageToken": words})


#: Documents by phase and dialect. An upload in Google's steps is sent to nobody else.
DRAWN = {
    ("files.create.request", "openai"): openai_request(),
    ("files.create.response", "openai"): openai_file(),
    ("files.create.response", "gemini"): some({"file": gemini_file()}),
    ("files.get.response", "openai"): openai_file(),
    ("files.get.response", "gemini"): gemini_file(),
    ("files.list.response", "openai"): openai_list(),
    ("files.list.response", "gemini"): gemini_list(),
}
