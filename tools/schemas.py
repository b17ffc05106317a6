"""Make the JSON Schemas of both APIs, and of our extensions, from what the vendors publish.

    python tools/schemas.py --openai openapi.json           write everything under schemas/
    python tools/schemas.py --only gemini                   the half that needs no OpenAPI document
    python tools/schemas.py --openai openapi.json --check   compare only; exit 1 when a file would change
    python tools/schemas.py --paths schemas/gemini/chat.request.schema.json

Two sources: OpenAI's OpenAPI document (an argument) and the types of the installed google-genai package. What they
get wrong, or say for another surface than the Gemini Developer API, is corrected by the tables below; each row
carries its reason, and PROVENANCE.md prints them. A row that no longer applies is an error, and so is a field that
the vendor marks as missing from this surface and that no row names.
"""

from __future__ import annotations

import argparse
import datetime as dt
import enum
import hashlib
import json
import re
import sys
import types as python_types
import typing
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from importlib import import_module, metadata
from pathlib import Path
from typing import Any, Literal, NamedTuple

Json = Any
Schema = dict[str, Any]
Phase = Literal["request", "response"]


def words(text: str) -> list[str]:
    """Split a list that is written as one string."""
    return text.split()


HERE = Path(__file__).resolve().parent.parent
WIDTH = 110
DRAFT = "https://json-schema.org/draft/2020-12/schema"

# --------------------------------------------------------------------------------------------------------- OpenAI

OPENAI_ROOTS = {
    "openai/chat.request": "CreateChatCompletionRequest",
    "openai/chat.response": "CreateChatCompletionResponse",
    "openai/chat.stream": "CreateChatCompletionStreamResponse",
    "openai/completions.request": "CreateCompletionRequest",
    "openai/completions.response": "CreateCompletionResponse",
    "openai/completions.stream": "CreateCompletionResponse",
    "openai/count.response": "CreateChatCompletionResponse",
    "openai/embeddings.request": "CreateEmbeddingRequest",
    "openai/embeddings.response": "CreateEmbeddingResponse",
    "openai/files.create.request": "CreateFileRequest",
    "openai/files.create.response": "OpenAIFile",
    "openai/files.delete.response": "DeleteFileResponse",
    "openai/files.get.response": "OpenAIFile",
    "openai/files.list.response": "ListFilesResponse",
    "openai/images.generate.request": "CreateImageRequest",
    "openai/images.generate.response": "ImagesResponse",
    "openai/images.generate.stream": "ImageGenStreamEvent",
    "openai/images.edit.request": "EditImageBodyJsonParam",
    "openai/images.edit.response": "ImagesResponse",
    "openai/images.edit.stream": "ImageEditStreamEvent",
    "openai/audio.speech.request": "CreateSpeechRequest",
    "openai/audio.speech.response": "SpeechBytes",
    "openai/audio.speech.stream": "CreateSpeechResponseStreamEvent",
    "openai/models.get.response": "Model",
    "openai/models.list.response": "ListModelsResponse",
    "openai/videos.create.request": "CreateVideoJsonBody",
    "openai/videos.create.response": "VideoResource",
    "openai/videos.get.response": "VideoResource",
    "openai/error": "ErrorResponse",
}
OPENAI_KNOWN = {
    "e73aa658942bf935494becd6213df2ed9eaff9fd26543e87008b49af19cb9d8a": (
        "commit f85dbe2 of 2026-08-21, a copy without its code samples"
    ),
}
"""sha256 of an OpenAPI document -> where in openai/openai-openapi it was taken from."""

OPENAI_KEPT = frozenset(
    words(
        "$ref additionalProperties allOf anyOf enum exclusiveMaximum exclusiveMinimum items maxItems maxLength "
        "maxProperties maximum minItems minLength minProperties minimum oneOf pattern properties required type"
    )
)
"""Keywords that say names, types, enums and ranges; every other one (sentences, examples, defaults) is left out."""


SAYS_NOTHING: tuple[tuple[str, Json], ...] = (("additionalProperties", True), ("required", []))


class Correction(NamedTuple):
    """One value of OpenAI's document that is replaced or added: in which schema, where, by what and why."""

    schema: str
    pointer: str
    value: Json
    reason: str


OPENAI_CORRECTIONS = (
    Correction(
        "ListFilesResponse",
        "/required",
        ["object", "data", "has_more"],
        "openai-python 3.54.0 reads neither first_id nor last_id, and an empty list has none",
    ),
    Correction(
        "CreateFileRequest",
        "/properties/file",
        {
            "type": "object",
            "properties": {
                "filename": {"type": "string"},
                "content_type": {"type": "string"},
                "size": {"type": "integer", "minimum": 0},
            },
            "required": ["filename", "content_type"],
            "additionalProperties": False,
        },
        "a file of a form, whose bytes are sent on: the document says what is known of it",
    ),
    Correction(
        "ChatCompletionRequestMessageContentPartImage",
        "/properties/image_url/properties/detail/enum",
        ["auto", "low", "high", "original"],
        "openai-python 3.54.0, which is newer than the document, also has `original`",
    ),
    Correction(
        "PromptCacheBreakpointParam",
        "/properties/ttl",
        {"type": "string", "enum": ["30m", "12h"]},
        "openai-python 3.54.0, which is newer than the document, also has `ttl`",
    ),
    Correction(
        "ChatCompletionStreamResponseDelta",
        "/properties/audio",
        {
            "type": "object",
            "properties": {
                "data": {"type": "string"},
                "expires_at": {"type": "integer"},
                "id": {"type": "string"},
                "transcript": {"type": "string"},
            },
        },
        "openai-python 3.54.0 has it; the document has the whole message's audio only",
    ),
    Correction(
        "CreateChatCompletionRequest",
        "/properties/seed/anyOf/0/minimum",
        -(2**63),
        "the document's bound went through a double and lies below what an int64 can hold",
    ),
    Correction(
        "CreateChatCompletionRequest",
        "/properties/seed/anyOf/0/maximum",
        2**63 - 1,
        "the document's bound went through a double and lies above what an int64 can hold",
    ),
)

# --------------------------------------------------------------------------------------------------------- Gemini

GEMINI_PACKAGE = "google-genai"
GEMINI_MARK = "not supported in Gemini API"
"""The words by which google-genai marks a field that only the Enterprise surface has."""

ENTERPRISE = (
    "Enterprise surface only: the package refuses to send it to the Developer API, or documents it as missing there"
)
SDK_ONLY = "a convenience of the package; it never travels"
LIVE = "Live API only; the converter for generateContent refuses or lacks it"

GEMINI_OMITTED: dict[str, dict[str, str]] = {
    "Citation": {
        "publicationDate": "citationSources of the Developer API holds startIndex, endIndex, uri and license only",
        "title": "citationSources of the Developer API holds startIndex, endIndex, uri and license only",
    },
    "FunctionCall": {"partialArgs": ENTERPRISE, "willContinue": ENTERPRISE},
    "FunctionCallingConfig": {"streamFunctionCallArguments": ENTERPRISE},
    "GenerateContentResponse": {
        "automaticFunctionCallingHistory": SDK_ONLY,
        "createTime": ENTERPRISE,
        "parsed": SDK_ONLY,
        "sdkHttpResponse": SDK_ONLY,
    },
    "GenerateContentResponsePromptFeedback": {"blockReasonMessage": ENTERPRISE},
    "GenerationConfig": {
        "audioTimestamp": ENTERPRISE,
        "enableAffectiveDialog": LIVE,
        "modelSelectionConfig": ENTERPRISE,
        "routingConfig": ENTERPRISE,
    },
    "GoogleMaps": {"authConfig": ENTERPRISE, "groundingTypes": ENTERPRISE},
    "GoogleSearch": {"blockingConfidence": ENTERPRISE, "excludeDomains": ENTERPRISE},
    "GroundingChunkRetrievedContext": {"documentName": ENTERPRISE, "ragChunk": ENTERPRISE},
    "GroundingChunkWeb": {"domain": ENTERPRISE},
    "GroundingMetadata": {"retrievalQueries": ENTERPRISE, "sourceFlaggingUris": ENTERPRISE},
    "ImageConfig": {
        "imageOutputOptions": ENTERPRISE,
        "outputCompressionQuality": ENTERPRISE,
        "outputMimeType": ENTERPRISE,
        "personGeneration": ENTERPRISE,
        "prominentPeople": ENTERPRISE,
    },
    "SafetyRating": {
        "overwrittenThreshold": ENTERPRISE,
        "probabilityScore": ENTERPRISE,
        "severity": ENTERPRISE,
        "severityScore": ENTERPRISE,
    },
    "SafetySetting": {"method": ENTERPRISE},
    "Schema": {
        "additionalProperties": "not one of the Schema message's keys on this surface: JSON Schema fields carry it",
        "defs": "not one of the Schema message's keys on this surface: JSON Schema fields carry it",
        "ref": "not one of the Schema message's keys on this surface: JSON Schema fields carry it",
    },
    "Tool": {
        "enterpriseWebSearch": ENTERPRISE,
        "exaAiSearch": ENTERPRISE,
        "parallelAiSearch": ENTERPRISE,
        "retrieval": ENTERPRISE,
    },
    "VideoResponseFormat": {"gcsUri": ENTERPRISE},
}
"""Fields of the package's types that a document of the Developer API does not have."""

