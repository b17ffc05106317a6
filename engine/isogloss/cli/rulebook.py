"""check, show, diff, docs: the rules themselves."""

from __future__ import annotations

COMMANDS = ()
