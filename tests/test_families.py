"""Every name of a model finds its family; a new family is one file."""

from pathlib import Path

import isogloss
import pytest
from isogloss import families, library

#: Every model that LiteLLM's page about Gemini names.
PAGE = {
    "gemini-pro": "gemini-1.0",
    "gemini-pro-vision": "gemini-1.0",
    "gemini-1.5-pro": "gemini-1.5",
    "gemini-1.5-pro-latest": "gemini-1.5",
    "gemini-1.5-flash": "gemini-1.5",
    "gemini-1.5-flash-001": "gemini-1.5",
    "gemini-2.0-flash": "gemini-2.0",
    "gemini-2.0-flash-exp": "gemini-2.0",
    "gemini-2.0-flash-lite-preview-02-05": "gemini-2.0",
    "gemini-2.0-flash-thinking-exp-01-21": "gemini-2.0-thinking",
    "gemini-2.0-flash-exp-image-generation": "gemini-2.0-image",
    "gemini-2.5-flash": "gemini-2.5-flash",
    "gemini-2.5-flash-preview-04-17": "gemini-2.5-flash",
    "gemini-2.5-flash-preview-09-2025": "gemini-2.5-flash",
    "gemini-2.5-flash-lite-preview-09-2025": "gemini-2.5-flash-lite",
    "gemini-2.5-flash-preview-tts": "gemini-2.5-tts",
    "gemini-2.5-pro-preview-tts": "gemini-2.5-tts",
    "gemini-3-pro-preview": "gemini-3-pro",
    "gemini-flash-latest": "gemini-3.8-flash",
    "gemini-flash-lite-latest": "gemini-3.5-flash-lite",
}

#: Google's models in November 2026 that answer generateContent or embed, and their elders.
GOOGLE = {
    "gemini-4-argon": "gemini-4-argon",
    "gemini-3.8-flash": "gemini-3.8-flash",
    "gemini-3.7-flash": "gemini-3.7-flash",
    "gemini-3.6-flash": "gemini-3.6-flash",
    "gemini-3.5-flash": "gemini-3.5-flash",
    "gemini-3.5-flash-lite": "gemini-3.5-flash-lite",
    "gemini-3.1-flash-lite": "gemini-3.1-flash-lite",
    "gemini-3.1-pro-preview": "gemini-3.1-pro",
    "gemini-3.1-pro-preview-customtools": "gemini-3.1-pro",
    "gemini-pro-latest": "gemini-3.1-pro",
    "gemini-3-flash-preview": "gemini-3-flash",
    "gemini-2.5-pro": "gemini-2.5-pro",
    "gemini-2.5-pro-preview-06-05": "gemini-2.5-pro",
    "gemini-2.5-flash-lite": "gemini-2.5-flash-lite",
    "gemma-4-31b-it": "gemma-4",
    "gemma-4-26b-a4b-it": "gemma-4",
    "gemma-3-27b-it": "gemma",
    "gemini-robotics-er-2-preview": "gemini-3.5-flash",
    "gemini-robotics-er-1.6-preview": "gemini-2.5-flash",
    "gemini-nano-banana-2.1": "gemini-3.1-flash-image",
    "gemini-3.1-flash-image": "gemini-3.1-flash-image",
    "gemini-3.1-flash-lite-image": "gemini-3.1-flash-image",
    "gemini-3-pro-image": "gemini-3-pro-image",
    "gemini-3-pro-image-preview": "gemini-3-pro-image",
    "nano-banana-pro-preview": "gemini-3-pro-image",
    "gemini-2.5-flash-image": "gemini-2.5-image",
    "nano-banana": "gemini-2.5-image",
    "gemini-2.0-flash-preview-image-generation": "gemini-2.0-image",
    "gemini-3.8-flash-tts": "gemini-3.8-tts",
    "gemini-3.8-flash-lite-tts": "gemini-3.8-tts",
    "gemini-3.1-flash-tts-preview": "gemini-3.1-tts",
    "gemini-embedding-2": "gemini-embedding-2",
    "gemini-embedding-001": "gemini-embedding-1",
    "text-embedding-004": "text-embedding-004",
    "gemini-3.8-live": "gemini-3.8-live",
    "gemini-3.8-live-extended-thinking": "gemini-3.8-live",
    "gemini-3.5-live-translate-preview": "gemini-3.8-live",
    "gemini-3.5-transcribe-live": "gemini-3.8-live",
    "gemini-2.5-flash-native-audio-preview-09-2025": "gemini-2.5-live",
    "gemini-exp-1206": "gemini-1.5",
    "learnlm-1.5-pro-experimental": "gemini-1.5",
    "learnlm-2.0-flash-experimental": "gemini-2.0",
    "tunedModels/my-model": "gemini-2.0",
}