GEMINI_OMITTED_VALUES: tuple[tuple[str, str, Phase, str], ...] = tuple(
    ("HarmCategory", f"HARM_CATEGORY_{word}", "request", "Enterprise surface only; a response may still name it")
    for word in words("JAILBREAK IMAGE_HATE IMAGE_DANGEROUS_CONTENT IMAGE_HARASSMENT IMAGE_SEXUALLY_EXPLICIT")
)
"""(enum, value, phase, reason). MODEL_ARMOR and JAILBREAK stay among the reasons a response may give."""

GEMINI_RENAMED_VALUES = {
    ("BlockedReason", "BLOCKED_REASON_UNSPECIFIED"): (
        "BLOCK_REASON_UNSPECIFIED",
        "the package's spelling of the zero value; the API's own is BLOCK_REASON_UNSPECIFIED",
    ),
}

GEMINI_LOWER_CASE = {
    "ThinkingLevel": "Google's own REST examples write levels in lower case, and the API takes both",
    "Type": "Google's own REST examples write schema types in lower case, and the API takes both",
}
"""Enums whose lower-case spelling is as good as the upper-case one."""

BASE64 = {"type": "string", "contentEncoding": "base64", "pattern": "^[A-Za-z0-9+/_-]*={0,2}$"}
GEMINI_SCALARS: dict[str, Schema] = {
    "Bytes": BASE64,
    "Duration": {"type": "string", "pattern": r"^-?[0-9]+(\.[0-9]{1,9})?s$"},
    "Int64": {"type": ["integer", "string"], "pattern": "^-?[0-9]+$"},
    "Timestamp": {"type": "string", "format": "date-time"},
}
"""How proto-JSON writes what JSON has no word for."""


def closed(properties: Schema, required: Iterable[str] = ()) -> Schema:
    """Write an object that takes these properties and no other."""
    schema: Schema = {"type": "object", "properties": properties, "additionalProperties": False}
    return schema | ({"required": sorted(required)} if required else {})


def ref(name: str) -> Schema:
    """Refer to a definition of the same document."""
    return {"$ref": f"#/$defs/{name}"}


def many(item: Schema, **limits: int) -> Schema:
    """Write a list of such items."""
    return {"type": "array", "items": item} | limits


STRING: Schema = {"type": "string"}
INTEGER: Schema = {"type": "integer"}
NUMBER: Schema = {"type": "number"}
BOOLEAN: Schema = {"type": "boolean"}
OBJECT: Schema = {"type": "object"}

OPENAI_COMPOSED: dict[str, Schema] = {
    "SpeechBytes": closed({"audio": BASE64, "content_type": STRING}, required=["audio", "content_type"])
}
"""Documents that OpenAI's document has no schema for: a reply of bytes has none."""

TASKS = words(
    "TASK_TYPE_UNSPECIFIED RETRIEVAL_QUERY RETRIEVAL_DOCUMENT SEMANTIC_SIMILARITY CLASSIFICATION CLUSTERING "
    "QUESTION_ANSWERING FACT_VERIFICATION CODE_RETRIEVAL_QUERY"
)
EMBEDDING: Schema = {
    "outputDimensionality": {"type": "integer", "minimum": 1},
    "taskType": {"type": "string", "enum": TASKS},
    "title": STRING,
}
"""What may be said beside a content that is embedded."""

GEMINI_COMPOSED: dict[str, Schema] = {
    "GenerateContentRequest": closed(
        {
            "cachedContent": STRING,
            "contents": many(ref("Content"), minItems=1),
            "continuationToken": ref("Bytes"),
            "generationConfig": ref("GenerationConfig"),
            "labels": {"type": "object", "additionalProperties": STRING},
            "model": STRING,
            "safetySettings": many(ref("SafetySetting")),
            "serviceTier": ref("ServiceTier"),
            "store": BOOLEAN,
            "systemInstruction": ref("SystemInstruction"),
            "toolConfig": ref("ToolConfig"),
            "tools": many(ref("Tool")),
        },
        required=["contents"],
    ),
    "SystemInstruction": closed({"parts": many(ref("Part"), minItems=1), "role": STRING}, required=["parts"]),
    "EmbedRequest": {"anyOf": [ref("BatchEmbedContentsRequest"), ref("EmbedContentRequest")]},
    "BatchEmbedContentsRequest": closed(
        {"model": STRING, "requests": many(ref("EmbedContentRequest"), minItems=1, maxItems=100)},
        required=["requests"],
    ),
    "EmbedContentRequest": closed(
        {"content": ref("Content"), "embedContentConfig": ref("EmbedContentConfig"), "model": STRING, **EMBEDDING},
        required=["content"],
    ),
    "EmbedContentConfig": closed(
        EMBEDDING | dict.fromkeys(words("audioTrackExtraction autoTruncate documentOcr"), BOOLEAN)
    ),
    "EmbedResponse": closed(
        {
            "embedding": ref("ContentEmbedding"),
            "embeddings": many(ref("ContentEmbedding")),
            "usageMetadata": ref("EmbeddingUsage"),
        }
    ),
    "ContentEmbedding": closed({"shape": many(INTEGER), "values": many(NUMBER, minItems=1)}),
    "EmbeddingUsage": closed(
        {
            "promptTokenCount": INTEGER,
            "promptTokensDetails": many(ref("ModalityTokenCount")),
            "totalTokenCount": INTEGER,
        }
    ),
    "CountTokensRequest": closed(
        {"contents": many(ref("Content"), minItems=1), "generateContentRequest": ref("GenerateContentRequest")}
    ),
    "CountTokensResponse": closed(
        {
            "cacheTokensDetails": many(ref("ModalityTokenCount")),
            "cachedContentTokenCount": INTEGER,
            "promptTokensDetails": many(ref("ModalityTokenCount")),
            "totalTokens": INTEGER,
        },
        required=["totalTokens"],
    ),
    "ListedModels": closed({"models": many(ref("ListedModel")), "nextPageToken": STRING}),
    "ListedModel": closed(
        dict.fromkeys(words("baseModelId description displayName name version"), STRING)
        | dict.fromkeys(words("inputTokenLimit outputTokenLimit topK"), INTEGER)
        | dict.fromkeys(words("maxTemperature temperature topP"), NUMBER)
        | {"supportedGenerationMethods": many(STRING), "thinking": BOOLEAN},
        required=["name"],
    ),
    "ImageRequest": {"anyOf": [ref("GenerateContentRequest"), ref("PredictRequest")]},
    "PredictRequest": closed(
        {
            "instances": many(closed({"prompt": STRING}, required=["prompt"]), minItems=1, maxItems=1),
            "parameters": ref("ImageParameters"),
        },
        required=["instances"],
    ),
    "ImageParameters": closed(
        {
            "aspectRatio": {"type": "string", "enum": words("16:9 1:1 3:4 4:3 9:16")},
            "guidanceScale": NUMBER,
            "includeRaiReason": BOOLEAN,
            "includeSafetyAttributes": BOOLEAN,
            "language": STRING,
            "outputOptions": closed(
                {"compressionQuality": {"type": "integer", "minimum": 0, "maximum": 100}, "mimeType": STRING}
            ),
            "personGeneration": {"type": "string", "enum": words("allow_adult allow_all dont_allow")},
            "safetySetting": STRING,
            "sampleCount": {"type": "integer", "minimum": 1, "maximum": 4},
            "sampleImageSize": {"type": "string", "enum": ["1K", "2K"]},
        }
    ),
    "ImageResponse": {"anyOf": [ref("GenerateContentResponse"), ref("PredictResponse")]},
    "PredictResponse": closed(
        {"positivePromptSafetyAttributes": ref("PredictedSafety"), "predictions": many(ref("Prediction"))}
    ),
    "Prediction": closed(
        {"bytesBase64Encoded": ref("Bytes"), "safetyAttributes": ref("PredictedSafety")}
        | dict.fromkeys(words("contentType mimeType prompt raiFilteredReason"), STRING)
    ),
    "PredictedSafety": closed({"categories": many(STRING), "contentType": STRING, "scores": many(NUMBER)}),
    "UploadRequest": closed(
        {
            "file": closed({"displayName": STRING, "mimeType": STRING, "name": STRING}),
            "size": INTEGER,
            "type": STRING,
        }
    ),
    "UploadResponse": closed({"file": ref("File")}, required=["file"]),
    "ListFilesResponse": closed({"files": many(ref("File")), "nextPageToken": STRING}),
    "Empty": closed({}),
    "PredictLongRunningRequest": closed(
        {
            "instances": many(ref("VideoInstance"), minItems=1, maxItems=1),
            "parameters": ref("VideoParameters"),
            "webhookConfig": {"type": "object"},
        },
        required=["instances"],
    ),
    "VideoInstance": closed(
        {
            "image": ref("PredictedImage"),
            "lastFrame": ref("PredictedImage"),
            "prompt": STRING,
            "referenceImages": many(ref("VideoReference"), maxItems=3),
            "video": closed({"encodedVideo": ref("Bytes"), "encoding": STRING, "uri": STRING}),
        },
        required=["prompt"],
    ),
    "PredictedImage": closed(
        {"bytesBase64Encoded": ref("Bytes"), "mimeType": STRING}, required=["bytesBase64Encoded", "mimeType"]
    ),
    "VideoReference": closed({"image": ref("PredictedImage"), "referenceType": STRING}, required=["image"]),
    "VideoParameters": closed(
        {
            "aspectRatio": {"type": "string", "enum": ["16:9", "9:16"]},
            "durationSeconds": {"type": "integer", "minimum": 4, "maximum": 8},
            "enhancePrompt": BOOLEAN,
            "negativePrompt": STRING,
            "personGeneration": {"type": "string", "enum": ["allow_adult", "allow_all", "dont_allow"]},
            "resolution": {"type": "string", "enum": ["1080p", "4k", "720p"]},
            "sampleCount": {"type": "integer", "minimum": 1, "maximum": 4},
        }
    ),
    "Operation": closed(
        {
            "done": BOOLEAN,
            "error": closed(
                {"code": INTEGER, "details": many({"type": "object"}), "message": STRING}, required=["code"]
            ),
            "metadata": {"type": "object"},
            "name": STRING,
            "response": closed({"@type": STRING, "generateVideoResponse": ref("GenerateVideoResponse")}),
        },
        required=["name"],
    ),
    "GenerateVideoResponse": closed(
        {
            "generatedSamples": many(closed({"video": closed({"uri": STRING}, required=["uri"])})),
            "raiMediaFilteredCount": INTEGER,
            "raiMediaFilteredReasons": many(STRING),
        }
    ),
}
"""Documents that the package has no type for: its call takes one flat config, and the API takes this."""

