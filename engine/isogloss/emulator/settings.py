"""generationConfig, system instruction and media, held to what the model takes.

https://ai.google.dev/api/generate-content
"""

from __future__ import annotations

import base64
import re
from typing import TYPE_CHECKING, Any, Final

from isogloss.emulator import schemas, tools
from isogloss.emulator.errors import invalid

if TYPE_CHECKING:
    from collections.abc import Iterator

    from isogloss.emulator.models import Model

_MEDIA: Final = re.compile(
    r"image/(?:png|jpeg|webp|heic|heif|avif)|audio/.+|video/.+|text/.+"
    r"|application/(?:pdf|json|xml|rtf|javascript|x-javascript|x-python|x-typescript|x-httpd-php|x-ipynb\+json)"
)
#: How files begin, and how much base64 shows it.
_HEADS: Final = {"image/png": b"\x89PNG\r\n", "image/jpeg": b"\xff\xd8\xff", "image/webp": b"RIFF"}
_HEAD: Final = 8
_SPEAKERS: Final = 2
_VOICES: Final = frozenset(
    re.findall(
        r"\w+",
        """zephyr puck charon kore fenrir leda orus aoede callirrhoe autonoe enceladus iapetus umbriel algieba despina
        erinome algenib rasalgethi laomedeia achernar alnilam schedar gacrux pulcherrima achird zubenelgenubi
        vindemiatrix
        sadachbia sadaltager sulafat""",
    )
)
_STRUCTURED: Final = frozenset({"application/json", "text/x.enum"})


def check(request: dict[str, Any], model: Model) -> None:
    """Hold a request, already read, to what `model` takes; raises Refusal (400)."""
    config = request.get("generationConfig", {})
    for rule in (_system, _media, _safety):
        rule(request, model)
    for rule in (_lengths, _sampling, _modalities, _output, _thinking, _structure):
        rule(config, model)
    tools.check(request, model)


def refuse(field: str, sentence: str) -> Exception:
    """Return a refusal that names a field of the request."""
    return invalid(sentence, [(field, sentence)])


# --- what is said


def _system(request: dict[str, Any], model: Model) -> None:
    if "systemInstruction" in request and not model.system:
        raise refuse("system_instruction", f"A developer instruction is not enabled for models/{model.name}.")


def _media(request: dict[str, Any], model: Model) -> None:
    for where, part in _parts(request):
        kind = part.get("inlineData", {}).get("mimeType", "").partition(";")[0].lower()
        if kind and not _MEDIA.fullmatch(kind):
            raise refuse(f"{where}.inline_data.mime_type", f"Unsupported MIME type: {kind}")
        if kind.startswith("image/"):
            picture(f"{where}.inline_data.data", kind, part["inlineData"].get("data", ""))
        if "mediaResolution" in part and not model.part_resolution:
            raise refuse(f"{where}.media_resolution", f"{model.name} takes no media resolution on a part.")


def picture(where: str, kind: str, data: str) -> None:
    """Look whether base64 is a picture of a media type; raises Refusal (400)."""
    if not data:
        raise refuse(where, "Unable to process input image: it is empty.")
    if kind in _HEADS and _differs(kind, data):
        raise refuse(where, f"Unable to process input image: this is no {kind}.")


def _differs(kind: str, data: str) -> bool:
    """Tell whether base64 begins as no file of a media type does; what is shorter than a head may be any."""
    head = base64.urlsafe_b64decode(data[:_HEAD].replace("+", "-").replace("/", "_")) if len(data) > _HEAD else b""
    return bool(head) and not head.startswith(_HEADS[kind])


