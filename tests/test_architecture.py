"""The house rules: imports go one way, libraries stay in their places, no vendor's word, small functions."""

import ast
import re
import statistics
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "engine" / "isogloss"

# Each module may import those before it (types may be named from anywhere).
# A new module is added here, at the place where it belongs.
ORDER = [
    "values",
    "errors",
    "pointer",
    "source",
    "loss",
    "resources",
    "limits",
    "paths",
    "references",
    "codecs",
    "guard",
    "example",
    "apart",
    "rule",
    "families",
    "notation",
    "progress",
    "memory",
    "accounts",
    "shelves",
    "bookshelf",
    "entries",
    "heirs",
    "tellings",
    "sides",
    "stages",
    "prefixes",
    "loader",
    "lens",
    "checks",
    "checker",
    "coverage",
    "matching",
    "completing",
    "building",
    "choosing",
    "tables",
    "casts",
    "seams",
    "books",
    "blocks",
    "laying",
    "ordering",
    "following",
    "layouts",
    "carrying",
    "threads",
    "interpreter",
    "notes",
    "shapes",
    "sizes",
    "converting",
    "generated",
    "remembering",
    "parting",
    "wording",
    "compiler_frames",
    "compiler_code",
    "compiler_guards",
    "compiler_examples",
    "compiler_reading",
    "compiler_writing",
    "compiler_sums",
    "compiler_clusters",
    "compiler_rules",
    "compiler_alternatives",
    "compiler_sets",
    "compiler_either",
    "compiler_sorts",
    "compiler_shapes",
    "compiler_groups",
    "compiler_laying",
    "compiler_slots",
    "compiler_layouts",
    "compiler",
    "cache",
    "library",
    "validation",
    "gathering",
    "opacity",
    "stencil_code",
    "cutting",
    "stencils",
    "stream",
    "sse",
    "routes",
    "envelope",
    "running",
    "meanings",
    "places",
    "calls",
    "shares",
    "exchange",
    "translator",
    "stateless",
    "probes",
    "dossier",
    "bearing",
    "contrast",
    "explain",
    "failures",
    "reports",
    "addresses",
    "links",
    "caching",
    "cache_index",
    "crossings",
    "docs",
    "sockets",
    "cli",
    "gateway",
    "transports",
]
FACES = {"cli", "gateway"}  # the only ones that may use the package by its public names
DOORS = {"__init__", "__main__"}  # they show what is there and have no place in the order
VENDORS = {"sdk", "emulator"}  # the only folders that speak a vendor's language; command line and door lead there

# The modules that may import a library.
LIBRARIES = {
    "yaml": {"source"},
    "jmespath": {"guard"},
    "jsonschema": {"checker", "validation", "gateway"},
    "referencing": {"checker", "validation"},
    "httpx": {"gateway", "transports"},
    "httpx2": {"transports"},
    "anyio": {"crossings", "transports"},
    "python_multipart": {"crossings"},
    "aiohttp": {"gateway"},
    "starlette": {"gateway"},
    "uvicorn": {"gateway", "cli", "sockets"},
    "orjson": {"gateway"},
    "click": {"cli"},
    "rich": {"cli"},
}

BRANDS = "openai gemini gemma google anthropic claude gpt vertex litellm azure learnlm"
# Field names that mean nothing but the vendor's field, in either spelling.
FIELDS = """
    tool_calls? tool_call_id tool_choice function_?calls? function_?responses? function_?declarations?
    reasoning_effort reasoning_content finish_?reason max_tokens max_completion_tokens max_?output_?tokens
    thinking_?budget thinking_?level thinking_?config include_?thoughts thought_?signature inline_?data image_url
    generation_?config system_?instruction safety_?settings usage_?metadata prompt_?feedback response_?schema
"""
# Field names that are English too: free in prose, but never a name of ours, nor in a string that the program uses.
PLURALS = "messages contents candidates choices parts"
# Too common to forbid as a name (an exception has a message) or in a sentence; as a key or path they are a vendor's.
SINGULARS = "message content candidate choice part"

ALWAYS = re.compile(
    rf"{'|'.join(BRANDS.split())}|(?<![a-z0-9])(?:{'|'.join(FIELDS.split())})(?![a-z0-9])",
    re.IGNORECASE,
)
NAMED = re.compile(rf"(?<![a-z])(?:{'|'.join(PLURALS.split())})(?![a-z])", re.IGNORECASE)
QUOTED = re.compile(rf"(?<![\w-])(?:{'|'.join(PLURALS.split())})(?![\w-])", re.IGNORECASE)
KEYED = re.compile(rf"(?<![\w-])(?:{'|'.join((PLURALS + ' ' + SINGULARS).split())})(?![\w-])", re.IGNORECASE)

FILES = sorted(PACKAGE.rglob("*.py"))
ROLE_BLIND = [file for file in FILES if not VENDORS & set(file.relative_to(PACKAGE).parts)]


def name(file: Path) -> str:
    return file.relative_to(PACKAGE).as_posix()


def module(file: Path) -> str:
    return file.relative_to(PACKAGE).with_suffix("").parts[0]


@cache
def tree(file: Path) -> ast.Module:
    return ast.parse(file.read_text(encoding="utf-8"), filename=str(file))