GOOGLE_CODES = words(
    "ABORTED ALREADY_EXISTS CANCELLED DATA_LOSS DEADLINE_EXCEEDED FAILED_PRECONDITION INTERNAL INVALID_ARGUMENT "
    "NOT_FOUND OUT_OF_RANGE PERMISSION_DENIED RESOURCE_EXHAUSTED UNAUTHENTICATED UNAVAILABLE UNIMPLEMENTED UNKNOWN"
)
GEMINI_ERROR: Schema = {
    "type": "object",
    "properties": {
        "error": {
            "type": "object",
            "properties": {
                "code": INTEGER,
                "message": STRING,
                "status": {"type": "string", "enum": GOOGLE_CODES},
                "details": many(ref("Detail")),
            },
            "required": ["code", "message", "status"],
        }
    },
    "required": ["error"],
    "$defs": {
        "Detail": {
            "type": "object",
            "properties": {
                "@type": STRING,
                "detail": STRING,
                "domain": STRING,
                "fieldViolations": many({"type": "object", "properties": {"description": STRING, "field": STRING}}),
                "links": many({"type": "object", "properties": {"description": STRING, "url": STRING}}),
                "locale": STRING,
                "message": STRING,
                "metadata": {"type": "object", "additionalProperties": STRING},
                "reason": STRING,
                "retryDelay": GEMINI_SCALARS["Duration"],
                "violations": many(ref("Violation")),
            },
            "required": ["@type"],
        },
        "Violation": {
            "type": "object",
            "properties": {
                "description": STRING,
                "quotaDimensions": {"type": "object", "additionalProperties": STRING},
                "quotaId": STRING,
                "quotaMetric": STRING,
                "quotaValue": {"type": ["integer", "string"]},
                "subject": STRING,
            },
        },
    },
}
"""Google's error object (google.rpc.Status as JSON); open, since any message may stand in details."""

ASPECT_RATIOS = words("1:1 1:4 1:8 2:3 3:2 3:4 4:1 4:3 4:5 5:4 8:1 9:16 16:9 21:9")


class Change(NamedTuple):
    """One property of a type of the package that is replaced or added: by what and why."""

    type: str
    field: str
    schema: Schema
    reason: str


WIRE = "the package's type is a plain string; proto-JSON writes a duration"
INT64 = "int64: proto-JSON writes a string and reads either"
JSON_SCHEMA = "the package takes anything; the API takes a JSON Schema object"
GEMINI_CHANGES = (
    Change(
        "CitationMetadata", "citationSources", many(ref("Citation")), "the name on the wire; the package renames it"
    ),
    Change("File", "sizeBytes", ref("Int64"), INT64),
    Change("FunctionDeclaration", "parametersJsonSchema", OBJECT, JSON_SCHEMA),
    Change("FunctionDeclaration", "responseJsonSchema", OBJECT, JSON_SCHEMA),
    Change("GenerateContentResponseUsageMetadata", "serviceTier", ref("ServiceTier"), "on the wire; the type lacks it"),
    Change(
        "GenerationConfig", "imageConfig", ref("ImageConfig"), "the package's flat config holds it, this type does not"
    ),
    Change("GenerationConfig", "responseJsonSchema", OBJECT, JSON_SCHEMA),
    Change(
        "GenerationConfig",
        "responseFormat",
        {"anyOf": [ref("ResponseFormat"), many(ref("ResponseFormat"))]},
        "Google's REST examples send one object, the package's type is a list",
    ),
    Change("GenerationConfig", "topK", INTEGER, "an int32 here; the package has a float"),
    Change("TextResponseFormat", "schema", OBJECT, JSON_SCHEMA),
    *(
        Change("Schema", f"{end}{what}", ref("Int64"), INT64)
        for end in ("min", "max")
        for what in ("Items", "Length", "Properties")
    ),
    *(
        Change(owner, field, ref("Duration"), WIRE)
        for owner, fields in {
            "AudioMetadata": "startOffset endOffset",
            "GroundingChunkMapsRoute": "duration",
            "StreamableHttpTransport": "timeout sseReadTimeout",
            "Transcription": "startOffset endOffset",
            "VideoMetadata": "startOffset endOffset",
            "VideoResponseFormat": "duration",
            "WordInfo": "startOffset endOffset",
        }.items()
        for field in fields.split()
    ),
)
GEMINI_RENAMED_FIELDS = {("CitationMetadata", "citations"): "citationSources"}

