"""What the samples of LiteLLM's page about Gemini say, word for word: https://docs.litellm.ai/docs/providers/gemini

For tests that ask the same in different ways: over transports, over sockets, by Python calls.
"""

import base64

#: A picture of one pixel, for what the page sends as `landmark3.png` and the like.
PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg=="
)

#: How a JPEG file begins.
JPEG = bytes.fromhex("ffd8ffe000104a46494600010100000100010000ffd9")

CAPITAL = [{"role": "user", "content": "What is the capital of France?"}]
RECIPES = [{"role": "user", "content": "List 5 popular cookie recipes."}]
RESPONSE_SCHEMA = {
    "type": "array",
    "items": {
        "type": "object",
        "properties": {"recipe_name": {"type": "string"}},
        "required": ["recipe_name"],
    },
}
JSON_RECIPES = {"type": "json_object", "response_schema": RESPONSE_SCHEMA}
ENFORCED_RECIPES = {**JSON_RECIPES, "enforce_validation": True}
SAFETY_SETTINGS = [
    {"category": f"HARM_CATEGORY_{word}", "threshold": "BLOCK_NONE"}
    for word in ("HARASSMENT", "HATE_SPEECH", "SEXUALLY_EXPLICIT", "DANGEROUS_CONTENT")
]

#: The page's two models that think, and its tables: model, effort, what Gemini gets.
FLASH = "gemini/gemini-2.5-flash-preview-04-17"
PRO = "gemini/gemini-3-pro-preview"
EFFORTS = [
    ("gemini/gemini-2.0-flash-thinking-exp-01-21", "none", {"thinkingBudget": 0, "includeThoughts": False}),
    (FLASH, "none", {"thinkingBudget": 0, "includeThoughts": False}),
    (FLASH, "disable", {"thinkingBudget": 0, "includeThoughts": False}),
    (FLASH, "low", {"thinkingBudget": 1024, "includeThoughts": True}),
    (FLASH, "medium", {"thinkingBudget": 2048, "includeThoughts": True}),
    (FLASH, "high", {"thinkingBudget": 4096, "includeThoughts": True}),
    (PRO, "minimal", {"thinkingLevel": "LOW", "includeThoughts": True}),
    (PRO, "low", {"thinkingLevel": "LOW", "includeThoughts": True}),
    (PRO, "medium", {"thinkingLevel": "HIGH", "includeThoughts": True}),
    (PRO, "high", {"thinkingLevel": "HIGH", "includeThoughts": True}),
    (PRO, "disable", {"thinkingLevel": "LOW", "includeThoughts": False}),
    (PRO, "none", {"thinkingLevel": "LOW", "includeThoughts": False}),
]

WEATHER = {
    "type": "function",
    "function": {
        "name": "get_current_weather",
        "description": "Get the current weather in a given location",
        "parameters": {
            "type": "object",
            "properties": {
                "location": {"type": "string", "description": "The city and state, e.g. San Francisco, CA"},
                "unit": {"type": "string", "enum": ["celsius", "fahrenheit"]},
            },
            "required": ["location"],
        },
    },
}


def get_current_temperature(location: str) -> dict:
    """Gets the current weather temperature for a given location."""
    assert location == "London"
    return {"temperature": 30, "unit": "celsius"}


get_weather_declaration = {
    "name": "get_current_temperature",
    "description": "Gets the current weather temperature for a given location.",
    "parameters": {
        "type": "object",
        "properties": {"location": {"type": "string"}},
        "required": ["location"],
    },
}

set_thermostat_declaration = {
    "name": "set_thermostat_temperature",
    "description": "Sets the thermostat to a desired temperature.",
    "parameters": {
        "type": "object",
        "properties": {"temperature": {"type": "integer"}},
        "required": ["temperature"],
    },
}
