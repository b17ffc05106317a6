"""The command line. It prints; what it prints is made elsewhere.

paper      terminals, tables and JSON
words      commands that show examples, and errors without a traceback
sources    where a document and a ruleset come from: files, standard input, options
documents  translate, explain
demo       demo
rulebook   check, show, diff, docs
serving    emulator
gateway    serve
"""

from __future__ import annotations

import click

from isogloss.cli import demo, documents, gateway, rulebook, serving
from isogloss.cli.words import Program, version


@click.group(cls=Program, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.option("--version", is_flag=True, is_eager=True, expose_value=False, callback=version, help="Print the version.")
def program() -> None:
    """Translate between API dialects, both ways, by one rulebook of YAML files.

    Exit codes: 0 done; 1 refused, or problems found; 2 wrong usage.
    """


for _module in (demo, documents, rulebook, gateway, serving):
    for _command in _module.COMMANDS:
        program.add_command(_command)


def main() -> None:
    """Run the command line."""
    program(prog_name="isogloss")