GEMINI_RANGES: dict[str, dict[str, Schema]] = {
    "Content": {"role": {"enum": ["user", "model", "function"]}},
    "FunctionDeclaration": {"name": {"pattern": "^[A-Za-z_][A-Za-z0-9_.:-]*$", "maxLength": 128}},
    "GenerationConfig": {
        "candidateCount": {"minimum": 1},
        "frequencyPenalty": {"minimum": -2, "maximum": 2},
        "logprobs": {"minimum": 0, "maximum": 20},
        "presencePenalty": {"minimum": -2, "maximum": 2},
        "responseMimeType": {"enum": ["application/json", "text/plain", "text/x.enum"]},
        "seed": {"minimum": -(2**31), "maximum": 2**31 - 1},
        "stopSequences": {"maxItems": 5},
        "temperature": {"minimum": 0, "maximum": 2},
        "topP": {"minimum": 0, "maximum": 1},
    },
    "ImageConfig": {
        "aspectRatio": {"enum": ASPECT_RATIOS},
        "imageSize": {"enum": ["512", "1K", "2K", "4K"]},
    },
    "LatLng": {"latitude": {"minimum": -90, "maximum": 90}, "longitude": {"minimum": -180, "maximum": 180}},
    "MultiSpeakerVoiceConfig": {"speakerVoiceConfigs": {"minItems": 2, "maxItems": 2}},
    "ThinkingConfig": {"thinkingBudget": {"minimum": -1}},
    "VideoMetadata": {"fps": {"exclusiveMinimum": 0, "maximum": 24}},
}
"""Ranges that the package's types do not say, as the API's reference documents them."""

GEMINI_RANGES_IN_REQUESTS: dict[str, dict[str, Schema]] = {"Content": {"parts": {"minItems": 1}}}
"""A turn of a request holds a part; a reply's may hold none."""

GEMINI_REQUIRED: dict[str, str] = {
    "Blob": "data mimeType",
    "CodeExecutionResult": "outcome",
    "ExecutableCode": "code",
    "FileData": "fileUri",
    "FunctionCall": "name",
    "FunctionDeclaration": "name",
    "FunctionResponse": "name response",
    "FunctionResponseBlob": "data mimeType",
    "FunctionResponseFileData": "fileUri",
    "SafetySetting": "category threshold",
    "SpeakerVoiceConfig": "speaker voiceConfig",
}
"""The package has every field optional; without these the API answers 400, or never sends the object."""

GEMINI_REQUIRED_IN_REQUESTS = {"Content": "parts"}
GEMINI_UNIONS: dict[str, str] = {
    "Part": "codeExecutionResult executableCode fileData functionCall functionResponse inlineData text "
    "toolCall toolResponse",
}
"""Exactly one of these stands in each such object of a request."""

GEMINI_EXCLUSIVE: dict[str, tuple[str, ...]] = {
    "FunctionDeclaration": ("parameters parametersJsonSchema", "response responseJsonSchema"),
    "GenerationConfig": ("responseSchema responseJsonSchema",),
    "ThinkingConfig": ("thinkingBudget thinkingLevel",),
}
"""Pairs of which a request may hold one: both together are answered with 400."""

GEMINI_ROOTS: dict[str, tuple[str, Phase]] = {
    "gemini/chat.request": ("GenerateContentRequest", "request"),
    "gemini/chat.response": ("GenerateContentResponse", "response"),
    "gemini/chat.stream": ("GenerateContentResponse", "response"),
    "gemini/completions.request": ("GenerateContentRequest", "request"),
    "gemini/completions.response": ("GenerateContentResponse", "response"),
    "gemini/completions.stream": ("GenerateContentResponse", "response"),
    "gemini/count.request": ("CountTokensRequest", "request"),
    "gemini/count.response": ("CountTokensResponse", "response"),
    "gemini/embeddings.request": ("EmbedRequest", "request"),
    "gemini/embeddings.response": ("EmbedResponse", "response"),
    "gemini/files.create.request": ("UploadRequest", "request"),
    "gemini/files.create.response": ("UploadResponse", "response"),
    "gemini/files.delete.response": ("Empty", "response"),
    "gemini/files.get.response": ("File", "response"),
    "gemini/files.list.response": ("ListFilesResponse", "response"),
    "gemini/images.generate.request": ("ImageRequest", "request"),
    "gemini/images.generate.response": ("ImageResponse", "response"),
    "gemini/images.generate.stream": ("GenerateContentResponse", "response"),
    "gemini/images.edit.request": ("GenerateContentRequest", "request"),
    "gemini/images.edit.response": ("GenerateContentResponse", "response"),
    "gemini/images.edit.stream": ("GenerateContentResponse", "response"),
    "gemini/audio.speech.request": ("GenerateContentRequest", "request"),
    "gemini/audio.speech.response": ("GenerateContentResponse", "response"),
    "gemini/audio.speech.stream": ("GenerateContentResponse", "response"),
    "gemini/models.get.response": ("ListedModel", "response"),
    "gemini/models.list.response": ("ListedModels", "response"),
    "gemini/videos.create.request": ("PredictLongRunningRequest", "request"),
    "gemini/videos.create.response": ("Operation", "response"),
    "gemini/videos.get.response": ("Operation", "response"),
}


# ----------------------------------------------------------------------------------------------------- extensions

PHASES = {
    "chat.request": "openai/chat.request",
    "chat.response": "openai/chat.response",
    "chat.stream": "openai/chat.stream",
}
MESSAGES = {
    "chat.request": "messages[?@.role=='assistant']",
    "chat.response": "choices[*].message",
    "chat.stream": "choices[*].delta",
}
"""Where an assistant's message stands in each document: in the history, whole, piece by piece."""

REPLIES = ("chat.response", "chat.stream")
COUNT: Schema = {"type": "integer", "minimum": 0}
COUNTS: Schema = {
    "type": "object",
    "properties": dict.fromkeys(words("text_tokens image_tokens audio_tokens video_tokens document_tokens"), COUNT),
}
SIGNATURE: Schema = {"type": "string"}
NATIVE: Schema = {"type": "string"}
DETAIL: Schema = {"enum": ["medium", "ultra_high"]}
CACHE_CONTROL: Schema = {
    "type": "object",
    "properties": {"type": {"enum": ["ephemeral"]}, "ttl": STRING},
    "required": ["type"],
}
VIDEO_METADATA: Schema = {
    "type": "object",
    "properties": {
        "endOffset": STRING,
        "end_offset": STRING,
        "fps": {"type": "number", "exclusiveMinimum": 0, "maximum": 24},
        "startOffset": STRING,
        "start_offset": STRING,
    },
}
VIDEO_PART: Schema = {
    "type": "object",
    "properties": {
        "type": {"enum": ["video_url"]},
        "video_url": {
            "type": "object",
            "properties": {
                "detail": {"enum": ["auto", "low", "medium", "high", "ultra_high"]},
                "format": STRING,
                "url": STRING,
                "video_metadata": VIDEO_METADATA,
            },
            "required": ["url"],
        },
    },
    "required": ["type", "video_url"],
}
IMAGE: Schema = {
    "type": "object",
    "properties": {
        "image_url": {"type": "object", "properties": {"url": STRING, "detail": STRING}, "required": ["url"]},
        "index": COUNT,
        "type": {"enum": ["image_url"]},
    },
    "required": ["type", "image_url"],
}
INDEXED_IMAGE: Schema = IMAGE | {"required": ["index", "type", "image_url"]}
SIGNATURES: Schema = many(
    {
        "type": "object",
        "properties": {
            "at": COUNT,
            "block": {"type": ["string", "integer"]},
            "index": COUNT,
            "thought_signature": SIGNATURE,
        },
        "required": ["index"],  # an entry without a signature says where the part before a signed one ends
    }
)
CITATION: Schema = {
    "type": "object",
    "properties": {
        "index": COUNT,
        "type": {"enum": ["url_citation"]},
        "url_citation": {
            "type": "object",
            "properties": {"end_index": COUNT, "start_index": COUNT, "title": STRING, "url": STRING},
            "required": ["end_index", "start_index", "title", "url"],
        },
    },
    "required": ["index", "type", "url_citation"],
}
BARE_FUNCTION: Schema = {
    "type": "object",
    "properties": {
        "description": STRING,
        "name": STRING,
        "parameters": OBJECT,
        "strict": {"type": ["boolean", "null"]},
        "type": {"enum": ["function"]},
    },
    "required": ["name"],
}
TYPED_TOOL: Schema = {
    "type": "object",
    "properties": {"type": {"enum": ["computer_use", "web_search", "web_search_preview"]}},
    "required": ["type"],
}
THINKING: Schema = {
    "type": "object",
    "properties": {
        "budget_tokens": {"type": "integer", "minimum": -1},
        "type": {"enum": ["adaptive", "disabled", "enabled"]},
    },
    "required": ["type"],
}
EXTRA_GOOGLE: Schema = {
    "type": "object",
    "properties": {
        "cached_content": STRING,
        "generation_config": ref("google.GenerationConfig"),
        "labels": {"type": "object", "additionalProperties": STRING},
        "safety_settings": many(ref("google.SafetySetting")),
        "thinking_config": ref("google.ThinkingConfig"),
        "thought_tag_marker": STRING,
        "tool_config": ref("google.ToolConfig"),
        "tools": many(ref("google.Tool")),
    },
}


