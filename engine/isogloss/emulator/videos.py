"""predictLongRunning, its operations, and the files that they make.

A job is done after so many looks at it; scripts say how many, and what becomes of it. https://ai.google.dev/api/models
"""

from __future__ import annotations

import re
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from starlette.responses import Response

from isogloss.emulator import calling, film, forms, settings
from isogloss.emulator.dice import Dice
from isogloss.emulator.errors import Refusal, invalid

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.routing import Route
    from starlette.types import ASGIApp

    from isogloss.emulator.calling import Call
    from isogloss.emulator.models import Model

_TYPE: Final = "type.googleapis.com/google.ai.generativelanguage.v1beta.PredictLongRunningResponse"
_USUAL: Final = {"polls": 1, "seconds": 0}
_MOST: Final = 1000  # jobs at a time
_IMAGES: Final = frozenset({"image/png", "image/jpeg", "image/webp"})
_REFERENCES: Final = 3
#: What goes with videos of the full length only.
_LONG: Final = ("lastFrame", "referenceImages", "video")
#: Numbers of the canonical codes: https://github.com/googleapis/googleapis/blob/master/google/rpc/code.proto
_CODES: Final = {"INVALID_ARGUMENT": 3, "PERMISSION_DENIED": 7, "RESOURCE_EXHAUSTED": 8, "INTERNAL": 13}


@dataclass
class Job:
    """A video in the making."""

    name: str
    key: str
    dice: Dice
    parameters: dict[str, Any]
    #: What a script makes of it, and how many looks it takes.
    plan: dict[str, Any]
    begun: float
    looks: int = 0

    @property
    def model(self) -> str:
        """The model that makes it."""
        return self.name.split("/")[1]

    @property
    def done(self) -> bool:
        """Whether it has been looked at often enough, and for long enough."""
        return self.looks > self.plan["polls"] and time.monotonic() - self.begun >= self.plan["seconds"]

    def films(self) -> dict[str, bytes]:
        """Make its videos: bytes by the name of their file."""
        aspect, seconds = self.parameters["aspectRatio"], self.parameters["durationSeconds"]
        many = range(self.parameters["sampleCount"])
        return {self.dice.word(f"file {n}", 12): film.film(Dice(self.dice.seed, n), aspect, seconds) for n in many}


def routes(route: Callable[..., Route]) -> list[Route]:
    """Return the routes of operations and of the files they make."""
    return [
        route("models/{model}/operations/{name}", get_operation, "GET"),
        route("operations/{name}", get_operation, "GET"),
        route("files/{name}:download", download, "GET"),
    ]


async def begin(call: Call, model: Model) -> ASGIApp:
    """Take a request for a video, and name the job."""
    call.admit()
    request = forms.read(call.document(), "predictLongRunning")
    instance = request["instances"][0]
    parameters = _settled(request.get("parameters", {}), instance, model)
    do = await call.conduct("predictLongRunning", model.name, instance["prompt"])
    if len(call.state.jobs) >= _MOST:
        raise Refusal("RESOURCE_EXHAUSTED", f"There are {_MOST} videos in the making already.")
    dice = Dice(call.request.url.path, request, len(call.state.jobs))
    name = dice.word("operation", 16)
    plan = {**_USUAL, **do.get("job", {})}
    named = f"models/{model.name}/operations/{name}"
    call.state.jobs[name] = Job(named, call.key, dice, parameters, plan, time.monotonic())
    return calling.answered({"name": named})


async def get_operation(call: Call) -> ASGIApp:
    """Say how far a job is."""
    call.admit()
    path = call.request.path_params
    job = call.state.jobs.get(path["name"])
    if job is None or job.key != call.key or path.get("model", job.model) != job.model:
        raise Refusal("NOT_FOUND", f"There is no operation {path['name']}.")
    await call.conduct("operations.get", job.model)
    job.looks += 1
    return calling.answered({"name": job.name, **(_outcome(call, job) if job.done else {})})