#: Names that no family knows: by kind, then by line and number, else the newest of the kind.
UNKNOWN = {
    "gemini-3.9-flash": "gemini-3.8-flash",
    "gemini-3.3-flash": "gemini-3-flash",
    "gemini-3.6-flash-turbo": "gemini-3.6-flash",
    "gemini-3.2-pro-preview": "gemini-3.1-pro",
    "gemini-5-pro": "gemini-3.1-pro",
    "gemini-4-flash-lite": "gemini-3.5-flash-lite",
    "gemini-4-hydrogen": "gemini-3.8-flash",
    "gemini-2.5-computer-use-preview-10-2025": "gemini-2.5-flash",
    "gemini-2.7-flash-tts": "gemini-2.5-tts",
    "gemini-3.5-flash-preview-tts": "gemini-3.1-tts",
    "gemini-9-pro-image": "gemini-3-pro-image",
    "gemini-3.6-flash-image": "gemini-3.1-flash-image",
    "some-banana": "gemini-3.1-flash-image",
    "veo-9.0-generate-preview": "veo-3",
    "veo-next": "veo-3",
    "gemma-9-1b-it": "gemma-4",
    "aqa": "gemini-embedding-2",
    # Models of other endpoints: whoever sends them here gets the newest text model's rules, and is told.
    "gemini-3.5-transcribe": "gemini-3.5-flash",
    "lyria-3.5": "gemini-3.8-flash",
    "deep-research-pro-preview": "gemini-3.8-flash",
    "my-own-name": "gemini-3.8-flash",
}

OPENAI = {
    "o1": "openai-o",
    "o3-mini": "openai-o",
    "o4-mini-2025-04-16": "openai-o",
    "gpt-5": "openai-5",
    "gpt-5-mini-2025-08-07": "openai-5",
    "gpt-5-chat-latest": "openai-5-chat",
    "gpt-5-search-api": "openai-search",
    "gpt-4o-mini-search-preview-2025-03-11": "openai-search",
    "gpt-5.1-chat-latest": "openai-5-chat-later",
    "gpt-5.3-chat-latest": "openai-5.3-chat",
    "gpt-5-codex": "openai-codex",
    "gpt-5.1-codex-mini": "openai-codex",
    "gpt-5.1-codex-max": "openai-codex-later",
    "gpt-5.3-codex": "openai-codex-later",
    "gpt-5-pro": "openai-5-pro",
    "gpt-5.4-pro-2026-03-05": "openai-5-pro-later",
    "gpt-5.1-2025-11-13": "openai-5.1",
    "gpt-5.4-mini": "openai-5.2",
    "gpt-5.6-luna": "openai-5.5",
    "gpt-6-sol": "openai-6",
    "gpt-6-astra": "openai-6-thinking",
    "gpt-6.1-sol": "openai-6-thinking",
    "gpt-12": "openai-reasoning",
    "gpt-4o": "openai-chat",
    "gpt-4.1-mini": "openai-chat",
    "gpt-3.5-turbo": "openai-chat",
    "ft:gpt-4o-mini:acme::abc": "openai-chat",
    "ft:o4-mini:acme::abc": "openai-o",
    "chatgpt-4o-latest": "openai-chat",
    "gpt-oss-120b": "openai-compatible",
    "llama-3": "openai-compatible",
    "o-ring": "openai-compatible",
}