class Extension(NamedTuple):
    """A field, or a wider value, that a document of ours may hold beyond what OpenAI's own schema says."""

    document: str
    path: str
    schema: Schema


PARTS = "messages[?@.role=='user'].content"
REQUEST_EXTENSIONS: dict[str, Schema] = {
    "audio.language_code": STRING,
    "extra_body.google": EXTRA_GOOGLE,
    "include_server_side_tool_invocations": BOOLEAN,
    "messages[*].cache_control": CACHE_CONTROL,
    "messages[*].content[*].cache_control": CACHE_CONTROL,
    "messages[?@.role=='assistant'].images": many(IMAGE),
    "messages[?@.role=='tool'].content[*]": {
        "anyOf": [ref(f"ChatCompletionRequestMessageContentPart{kind}") for kind in ("Image", "Audio", "File")]
    },
    "modalities[*]": {"enum": ["image", "video"]},
    "reasoning_effort": {"enum": ["disable"]},
    "response_format.enforce_validation": BOOLEAN,
    "response_format.response_schema": OBJECT,
    "stop": many(STRING, minItems=1, maxItems=5),
    "thinking": THINKING,
    "thinking_level": ref("google.ThinkingLevel"),
    "thinkingLevel": ref("google.ThinkingLevel"),
    "tools[*]": {"anyOf": [BARE_FUNCTION, TYPED_TOOL, ref("google.Tool") | {"minProperties": 1}]},
    f"{PARTS}[*]": VIDEO_PART,
    f"{PARTS}[?@.type=='file'].file.detail": {"enum": ["auto", "low", "medium", "high", "ultra_high"]},
    f"{PARTS}[?@.type=='file'].file.format": STRING,
    f"{PARTS}[?@.type=='file'].file.video_metadata": VIDEO_METADATA,
    f"{PARTS}[?@.type=='image_url'].image_url.detail": DETAIL,
    f"{PARTS}[?@.type=='image_url'].image_url.format": STRING,
    f"{PARTS}[?@.type=='input_audio'].input_audio.format": STRING,
}
REQUEST_WORDS = words("cachedContent continuationToken labels safetySettings serviceTier toolConfig")
"""Fields of Google's request that stand at the top of ours, in either spelling, as those of generationConfig do."""

MESSAGE_EXTENSIONS: dict[str, Schema] = {
    "extra_content.google.signatures": SIGNATURES,
    "extra_content.google.thought_signature": SIGNATURE,
    "provider_specific_fields": OBJECT,
    "reasoning_content": {"type": ["string", "null"]},
    "tool_calls[*].extra_content.google.thought_signature": SIGNATURE,
    "tool_calls[*].provider_specific_fields.thought_signature": SIGNATURE,
}
REPLY_EXTENSIONS: dict[str, Schema] = {
    "choices[*].extra_content.google.finish_reason": NATIVE,
    "choices[*].provider_specific_fields.native_finish_reason": NATIVE,
    "usage.cache_read_input_tokens": COUNT,
    "usage.completion_tokens_details.image_tokens": COUNT,
    "usage.completion_tokens_details.video_tokens": COUNT,
    "usage.prompt_tokens_details.cached_tokens_details": COUNTS,
    "usage.prompt_tokens_details.tool_use_tokens": COUNT,
    "usage.prompt_tokens_details.video_tokens": COUNT,
}
CANDIDATE_LISTS: dict[str, Schema] = {
    "vertex_ai_citation_metadata": ref("google.CitationMetadata"),
    "vertex_ai_grounding_metadata": ref("google.GroundingMetadata"),
    "vertex_ai_safety_results": many(ref("google.SafetyRating")),
    "vertex_ai_url_context_metadata": ref("google.UrlContextMetadata"),
}
"""Lists at the top of a reply, one entry a candidate, in Google's spelling."""

INDEXED: Schema = {"type": "object", "properties": {"index": COUNT}, "required": ["index"]}
"""Every list entry of ours in a delta: the official client's accumulator refuses one without index."""

# -------------------------------------------------------------------------------------- JSON Schemas, in general

Turn = Callable[[Schema], Schema]


def over(schema: Schema, turn: Turn) -> Schema:
    """Turn every schema that stands directly in this one; names of properties are no keywords."""
    return {word: _over_keyword(word, value, turn) for word, value in schema.items()}


def _over_keyword(word: str, value: Json, turn: Turn) -> Json:
    if word in {"properties", "$defs"}:
        return {name: turn(each) for name, each in value.items()}
    if word in {"anyOf", "oneOf", "allOf"}:
        return [turn(each) for each in value]
    if word in {"items", "additionalProperties", "not"} and isinstance(value, dict):
        return turn(value)
    return value


def within(schema: Schema) -> Iterator[Schema]:
    """Yield this schema and every one that stands in it, without following references."""
    yield schema
    inner: list[Schema] = []

    def note(each: Schema) -> Schema:
        inner.append(each)
        return each

    over(schema, note)
    for each in inner:
        yield from within(each)


def named(schema: Schema) -> set[str]:
    """Return the names of the definitions that a schema refers to."""
    return {each["$ref"].rsplit("/", 1)[1] for each in within(schema) if "$ref" in each}


def closure(start: Iterable[str], define: Callable[[str], Schema]) -> dict[str, Schema]:
    """Define these names and all that they need."""
    found: dict[str, Schema] = {}
    waiting = sorted(start)
    while waiting:
        name = waiting.pop()
        if name not in found:
            found[name] = define(name)
            waiting += sorted(named(found[name]))
    return found


def document(root: Schema, defs: dict[str, Schema], comment: str) -> Schema:
    """Return a file's content: one schema and its definitions."""
    return {"$schema": DRAFT, "$comment": comment} | root | ({"$defs": defs} if defs else {})


def pointed(schema: Schema, pointer: str) -> tuple[Json, str]:
    """Return the holder of what a JSON Pointer names, and the last step."""
    *steps, last = pointer.strip("/").split("/")
    holder: Json = schema
    for step in steps:
        holder = holder[int(step)] if isinstance(holder, list) else holder[step]
    return holder, last


# ------------------------------------------------------------------------------------------------ OpenAI's document


def openai_schema(schema: Schema) -> Schema:
    """Take over names, types, enums and ranges; write `nullable` as 2020-12 does and one object instead of allOf."""
    kept = over({word: value for word, value in schema.items() if word in OPENAI_KEPT}, openai_schema)
    kept = {word: value for word, value in kept.items() if (word, value) not in SAYS_NOTHING}
    if "$ref" in kept:
        kept["$ref"] = "#/$defs/" + kept["$ref"].rsplit("/", 1)[1]
    plain = _unwrapped(kept)
    return {"anyOf": [plain, {"type": "null"}]} if schema.get("nullable") else plain


def _unwrapped(schema: Schema) -> Schema:
    """Drop a choice of one, and an enum of strings beside a free string: neither refuses anything."""
    for word in ("anyOf", "oneOf"):
        if STRING in schema.get(word, ()):
            rest = [each for each in schema[word] if each == STRING or each.get("type") != "string"]
            schema = schema | {word: rest}
        if set(schema) == {word} and len(schema[word]) == 1:
            only: Schema = schema[word][0]
            return only
    return schema


def flattened(schema: Schema, defs: Callable[[str], Schema]) -> Schema:
    """Write an allOf of objects as one object, the later ones' properties winning."""
    if "allOf" not in schema:
        return schema
    merged: Schema = {"type": "object", "properties": {}, "required": []}
    for each in schema["allOf"]:
        whole = flattened(defs(each["$ref"].rsplit("/", 1)[1]) if "$ref" in each else each, defs)
        merged["properties"] |= whole.get("properties", {})
        merged["required"] += whole.get("required", [])
    return {word: value for word, value in merged.items() if value}


