"""serve: the gateway."""

from __future__ import annotations

import os
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from isogloss.cli import paper, sources
from isogloss.cli.serving import missing
from isogloss.cli.words import Exemplary

if TYPE_CHECKING:
    from isogloss.gateway.settings import Settings

#: Stands for the offline API instead of an address.
EMULATOR: Final = "emulator"


@click.command(name="serve", cls=Exemplary, short_help="Serve one API's clients from another API.")
@click.option("--host", help="Address to listen on.  [default: 127.0.0.1]")
@click.option("--port", type=click.IntRange(0, 65535), help="0 takes a free one.  [default: 4000]")
@click.option("--front", metavar="DIALECT,…", help="Dialects that callers may speak; the first where nothing tells.")
@click.option("--back", metavar="DIALECT", help="Dialect of the server behind.")
@click.option("--upstream", metavar="URL|emulator", help="Stands in for the vendor's own address; or an offline one.")
@click.option(
    "--allow-address", "allow_addresses", multiple=True, metavar="CIDR", help="May be fetched though private."
)
@click.option("--strict", is_flag=True, default=None, help="Refuse requests that would lose something.")
@click.option("--open", is_flag=True, default=None, help="Let whoever reaches it use your key.")
@click.option("--workers", type=click.IntRange(1, 256), help="Processes.  [default: 1]")
@click.option(
    "--config", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="A configuration, as YAML."
)
@click.option("--check", is_flag=True, help="Say whether the configuration is sound, and stop.")
@sources.rules_options
def serve(config: Path | None, check: bool, upstream: str | None, front: str | None, **flags: Any) -> None:
    """Serve one API's clients from another API, by the rules.

    Keys come from the environment: the upstream's from its usual variable, those that callers must show from
    ISOGLOSS_KEYS. Without a configuration it is isogloss.yaml in this folder, if there is one.
    """
    try:
        from isogloss.gateway import server
    except ModuleNotFoundError as error:
        raise missing(error) from error
    with ExitStack() as stack:
        url = upstream
        if upstream == EMULATOR and not check:
            url = stack.enter_context(_emulator())
        settings = _settings(config, {**flags, "upstream": url if url != EMULATOR else None, "front": _parted(front)})
        if upstream == EMULATOR:
            settings = _keyed(settings)
        if check:
            paper.say(_told(settings))
            return
        server.run(settings, lambda address: paper.say(f"{_told(settings)}\nlistening on {address} (stop with Ctrl-C)"))


def _keyed(settings: Settings) -> Settings:
    """Show the offline API a key, since it wants one, where neither the environment nor a caller has to have one."""
    first, *others = settings.upstreams
    return replace(settings, upstreams=(replace(first, key=EMULATOR), *others))


def _parted(front: str | None) -> list[str] | None:
    return None if front is None else [name.strip() for name in front.split(",") if name.strip()]


def _settings(config: Path | None, flags: dict[str, Any]) -> Settings:
    """Lay flags over the configuration."""
    from isogloss.gateway import settings

    usual = Path("isogloss.yaml")
    path = config or (usual if usual.is_file() else None)
    said = dict(settings.read(path)) if path else {}
    overlays = [str(Path(one).absolute()) for one in flags.pop("overlays", ())]
    given = {name: value for name, value in flags.items() if value not in (None, ())}
    if overlays:
        given["overlays"] = [*said.get("overlays", ()), *overlays]
    return settings.decide({**said, **given}, os.environ, path)


def _emulator() -> Any:
    """Play the API behind on a free port."""
    from isogloss.emulator import app, server

    return server.background(app.create(()))


def _told(settings: Settings) -> str:
    """Say what is served, without keys."""
    lines = [f"front {', '.join(settings.fronts)}; rules {settings.ruleset()}"]
    for one in settings.upstreams:
        key = "with your key" if one.key else "with no key" if settings.keys else "with the caller's key"
        lines.append(f"behind {one.name}: {one.dialect} at {one.url}, {key}")
    lines.append(f"callers {'show one of your keys' if settings.keys else 'need no key of yours'}")
    return "\n".join(lines)


COMMANDS = (serve,)