def found(dialect: str, name: str) -> families.Match:
    return families.resolve(library.ruleset(), dialect, name)


def family(match: families.Match) -> str:
    assert match.family is not None
    return match.family.id


@pytest.mark.parametrize("name", PAGE | GOOGLE)
def test_a_known_name(name: str):
    match = found("gemini", name)
    assert (family(match), match.assumed) == ((PAGE | GOOGLE)[name], None)


@pytest.mark.parametrize("name", PAGE)
@pytest.mark.parametrize("prefix", ["gemini/", "models/"])
def test_a_prefix(name: str, prefix: str):
    assert family(found("gemini", prefix + name)) == PAGE[name]


@pytest.mark.parametrize("name", UNKNOWN)
def test_an_unknown_name(name: str):
    match = found("gemini", name)
    assert family(match) == UNKNOWN[name]
    assert match.assumed is not None
    assert name in match.assumed


@pytest.mark.parametrize("name", OPENAI)
def test_a_name_of_the_other_side(name: str):
    assert family(found("openai", name)) == OPENAI[name]


@pytest.mark.parametrize("name", ["gemini-2.5-flash-preview-tts", "gemini-3.6-flash-live", "gemini-3.8-flash-image"])
def test_no_text_family_takes_another_kind(name: str):
    match = found("gemini", name)
    assert match.family is not None
    assert match.family.kind != "text"


def test_what_is_assumed_is_told():
    done = isogloss.translate(asked("gemini-99-flash"), "chat.request", source="openai", target="gemini")
    assert [(loss.kind, loss.pointer) for loss in done.losses] == [("assumed", "/model"), ("dropped", "/temperature")]


def test_the_newest_of_each_kind_is_a_family():
    rules = library.ruleset()
    known = {one.id: one.kind for one in rules.families}
    assert {kind: known[name] for kind, name in rules.dialects["gemini"].newest.items()} == {
        kind: kind for kind in rules.dialects["gemini"].newest
    }


def test_a_family_is_one_file(tmp_path: Path):
    (tmp_path / "gemini-5-nova.yaml").write_text(
        """\
families:
  gemini-5-nova:
    extends: gemini-4-argon
    line: nova
    match: gemini-5-nova(?:-.*)?
    generation: 5.0
    facts: {candidates: true}
    tables:
      effort:
        - [low, {thinkingLevel: LOW, includeThoughts: true}]
        - [high, {thinkingLevel: XHIGH, includeThoughts: true}]
        - [none, {thinkingLevel: LOW, includeThoughts: false}, clamp]
""",
        encoding="utf-8",
    )
    before = translated("gemini-5-nova-preview", [])
    after = translated("gemini-5-nova-preview", [tmp_path])
    assert before.body["generationConfig"] == {"thinkingConfig": {"thinkingLevel": "HIGH", "includeThoughts": True}}
    assert after.body["generationConfig"] == {"thinkingConfig": {"thinkingLevel": "XHIGH", "includeThoughts": True}}
    assert [(loss.kind, loss.pointer) for loss in before.losses] == [("assumed", "/model"), ("dropped", "/temperature")]
    assert [(loss.kind, loss.pointer) for loss in after.losses] == [("dropped", "/temperature")]
    assert before.ruleset != after.ruleset


def asked(model: str) -> dict[str, object]:
    return {"model": model, "messages": [{"role": "user", "content": "Hello"}], "temperature": 0.5}


def translated(model: str, overlays: list[Path]) -> isogloss.Translation:
    request = {**asked(model), "reasoning_effort": "high"}
    return isogloss.translate(request, "chat.request", source="openai", target="gemini", overlays=overlays)