class OpenAI:
    """The chat half of an OpenAPI document, cleaned and corrected."""

    def __init__(self, source: bytes) -> None:
        self.sha256 = hashlib.sha256(source).hexdigest()
        loaded = json.loads(source)
        self.version: str = loaded["info"]["version"]
        self._published: dict[str, Schema] = loaded["components"]["schemas"]
        self._made: dict[str, Schema] = {}

    @property
    def place(self) -> str:
        return OPENAI_KNOWN.get(self.sha256, "a commit that OPENAI_KNOWN does not name")

    def define(self, name: str) -> Schema:
        if name in OPENAI_COMPOSED:
            return OPENAI_COMPOSED[name]
        if name not in self._made:
            plain = flattened(openai_schema(self._published[name]), self.define)
            self._made[name] = self._corrected(name, plain)
        return self._made[name]

    def _corrected(self, name: str, schema: Schema) -> Schema:
        for row in OPENAI_CORRECTIONS:
            if row.schema == name:
                holder, last = pointed(schema, row.pointer)
                if holder.get(last) == row.value:
                    raise SystemExit(f"{name}{row.pointer} needs no correction any more")
                holder[last] = row.value
        return schema

    def files(self) -> dict[str, Schema]:
        """Return every schema of OpenAI's, by file name."""
        comment = f"Made by tools/schemas.py from OpenAI's OpenAPI document {self.version} (MIT). See PROVENANCE.md."
        return {path: self._file(root, comment) for path, root in OPENAI_ROOTS.items()}

    def _file(self, root: str, comment: str) -> Schema:
        whole = self.define(root)
        return document(whole, closure(named(whole), self.define), comment)


# ------------------------------------------------------------------------------------------------- Google's package


def gemini_version() -> str:
    """Return the version of the installed package."""
    return metadata.version(GEMINI_PACKAGE)


class Gemini:
    """The types of the installed google-genai package, as the Developer API has them in one phase."""

    def __init__(self, phase: Phase) -> None:
        self._phase = phase
        self._types = import_module("google.genai.types")

    def define(self, name: str) -> Schema:
        given = GEMINI_SCALARS.get(name) or GEMINI_COMPOSED.get(name)
        if given:
            return given
        made = getattr(self._types, name)
        return self._enum(made) if issubclass(made, enum.Enum) else self._object(made)

    def _enum(self, made: type[enum.Enum]) -> Schema:
        name = made.__name__
        gone = {word for owner, word, phase, _ in GEMINI_OMITTED_VALUES if (owner, phase) == (name, self._phase)}
        kept = [each.value for each in made if each.value not in gone]
        upper = [GEMINI_RENAMED_VALUES.get((name, word), (word,))[0] for word in kept]
        lower = [word.lower() for word in upper] if name in GEMINI_LOWER_CASE else []
        return {"type": "string", "enum": upper + lower}

    def _object(self, made: Any) -> Schema:
        name = made.__name__
        fields = {self._alias(name, key, field): field for key, field in made.model_fields.items()}
        _refuse_stale(name, fields)
        kept = {
            key: of_type(field.annotation) for key, field in fields.items() if key not in GEMINI_OMITTED.get(name, {})
        }
        kept |= {row.field: row.schema for row in GEMINI_CHANGES if row.type == name}
        ranges = GEMINI_RANGES.get(name, {}) | self._of_requests(GEMINI_RANGES_IN_REQUESTS).get(name, {})
        properties = {key: schema | ranges.get(key, {}) for key, schema in kept.items()}
        return closed(properties, self._required(name)) | self._oneofs(name)

    def _alias(self, owner: str, key: str, field: Any) -> str:
        alias = field.alias or key
        return GEMINI_RENAMED_FIELDS.get((owner, alias), alias)

    def _required(self, name: str) -> list[str]:
        return words(GEMINI_REQUIRED.get(name) or self._of_requests(GEMINI_REQUIRED_IN_REQUESTS).get(name, ""))

    def _of_requests(self, table: dict[str, Any]) -> dict[str, Any]:
        return table if self._phase == "request" else {}

    def _oneofs(self, name: str) -> Schema:
        union = [{"required": [word]} for word in words(self._of_requests(GEMINI_UNIONS).get(name, ""))]
        rivals = self._of_requests(GEMINI_EXCLUSIVE).get(name, ())
        pairs = [{"not": {"required": words(pair)}} for pair in rivals]
        return ({"oneOf": union} if union else {}) | ({"allOf": pairs} if pairs else {})


def _refuse_stale(name: str, fields: dict[str, Any]) -> None:
    """Stop at a row for a field that is gone, and at a field marked as missing here that no row names."""
    gone = GEMINI_OMITTED.get(name, {})
    marked = {key for key, field in fields.items() if GEMINI_MARK in " ".join((field.description or "").split())}
    wrong = (set(gone) - set(fields)) | (marked - set(gone))
    if wrong:
        raise SystemExit(f"GEMINI_OMITTED of {name} does not fit {GEMINI_PACKAGE} {gemini_version()}: {sorted(wrong)}")


SIMPLE: dict[Any, Schema] = {
    Any: {},
    bool: BOOLEAN,
    bytes: ref("Bytes"),
    dt.datetime: ref("Timestamp"),
    float: {"type": "number"},
    int: INTEGER,
    str: STRING,
}


def of_type(annotation: Any) -> Schema:
    """Return the JSON Schema of a Python annotation; null, which says the same as absence, is left out."""
    if annotation in SIMPLE:
        return SIMPLE[annotation]
    origin, inner = typing.get_origin(annotation), typing.get_args(annotation)
    if origin in (typing.Union, python_types.UnionType):
        (only,) = (each for each in inner if each is not type(None))
        return of_type(only)
    if origin is Literal:
        return {"enum": list(inner)}
    return _of_container(origin, inner) if origin else ref(annotation.__name__)


def _of_container(origin: Any, inner: tuple[Any, ...]) -> Schema:
    item = of_type(inner[-1])
    if origin is list:
        return many(item)
    return {"type": "object"} | ({"additionalProperties": item} if item else {})


def gemini_files() -> dict[str, Schema]:
    """Return every schema of Google's, by file name."""
    comment = f"Made by tools/schemas.py from {GEMINI_PACKAGE} {gemini_version()} (Apache-2.0). See PROVENANCE.md."
    made = {path: _gemini_file(root, phase, comment) for path, (root, phase) in GEMINI_ROOTS.items()}
    return made | {"gemini/error": document(GEMINI_ERROR, GEMINI_ERROR["$defs"], comment)}


def _gemini_file(root: str, phase: Phase, comment: str) -> Schema:
    source = Gemini(phase)
    whole = source.define(root)
    return document(whole, closure(named(whole), source.define), comment)


# ---------------------------------------------------------------------------------------------------- our extensions


def snake(name: str) -> str:
    """Spell a camelCase name with underscores."""
    return re.sub(r"(?<=[a-z0-9])([A-Z])", lambda hit: "_" + hit[1].lower(), name)


def prefixed(schema: Schema) -> Schema:
    """Point every reference at the copies of Google's definitions that stand beside OpenAI's."""
    moved = over(schema, prefixed)
    return moved | ({"$ref": ref("google." + moved["$ref"].rsplit("/", 1)[1])["$ref"]} if "$ref" in moved else {})


def both_spellings(schema: Schema) -> Schema:
    """Let every name stand in either spelling, as Google reads them; pairs and duties are dropped."""
    loose = {word: value for word, value in schema.items() if word not in {"required", "oneOf", "allOf"}}
    plain = over(loose, both_spellings)
    names = plain.get("properties", {})
    return plain | ({"properties": names | {snake(key): value for key, value in names.items()}} if names else {})


def indexed(schema: Schema) -> Schema:
    """Let an entry of a list of ours hold the index that deltas need."""
    return schema | {"properties": schema["properties"] | {"index": COUNT}}


def extensions(google: dict[str, Schema]) -> list[Extension]:
    """List every extension: where in which document it stands, and what it may be."""
    request = _google_words(google["GenerateContentRequest"], REQUEST_WORDS)
    request |= _google_words(google["GenerationConfig"], google["GenerationConfig"]["properties"])
    rows = [Extension("chat.request", path, schema) for path, schema in (request | REQUEST_EXTENSIONS).items()]
    for name, stem in MESSAGES.items():
        rows += [Extension(name, f"{stem}.{path}", schema) for path, schema in MESSAGE_EXTENSIONS.items()]
    for name in REPLIES:
        rows += [Extension(name, path, schema) for path, schema in REPLY_EXTENSIONS.items()]
    return sorted(rows + _response_rows() + _stream_rows(), key=lambda row: (row.document, row.path))