def every(files: list[Path]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("file", files, ids=name)


# --- imports ---


def is_for_types(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"


def is_door(node: ast.AST, file: Path) -> bool:
    return file.name == "__init__.py" and isinstance(node, ast.FunctionDef) and node.name == "__getattr__"


def statements(node: ast.AST, file: Path) -> Iterator[ast.Import | ast.ImportFrom]:
    """Yield every import under `node`, in functions too, but not in a package's lazy door."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Import | ast.ImportFrom):
            yield child
        elif not is_door(child, file):
            yield from statements(child, file)


def base(node: ast.ImportFrom, file: Path) -> str:
    """Name the module that `node` imports from, from the top: `.values` in lens.py is isogloss.values."""
    if not node.level:
        return node.module or ""
    above = ("isogloss", *file.relative_to(PACKAGE).parts)[: -node.level]
    return ".".join([*above, *filter(None, [node.module])])


def imported(file: Path) -> Iterator[tuple[int, str]]:
    """Yield line and full name of everything that a file imports: isogloss.lens.Lens, yaml, httpx.Client."""
    for node in statements(tree(file), file):
        start = "" if isinstance(node, ast.Import) else base(node, file) + "."
        for alias in node.names:
            yield node.lineno, start + alias.name


def siblings(file: Path) -> Iterator[tuple[int, str]]:
    """Yield the modules of ours that a file imports; `` is the package by its public names."""
    known = {module(other) for other in FILES} | set(ORDER) | VENDORS
    typed = {
        child.lineno
        for node in ast.walk(tree(file))
        if is_for_types(node)
        for child in ast.walk(node)
        if isinstance(child, ast.stmt)
    }
    for line, target in imported(file):
        if line in typed:
            continue
        top, _, rest = target.partition(".")
        if top == "isogloss":
            first = rest.partition(".")[0]
            yield line, first if first in known else ""


def allowed(importer: str) -> set[str]:
    before = set(ORDER[: ORDER.index(importer) + 1])
    if importer == "cli":
        return before | FACES | VENDORS | {""}  # it starts the gateway
    return before | {""} if importer in FACES else before


def test_every_module_has_its_place():
    unknown = {module(file) for file in FILES} - set(ORDER) - DOORS - VENDORS
    assert not unknown, f"add to ORDER, where they belong: {sorted(unknown)}"


@every([file for file in ROLE_BLIND if module(file) in ORDER])
def test_imports_go_one_way(file):
    known = allowed(module(file))
    wrong = [f"{name(file)}:{line} imports {to or 'isogloss'}" for line, to in siblings(file) if to not in known]
    assert not wrong


@every([file for file in ROLE_BLIND if module(file) == "__init__"])
def test_the_package_shows_no_face(file):
    assert not [to for _, to in siblings(file) if to in FACES | VENDORS]


@every(ROLE_BLIND)
def test_libraries_stay_in_their_places(file):
    wrong = [
        f"{name(file)}:{line} imports {library}"
        for line, target in imported(file)
        if module(file) not in LIBRARIES.get(library := target.partition(".")[0], {module(file)})
    ]
    assert not wrong


def test_import_is_light():
    script = "import sys, isogloss; print(*sorted({m.partition('.')[0] for m in sys.modules}))"
    run = subprocess.run([sys.executable, "-c", script], check=True, capture_output=True, text=True)
    assert not set(LIBRARIES) & set(run.stdout.split())


# --- words ---


def docstrings(file: Path) -> set[int]:
    """Tell by identity the string nodes that are prose: those that stand alone as a statement."""
    return {id(node.value) for node in ast.walk(tree(file)) if isinstance(node, ast.Expr)}


def literals(file: Path) -> Iterator[tuple[int, str]]:
    prose = docstrings(file)
    for node in ast.walk(tree(file)):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in prose:
            yield node.lineno, node.value


def bound(node: ast.AST) -> str | None:
    """Return the name that `node` binds: names are judged where they are made, not where another's are used."""
    match node:
        case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
            return node.name
        case ast.arg(arg=made) | ast.Name(id=made, ctx=ast.Store()) | ast.Attribute(attr=made, ctx=ast.Store()):
            return made
        case ast.alias(asname=made) | ast.MatchAs(name=made) | ast.MatchStar(name=made) | ast.MatchMapping(rest=made):
            return made
        case _:
            return None


def vendor_words(file: Path) -> Iterator[str]:
    text = file.read_text(encoding="utf-8")
    for line, content in enumerate(text.splitlines(), 1):
        yield from (f"{name(file)}:{line} {found}" for found in ALWAYS.findall(content))
    for node in ast.walk(tree(file)):
        if (made := bound(node)) and NAMED.search(made):
            yield f"{name(file)}:{getattr(node, 'lineno', 0)} name {made}"
    for line, literal in literals(file):
        pattern = QUOTED if re.search(r"\s", literal) else KEYED
        yield from (f"{name(file)}:{line} string {literal!r}" for _ in pattern.findall(literal)[:1])


@every(ROLE_BLIND)
def test_no_vendor_word(file):
    assert not list(vendor_words(file))


@every(ROLE_BLIND)
def test_no_vendor_file(file):
    assert not ALWAYS.search(name(file))


# --- sizes ---


def functions() -> list[int]:
    return sorted(
        (node.end_lineno or node.lineno) - node.lineno + 1
        for file in FILES
        for node in ast.walk(tree(file))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    )


def test_functions_are_small():
    lengths = functions()
    assert statistics.median(lengths) <= 8
    assert lengths[int(len(lengths) * 0.9)] <= 25


@every(FILES)
def test_modules_are_small(file):
    assert len(file.read_text(encoding="utf-8").splitlines()) <= 420