def _outcome(call: Call, job: Job) -> dict[str, Any]:
    plan = job.plan
    if "error" in plan:
        status = plan["error"]["status"]
        return {"done": True, "error": {"code": _CODES.get(status, 2), "message": plan["error"]["message"]}}
    made: dict[str, Any] = {}
    if plan.get("filtered"):
        reasons = plan["filtered"]
        made = {"raiMediaFilteredCount": len(reasons), "raiMediaFilteredReasons": reasons}
    elif not plan.get("empty"):
        base = f"{str(call.request.base_url).rstrip('/')}/{call.version}/files"
        films = job.films()
        call.state.films.update(films)
        made = {"generatedSamples": [{"video": {"uri": f"{base}/{name}:download?alt=media"}} for name in films]}
    return {"done": True, "response": {"@type": _TYPE, "generateVideoResponse": made}}


async def download(call: Call) -> ASGIApp:
    """Give the bytes of a video to whoever shows a key: all of them, or a range."""
    call.admit()
    name = call.request.path_params["name"]
    await call.conduct("files.download")
    data = call.state.films.get(name)
    if data is None and f"files/{name}" in call.state.files.held:
        raise invalid(f"files/{name} was uploaded; only files that were generated can be downloaded.")
    if data is None:
        raise Refusal("PERMISSION_DENIED", f"files/{name} is not there, or may not be read with this key.")
    if call.request.query_params.get("alt") != "media":
        raise invalid("The bytes of a file are asked for with alt=media.")
    asked = re.fullmatch(r"bytes=([0-9]{1,12})-([0-9]{0,12})", call.request.headers.get("range", ""))
    if asked is None:
        return Response(data, media_type="video/mp4", headers={"accept-ranges": "bytes"})
    first, last = int(asked[1]), min(int(asked[2] or len(data)), len(data) - 1)
    told = {"content-range": f"bytes {first}-{last}/{len(data)}"}
    return Response(data[first : last + 1], 206, told, "video/mp4")


# --- what a model takes


def _settled(parameters: dict[str, Any], instance: dict[str, Any], model: Model) -> dict[str, Any]:
    """Check what a request asks for together; return it with what goes without saying.

    Raises Refusal (400).
    """
    usual = {"durationSeconds": 8, "aspectRatio": "16:9", "resolution": "720p", "sampleCount": 1}
    settled = {**usual, **parameters}
    _among("durationSeconds", settled["durationSeconds"], model.seconds, model)
    _among("resolution", settled["resolution"], model.resolutions, model)
    if "resolution" in parameters and len(model.resolutions) == 1:
        raise invalid(f"models/{model.name} takes no resolution.")
    _images(instance)
    long = [name for name in _LONG if name in instance]
    if long and settled["durationSeconds"] != model.seconds[-1]:
        raise invalid(f"With {long[0]} durationSeconds must be {model.seconds[-1]}.")
    return settled


def _among(name: str, value: Any, known: tuple[Any, ...], model: Model) -> None:
    if value not in known:
        listed = ", ".join(map(str, known))
        raise invalid(
            f"models/{model.name} takes {listed} as {name}, not {value}.", [(f"parameters.{name}", "out of range")]
        )


def _images(instance: dict[str, Any]) -> None:
    references = instance.get("referenceImages", [])
    if len(references) > _REFERENCES:
        raise invalid(f"At most {_REFERENCES} reference images are taken.")
    if "lastFrame" in instance and "image" not in instance:
        raise invalid("A last frame goes with a first one only: image.")
    for image in (instance.get("image"), instance.get("lastFrame"), *(one["image"] for one in references)):
        if image is not None and image["mimeType"] not in _IMAGES:
            raise invalid(f"An image is PNG, JPEG or WebP, not {image['mimeType']}.")
        if image is not None:
            settings.picture("instances[0]", image["mimeType"], image.get("bytesBase64Encoded", ""))