def _google_words(schema: Schema, names: Iterable[str]) -> dict[str, Schema]:
    spelled = {name: both_spellings(prefixed(schema["properties"][name])) for name in names}
    return spelled | {snake(name): value for name, value in spelled.items()}


def _response_rows() -> list[Extension]:
    message = MESSAGES["chat.response"]
    lists = {name: many({"anyOf": [entry, {"type": "null"}]}) for name, entry in CANDIDATE_LISTS.items()}
    fields = {f"{message}.images": many(INDEXED_IMAGE), f"{message}.annotations[*].index": COUNT}
    return [Extension("chat.response", path, schema) for path, schema in (lists | fields).items()]


def _stream_rows() -> list[Extension]:
    delta = MESSAGES["chat.stream"]
    fields = {f"{delta}.images": many(INDEXED_IMAGE), f"{delta}.annotations": many(CITATION)}
    lists = dict.fromkeys(CANDIDATE_LISTS, many(INDEXED))
    return [Extension("chat.stream", path, schema) for path, schema in (lists | fields).items()]


Slot = tuple[Any, Any]
"""A holder and a key: where a schema stands, so that it can be replaced."""


class Extended:
    """OpenAI's definitions with our extensions put in."""

    def __init__(self, files: dict[str, Schema]) -> None:
        roots = {name: json.loads(json.dumps(files[path])) for name, path in PHASES.items()}
        self.defs: dict[str, Schema] = {}
        for root in roots.values():
            self.defs |= root.pop("$defs")
        for name, root in roots.items():
            self.defs[name] = {word: value for word, value in root.items() if word not in {"$schema", "$comment"}}

    def extend(self, row: Extension) -> bool:
        """Put one extension in wherever its path leads; say whether it widens what OpenAI has."""
        slots: list[Slot] = [(self.defs, row.document)]
        for step in re.findall(r"\[[^]]*\]|[^.\[]+", row.path):
            slots = list({(id(at), key): (at, key) for slot in slots for at, key in self._step(slot, step)}.values())
        if not slots:
            raise SystemExit(f"{row.document} {row.path} leads nowhere")
        widened = [_put(slot, row.schema) for slot in slots]
        return any(widened)

    def _step(self, slot: Slot, step: str) -> Iterator[Slot]:
        for branch in self._branches(slot):
            if step.startswith("["):
                yield from self._items(branch, step)
            elif "properties" in branch or branch.get("type") == "object":
                yield branch.setdefault("properties", {}), step

    def _items(self, branch: Schema, step: str) -> Iterator[Slot]:
        if "items" not in branch:
            return
        wanted = re.fullmatch(r"\[\?@\.(\w+)=='(\w+)'\]", step)
        if not wanted:
            yield branch, "items"
            return
        for each in self._branches((branch, "items")):
            if wanted[2] in each.get("properties", {}).get(wanted[1], {}).get("enum", ()):
                yield {"": each}, ""

    def _branches(self, slot: Slot) -> Iterator[Schema]:
        holder, key = slot
        schema = holder.setdefault(key, {"type": "object"}) if isinstance(holder, dict) else holder[key]
        if "$ref" in schema:
            yield from self._branches((self.defs, schema["$ref"].rsplit("/", 1)[1]))
            return
        choices = [(schema[word], i) for word in ("anyOf", "oneOf") for i in range(len(schema.get(word, ())))]
        for choice in choices:
            yield from self._branches(choice)
        if not choices:
            yield schema


def _put(slot: Slot, schema: Schema) -> bool:
    holder, key = slot
    there = holder.get(key) if isinstance(holder, dict) else holder[key]
    if there is None or there == schema:
        holder[key] = schema
        return False
    if schema not in there.get("anyOf", ()):
        holder[key] = {"anyOf": [there, schema]}
    return True


def extensions_file(openai: dict[str, Schema], gemini: dict[str, Schema]) -> Schema:
    """Return our own schema: the list of extensions, and each OpenAI chat document with them."""
    google = {"GenerateContentRequest": gemini["gemini/chat.request"], **gemini["gemini/chat.request"]["$defs"]}
    rows, extended = extensions(google), Extended(openai)
    rows = [row for row in rows if not _shadowed(row, openai["openai/chat.request"])]
    listed = [_listed(row, wider=extended.extend(row)) for row in rows]
    defs = extended.defs | _google_defs(rows, gemini) | _list_defs(listed)
    return document({}, defs, "Made by tools/schemas.py: chat in OpenAI's dialect as we speak it. See PROVENANCE.md.")


def _shadowed(row: Extension, request: Schema) -> bool:
    """Say whether Google's word is one of OpenAI's own parameters."""
    own = row.document == "chat.request" and row.path in request["properties"]
    return own and row.path not in REQUEST_EXTENSIONS


def _listed(row: Extension, *, wider: bool) -> Schema:
    return {"document": row.document, "kind": "wider" if wider else "new", "path": row.path, "schema": row.schema}


def _list_defs(listed: list[Schema]) -> dict[str, Schema]:
    kinds: Schema = {"enum": ["new", "wider"]}
    fields = {"document": {"enum": sorted(PHASES)}, "kind": kinds, "path": STRING, "schema": OBJECT}
    return {
        "Extension": closed(fields, required=fields),
        "Extensions": many(ref("Extension")) | {"const": listed},
    }


def _google_defs(rows: list[Extension], gemini: dict[str, Schema]) -> dict[str, Schema]:
    define = partial(_google_def, gemini["gemini/chat.request"]["$defs"], gemini["gemini/chat.response"]["$defs"])
    wanted = {name for row in rows for name in named(row.schema) if name.startswith("google.")}
    return closure(wanted, define)


def _google_def(request: dict[str, Schema], response: dict[str, Schema], name: str) -> Schema:
    plain = name.removeprefix("google.")
    if plain in request:
        return both_spellings(prefixed(request[plain]))
    copied = prefixed(response[plain])
    return indexed(copied) if ref(name) in CANDIDATE_LISTS.values() else copied


# ------------------------------------------------------------------------------------------------ what came from where


def provenance(openai: OpenAI) -> str:
    """Return PROVENANCE.md: the sources and every change, from the same tables that made it."""
    sections = {
        "sources": _sources(openai),
        "corrected": ((f"{row.schema}{row.pointer}", json.dumps(row.value), row.reason) for row in OPENAI_CORRECTIONS),
        "omitted": _omitted(),
        "changed": _changes(),
        "ranges": ((f"{owner}.{key}", json.dumps(value)) for owner, key, value in _ranges()),
    }
    return PROVENANCE.format(**{name: "\n".join(map(_row, rows)) for name, rows in sections.items()})


def _row(cells: tuple[str, ...]) -> str:
    first, *rest = cells
    return f"| `{first}` | " + " | ".join(f"`{each}`" if each[0] in "{[-0123456789" else each for each in rest) + " |"


def _sources(openai: OpenAI) -> Iterator[tuple[str, ...]]:
    types = Path(import_module("google.genai.types").__file__ or "")
    document_ = f"`openapi.json` of openai/openai-openapi on GitHub, `info.version` {openai.version}, {openai.place}"
    package = f"`google/genai/types.py` of {GEMINI_PACKAGE} {gemini_version()} on PyPI"
    digest = hashlib.sha256(types.read_bytes()).hexdigest()
    yield "openai/*", document_, f"`{openai.sha256}`", "MIT: `LICENSES/openai-openapi.MIT.txt`"
    yield "gemini/*", package, f"`{digest}`", "Apache-2.0: `LICENSES/google-genai.Apache-2.0.txt`"
    yield (
        "extensions.schema.json",
        "both, and our own list of extensions",
        "–",
        "ours Apache-2.0; copied parts as above",
    )


def _omitted() -> Iterator[tuple[str, ...]]:
    for owner, keys in GEMINI_OMITTED.items():
        yield from ((f"{owner}.{key}", why) for key, why in keys.items())
    for owner, word, phase, why in GEMINI_OMITTED_VALUES:
        yield word, f"{why} (`{owner}`, {phase})"


