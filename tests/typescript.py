"""Just enough reading of TypeScript and Vue for the house rules: blank out text, find imports and functions.

Not a parser. It knows strings, templates, comments and regular expressions, so that braces in them do not
count, and it knows which braces open a function. What it cannot know it takes for no function.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

SCRIPT = re.compile(r"<script\b[^>]*>(.*?)</script>", re.S)
# One token that holds text. A regular expression can only stand where a value may begin.
TEXT = re.compile(
    r"""
      //[^\n]* | /\*.*?\*/
    | '(?:\\.|[^'\\\n])*' | "(?:\\.|[^"\\\n])*" | `(?:\\.|[^`\\])*`
    | (?<=[=(,:;!&|?{}\[\n])\s*/(?![*/])(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\\n\[])+/[a-z]*
    """,
    re.S | re.X,
)
IMPORT = re.compile(r"""(?:\bfrom|\bimport)\s*\(?\s*['"]([^'"]+)['"]""")
TYPE_IMPORT = re.compile(r"""\b(?:import|export)\s+type\b[^;'"]*['"][^'"]+['"]""")
COMMENT = re.compile(r"""('(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"|`(?:\\.|[^`\\])*`)|//[^\n]*|/\*.*?\*/""", re.S)
CONTROL = {"if", "for", "while", "switch", "catch", "with", "do", "else", "try", "finally", "return"}
FUNCTION = re.compile(r"\bfunction\b\s*\*?\s*[\w$]*\s*[<(]")
METHOD = re.compile(
    r"(?:(?:export|default|async|static|private|public|protected|readonly|override|get|set)\s+|\*\s*)*"
    r"([\w$#]+)\s*(?:<[^()]*>)?\s*\(.*\)\s*(?::[^=]*)?",
    re.S,
)
# The outermost function of a test file is only a heading.
HEADING = re.compile(r"\b(?:describe|suite)(?:\.\w+)*\s*\(")


def script(path: Path) -> str:
    """The code of a file. Of a .vue file, its script parts, each on its own lines."""
    source = path.read_text()
    if path.suffix != ".vue":
        return source
    blank = re.sub(r"[^\n]", " ", source)
    for part in SCRIPT.finditer(source):
        blank = blank[: part.start(1)] + part[1] + blank[part.end(1) :]
    return blank


def bare(code: str) -> str:
    """The code with comments, texts and regular expressions blanked, every line and column where it was."""
    return TEXT.sub(lambda hit: re.sub(r"[^\n]", " ", hit[0]), code)


def imports(code: str, types: bool = True) -> list[str]:
    """What the code imports, as written; without `types`, only what is there at run time."""
    code = COMMENT.sub(lambda hit: hit[1] or " ", code)
    return IMPORT.findall(code if types else TYPE_IMPORT.sub(" ", code))


@dataclass(frozen=True)
class Function:
    head: str
    line: int
    lines: int


@dataclass
class Open:
    """An opened bracket: where, and where the statement inside it that we are reading began."""

    mark: str
    at: int
    inside: int
    head: str | None = None


def opens_function(head: str) -> bool:
    """Whether a brace behind `head` begins a body; `): {` and `Promise<{` begin a type, `= {` a value."""
    head = head.strip()
    if head.endswith("=>"):
        return True
    if head.endswith((":", "<", "|", "&", ",", "=", "?", "extends")):
        return False
    if (named := FUNCTION.search(head)) and ")" in head[named.end() :]:
        return True
    method = METHOD.fullmatch(head)
    return bool(method and method[1] not in CONTROL)


def last_statement(head: str) -> str:
    """The end of `head` from the last line break that stands in no bracket: our code ends few lines with `;`."""
    depth, start = 0, 0
    for at, mark in enumerate(head):
        depth += (mark in "([{") - (mark in ")]}")
        if mark == "\n" and depth == 0 and head[at:].strip():
            start = at + 1
    return head[start:]


def in_type_arguments(head: str) -> bool:
    """Whether a comma behind `head` parts the arguments of a type, as in `Map<string, Row>`."""
    head = last_statement(head).replace("=>", "")
    return head.count("<") > head.count(">")


def functions(code: str) -> list[Function]:
    """Every function with a body in braces, in the order they end."""
    code = bare(code)
    found: list[Function] = []
    stack = [Open("", 0, 0)]
    for hit in re.finditer(r"[(){}\[\];,]", code):
        mark, at = hit[0], hit.start()
        if mark in "({[":
            head = last_statement(code[stack[-1].inside : at])
            stack.append(Open(mark, at, at + 1, head if mark == "{" and opens_function(head) else None))
        elif mark in ";,":
            if mark == "," and in_type_arguments(code[stack[-1].inside : at]):
                continue
            stack[-1].inside = at + 1
        elif len(stack) > 1:
            closed = stack.pop()
            if closed.head is not None:
                start = closed.at - len(closed.head.lstrip())
                lines = code.count("\n", start, at) + 1
                found.append(Function(" ".join(closed.head.split()), code.count("\n", 0, start) + 1, lines))
            # What goes on behind the brace on the same line is still the statement: `<T extends { id: Id }>(…) {`.
            if mark == "}" and (closed.head is not None or code[at + 1 : at + 2] in "\n;"):
                stack[-1].inside = at + 1
    return found
