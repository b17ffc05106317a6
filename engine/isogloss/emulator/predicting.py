"""predict: Imagen, as the Gemini API had it until 2026.

Scripts filter its images: [[refuse why]] all of them, [[finish why]] the last one.
https://ai.google.dev/gemini-api/docs/imagen
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from isogloss.emulator import calling, forms, media
from isogloss.emulator.dice import Dice
from isogloss.emulator.settings import refuse

if TYPE_CHECKING:
    from starlette.types import ASGIApp

    from isogloss.emulator.calling import Call
    from isogloss.emulator.models import Model


async def predict(call: Call, model: Model) -> ASGIApp:
    """Answer with images, or with the reasons why they were filtered."""
    call.admit()
    request = forms.read(call.document(), "predict")
    parameters = request.get("parameters", {})
    if parameters.get("sampleImageSize", "1K") not in model.image_sizes:
        raise refuse("parameters.sample_image_size", f"{model.name} has no size {parameters['sampleImageSize']}.")
    prompt = request["instances"][0]["prompt"]
    do = await call.conduct("predict", model.name, prompt)
    dice = Dice(request, model.name)
    count = parameters.get("sampleCount", 4)
    predictions = [_prediction(Dice(dice.seed, index), parameters, prompt) for index in range(count)]
    return calling.answered({"predictions": _filtered(predictions, do["answer"])})


def _prediction(dice: Dice, parameters: dict[str, Any], prompt: str) -> dict[str, Any]:
    data = media.picture(dice, parameters.get("aspectRatio", "1:1"))["inlineData"]["data"]
    return {"mimeType": "image/png", "bytesBase64Encoded": data, "prompt": f"{prompt}, in detail"}


def _filtered(predictions: list[dict[str, Any]], wishes: dict[str, Any]) -> list[dict[str, Any]]:
    if "finish" not in wishes:
        return predictions
    kept = [] if "parts" in wishes else predictions[:-1]
    return [*kept, {"raiFilteredReason": wishes["finish"]}]