def _changes() -> Iterator[tuple[str, ...]]:
    for row in GEMINI_CHANGES:
        yield f"{row.type}.{row.field}", row.reason
    for (owner, word), (new, why) in GEMINI_RENAMED_VALUES.items():
        yield f"{owner} {word}", f"now {new}: {why}"
    yield from GEMINI_LOWER_CASE.items()


def _ranges() -> Iterator[tuple[str, str, Schema]]:
    for owner, keys in GEMINI_RANGES.items():
        yield from ((owner, key, value) for key, value in keys.items())


PROVENANCE = """\
# Where these schemas come from

Written by `python tools/schemas.py --openai openapi.json`; do not edit by hand. They say names, types, enums and
ranges only: every sentence of the vendors (descriptions, titles, examples) is left out, and so are defaults. All are
JSON Schema, draft 2020-12, each file complete in itself. `rule-file.schema.json` and `case-file.schema.json` are our
own and no part of this.

| files | source | sha256 | licence |
|---|---|---|---|
{sources}

## OpenAI: what was changed

- What each root refers to was copied, and references point into the file.
- `nullable` became `anyOf` with null; an `allOf` of objects became one object, the later properties winning (so
  `top_logprobs` may be null, as the request's own line says); a choice of one became that one.
- A free string beside an enum of strings (names of models and voices) became a string: such an enum refuses nothing.
- `format` was left out: no validator of ours reads it.
- A reply of bytes has no schema: the document has them as base64, beside their media type.

| place | is now | why |
|---|---|---|
{corrected}

## Gemini: what was changed

- The package takes one flat config; the request is composed as the API has it (`contents`, `systemInstruction`,
  `tools`, `toolConfig`, `safetySettings`, `generationConfig`, `cachedContent`, `serviceTier`, `store`, `labels`,
  `continuationToken`, and `model`, which otherwise stands in the address). A system instruction takes any role.
- Names are camelCase only. The API reads underscores too, and null as absence: normalise first, then validate.
- Every object is closed: the API answers an unknown name in a request with 400. Responses are as closed as requests,
  since what is checked here is what we write; a newer server may send more.
- Bytes are base64 strings in either alphabet, durations end in `s`, 64-bit integers may be strings.
- Some fields are required (`GEMINI_REQUIRED`). In a request a turn holds a part, a part holds exactly one kind of data,
  and of some pairs one may stand (`GEMINI_EXCLUSIVE`): the API answers 400 to the rest, or never sends it.
- Errors are `google.rpc.Status` as JSON, written from its documentation.
- Requests for embeddings, one content or many, are written from the API's reference (https://ai.google.dev/api/embeddings);
  the package makes them without a type of their own.
- Counts of tokens and models are written from the API's reference (https://ai.google.dev/api/tokens,
  https://ai.google.dev/api/models): the package renames what models say, and asks for counts with its flat config.
- The package no longer asks this API for images by `predict`: Imagen's call is written from what the last releases that
  did so had sent. A request for images and its reply is that, or the call of the models that chat.
- The start of an upload says the type and the length of a file in headers; the document has them beside it.
- The package no longer asks this API for videos: `predictLongRunning` and its operations are written from the API's
  documentation (https://ai.google.dev/gemini-api/docs/video) and from what the last releases that did so had sent.

| left out | why |
|---|---|
{omitted}

| changed or added | why |
|---|---|
{changed}

| range | is |
|---|---|
{ranges}

## Our extensions

`extensions.schema.json` asserts nothing by itself. Its `$defs` hold

- `Extension`, the shape of one entry, and `Extensions`, the list itself as its `const`: `document` (operation and
  phase), `path` (JSONPath: names, `[*]`, and `[?@.role=='user']` for the alternatives whose `role` allows that word),
  `kind` (`new`: OpenAI has no such field; `wider`: it has, and takes less) and `schema` (references resolve in the
  same file);
- `chat.request`, `chat.response` and `chat.stream`: OpenAI's own schema of the document with every extension put in,
  ready for use as `{{**file, "$ref": "#/$defs/chat.request"}}`;
- `google.*`: Google's definitions that extensions pass on; those of requests take either spelling of a name.
"""


# ------------------------------------------------------------------------------------------------------------ paths


def paths(file: Schema) -> list[str]:
    """List the path of every property of a schema; `…` marks a definition that is inside itself and listed once."""
    return sorted(set(_paths(file, file.get("$defs", {}), "", ())))


def _paths(schema: Schema, defs: dict[str, Schema], at: str, inside: tuple[str, ...]) -> Iterator[str]:
    name = schema.get("$ref", "").rsplit("/", 1)[-1]
    if name in inside:
        yield f"{at}…"
        return
    if name:
        yield from _paths(defs[name], defs, at, (*inside, name))
    for key, each in schema.get("properties", {}).items():
        yield (here := f"{at}.{key}" if at else key)
        yield from _paths(each, defs, here, inside)
    for suffix, each in _below(schema):
        yield from _paths(each, defs, at + suffix, inside)


def _below(schema: Schema) -> Iterator[tuple[str, Schema]]:
    for word, suffix in (("items", "[*]"), ("additionalProperties", ".{}")):
        if isinstance(schema.get(word), dict):
            yield suffix, schema[word]
    for word in ("anyOf", "oneOf", "allOf"):
        yield from (("", each) for each in schema.get(word, ()))


# ---------------------------------------------------------------------------------------------------------- program


def written(schema: Schema) -> str:
    """Return a schema as the text of its file: keys sorted, and on one line what fits on one."""
    return _written(schema, 0) + "\n"


def _written(value: Json, depth: int) -> str:
    line = json.dumps(value, sort_keys=True, ensure_ascii=False)
    if len(line) + depth <= WIDTH or not isinstance(value, dict | list):
        return line
    margin = "\n" + " " * (depth + 1)
    if isinstance(value, list):
        return f"[{margin}" + f",{margin}".join(_written(each, depth + 1) for each in value) + f"\n{' ' * depth}]"
    inner = (f"{json.dumps(key)}: {_written(each, depth + 1)}" for key, each in sorted(value.items()))
    return f"{{{margin}" + f",{margin}".join(inner) + f"\n{' ' * depth}}}"


def make(openai: Path | None, only: str | None) -> dict[str, str]:
    """Return the text of every file asked for, by its path under schemas/."""
    schemas: dict[str, Schema] = {} if only == "openai" else gemini_files()
    texts: dict[str, str] = {}
    if only != "gemini":
        if openai is None:
            raise SystemExit("--openai is needed for everything but --only gemini")
        source = OpenAI(openai.read_bytes())
        schemas |= source.files()
        texts = {} if only else {"PROVENANCE.md": provenance(source)}
    if not only:
        schemas["extensions"] = extensions_file(schemas, schemas)
    return texts | {f"{name}.schema.json": written(schema) for name, schema in schemas.items()}


def changed(texts: dict[str, str], out: Path) -> list[Path]:
    """Return the files that are missing or say something else."""
    files = {out / name: text for name, text in texts.items()}
    return [path for path, text in files.items() if not path.exists() or path.read_text("utf-8") != text]


def arguments(argv: list[str] | None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--openai", type=Path, metavar="FILE", help="OpenAI's openapi.json")
    parser.add_argument(
        "--only", choices=("openai", "gemini"), help="one vendor's schemas, without ours and PROVENANCE.md"
    )
    parser.add_argument("--out", type=Path, default=HERE / "schemas", metavar="DIR", help="where to write (schemas/)")
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 when a file would change")
    parser.add_argument(
        "--paths", type=Path, metavar="SCHEMA", help="print the path of every property of a schema; no more"
    )
    return parser.parse_args(argv)


def main(argv: list[str] | None = None) -> int:
    """Run the program."""
    asked = arguments(argv)
    if asked.paths:
        print("\n".join(paths(json.loads(asked.paths.read_text("utf-8")))))
        return 0
    texts = make(asked.openai, asked.only)
    differing = changed(texts, asked.out)
    for path in differing:
        print(f"{'differs' if asked.check else 'written'}: {path}")
        if not asked.check:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(texts[path.relative_to(asked.out).as_posix()], "utf-8")
    return 1 if asked.check and differing else 0


if __name__ == "__main__":
    sys.exit(main())