def _parts(request: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for index, content in enumerate(request["contents"]):
        for place, part in enumerate(content["parts"]):
            where = f"contents[{index}].parts[{place}]"
            yield where, part
            inner = part.get("functionResponse", {}).get("parts", [])
            yield from ((f"{where}.function_response.parts[{at}]", one) for at, one in enumerate(inner))


def _safety(request: dict[str, Any], model: Model) -> None:
    del model
    seen: set[str] = set()
    for index, setting in enumerate(request.get("safetySettings", [])):
        category = setting["category"]
        if category in seen or category == "HARM_CATEGORY_UNSPECIFIED":
            raise refuse(f"safety_settings[{index}].category", f"One setting for each category, not twice {category}.")
        seen.add(category)


# --- generationConfig


def _lengths(config: dict[str, Any], model: Model) -> None:
    most = config.get("maxOutputTokens", 1)
    if not 1 <= most <= model.output:
        sentence = f"max_output_tokens is {most}; supported is 1 to {model.output}."
        raise refuse("generation_config.max_output_tokens", sentence)
    if any(word == "" for word in config.get("stopSequences", [])):
        raise refuse("generation_config.stop_sequences", "A stop sequence must not be empty.")


def _sampling(config: dict[str, Any], model: Model) -> None:
    many = config.get("candidateCount", 1)
    if many > model.candidates:
        sentence = f"{many} candidates are asked for; {model.name} gives at most {model.candidates}."
        raise refuse("generation_config.candidate_count", sentence)
    if not model.penalties and any(config.get(f"{kind}Penalty") for kind in ("presence", "frequency")):
        raise refuse("generation_config", f"Penalties are not enabled for models/{model.name}.")
    if config.get("topK", 1) < 1:
        raise refuse("generation_config.top_k", "top_k must be positive.")
    _logprobs(config, model)


def _logprobs(config: dict[str, Any], model: Model) -> None:
    if "logprobs" in config and config.get("responseLogprobs") is not True:
        raise refuse("generation_config.logprobs", "logprobs needs response_logprobs to be true.")
    if config.get("responseLogprobs") is True and not model.logprobs:
        raise refuse("generation_config.response_logprobs", f"Logprobs are not enabled for models/{model.name}.")


def _modalities(config: dict[str, Any], model: Model) -> None:
    wanted = config.get("responseModalities") or [model.modalities[0]]
    extra = [kind for kind in wanted if kind not in model.modalities]
    if extra:
        sentence = f"{model.name} answers with {', '.join(model.modalities)}, not with {', '.join(extra)}."
        raise refuse("generation_config.response_modalities", sentence)
    if "AUDIO" in model.modalities and "responseModalities" not in config:
        sentence = f"{model.name} answers with AUDIO only; response_modalities must say so."
        raise refuse("generation_config.response_modalities", sentence)


def _output(config: dict[str, Any], model: Model) -> None:
    if "speechConfig" in config and model.speech == "none":
        raise refuse("generation_config.speech_config", f"{model.name} does not speak.")
    if "speechConfig" in config:
        _voices(config["speechConfig"])
    image = config.get("imageConfig", {})
    if image and not model.aspects:
        raise refuse("generation_config.image_config", f"{model.name} takes no image_config.")
    if image.get("aspectRatio", "") not in ("", *model.aspects):
        sentence = f"{model.name} has no shape {image['aspectRatio']}."
        raise refuse("generation_config.image_config.aspect_ratio", sentence)
    if image.get("imageSize", "") not in ("", *model.image_sizes):
        raise refuse("generation_config.image_config.image_size", f"{model.name} has no size {image['imageSize']}.")


def _voices(speech: dict[str, Any]) -> None:
    """https://ai.google.dev/gemini-api/docs/speech-generation."""
    speakers = speech.get("multiSpeakerVoiceConfig", {}).get("speakerVoiceConfigs", [])
    if "multiSpeakerVoiceConfig" in speech and len(speakers) != _SPEAKERS:
        raise refuse("generation_config.speech_config.multi_speaker_voice_config", "There must be two speakers.")
    for config in (speech, *speakers):
        name = config.get("voiceConfig", {}).get("prebuiltVoiceConfig", {}).get("voiceName", "Kore")
        if name.lower() not in _VOICES:
            where = "generation_config.speech_config.voice_config.prebuilt_voice_config.voice_name"
            raise refuse(where, f"Voice name {name} is not supported.")


# --- thinking: https://ai.google.dev/gemini-api/docs/thinking


def _thinking(config: dict[str, Any], model: Model) -> None:
    thinking = config.get("thinkingConfig", {})
    if "thinkingLevel" in thinking:
        _level(thinking["thinkingLevel"], model)
    if "thinkingBudget" in thinking:
        _budget(thinking["thinkingBudget"], model)
    if thinking.get("includeThoughts") and (model.thinking == "none" or thinking.get("thinkingBudget") == 0):
        where = "generation_config.thinking_config.include_thoughts"
        raise refuse(where, "include_thoughts is only enabled when thinking is.")


def _level(level: str, model: Model) -> None:
    where = "generation_config.thinking_config.thinking_level"
    if model.thinking != "level":
        raise refuse(where, f"A thinking level is not supported for models/{model.name}.")
    if level not in (*model.levels, "THINKING_LEVEL_UNSPECIFIED"):
        raise refuse(where, f"The thinking level {level} is not supported for models/{model.name}.")


def _budget(budget: int, model: Model) -> None:
    where = "generation_config.thinking_config.thinking_budget"
    if model.thinking == "none":
        raise refuse(where, f"A thinking budget is not supported for models/{model.name}.")
    if model.thinking == "level":
        if not model.tolerates_budget:
            raise refuse(where, f"A thinking budget is not supported for models/{model.name}; use thinking_level.")
        return
    least, most = model.budget
    if budget == -1 or (budget == 0 and model.can_stop) or max(least, 1) <= budget <= most:
        return
    raise refuse(where, f"The thinking budget {budget} is invalid for models/{model.name}; choose {least} to {most}.")


# --- structured output: https://ai.google.dev/gemini-api/docs/structured-output


def _structure(config: dict[str, Any], model: Model) -> None:
    kind = config.get("responseMimeType", "text/plain")
    given = [name for name in ("responseSchema", "responseJsonSchema") if name in config]
    if kind in _STRUCTURED and not model.structured:
        raise refuse("generation_config.response_mime_type", f"JSON mode is not enabled for models/{model.name}.")
    if given and kind not in _STRUCTURED:
        raise refuse("generation_config.response_mime_type", f"A schema needs application/json, not {kind}.")
    if "responseJsonSchema" in config:
        _json_schema(config["responseJsonSchema"], model)
    if "responseSchema" in config:
        schemas.check(config["responseSchema"], "generation_config.response_schema", whole=True)
    if kind == "text/x.enum" and not any(config.get(name, {}).get("enum") for name in given):
        raise refuse("generation_config.response_mime_type", "text/x.enum needs a schema with an enum.")


def _json_schema(schema: dict[str, Any], model: Model) -> None:
    where = "generation_config.response_json_schema"
    if not model.json_schema:
        raise refuse(where, f"response_json_schema is not supported for models/{model.name}.")
    schemas.check_json(schema, where)
