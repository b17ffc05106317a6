"""Sources of a reply: groundingMetadata with byte offsets, urlContextMetadata.

https://ai.google.dev/gemini-api/docs/google-search: offsets count bytes of UTF-8, and 0 is left out, as in all of the
API's JSON.
"""

from __future__ import annotations

import re
from typing import Any, Final

_URL: Final = re.compile(r"https?://[^\s<>\"“”]+[^\s<>\"“”.,;:!?)]")


def metadata(text: str, sentences: list[str], sources: list[dict[str, str]], query: str) -> dict[str, Any]:
    """Return groundingMetadata for `text`, in which each sentence rests on the source with the same number."""
    supports = [
        {"segment": _segment(text, sentence), "groundingChunkIndices": [index % len(sources)]}
        for index, sentence in enumerate(sentences)
        if sentence in text
    ]
    return {
        "searchEntryPoint": {"renderedContent": f'<div class="container">{query}</div>'},
        "groundingChunks": [{"web": {"uri": one["uri"], "title": one["title"]}} for one in sources],
        "groundingSupports": supports,
        "webSearchQueries": [query],
    }


def _segment(text: str, sentence: str) -> dict[str, Any]:
    start = len(text[: text.index(sentence)].encode())
    first = {"startIndex": start} if start else {}
    return {**first, "endIndex": start + len(sentence.encode()), "text": sentence}


def pages(prompt: str) -> dict[str, Any]:
    """Return urlContextMetadata for the addresses that a prompt holds."""
    found = dict.fromkeys(_URL.findall(prompt))
    return {
        "urlMetadata": [{"retrievedUrl": url, "urlRetrievalStatus": "URL_RETRIEVAL_STATUS_SUCCESS"} for url in found]
    }
