"""Tables of Markdown documents, under their headings, as GitHub shows them.

A cell loses its markup and its footnote marks, and nothing else. A row may end early; what stands
beyond the last column is not shown, and not read either.
"""

import re
from dataclasses import dataclass
from typing import NamedTuple

from markdown_it import MarkdownIt
from markdown_it.tree import SyntaxTreeNode

from app.sources.tables import MAX_TEXT, TextTable, text_of

_BLOCKS = MarkdownIt("commonmark").enable("table").disable("inline")
_INLINE = MarkdownIt("commonmark")
_MARKS = " \t\n*†‡§"
_REFERENCE = re.compile(r"\[\^[^\[\]]*\]\Z")
_BREAK = re.compile(r"<br\b", re.IGNORECASE)
_NOTE = re.compile(r"<(?P<end>/?)sup\b", re.IGNORECASE)


class Placed(NamedTuple):
    """A table, and the headings it stands under, outermost first."""

    headings: tuple[str, ...]
    table: TextTable


@dataclass(frozen=True, slots=True)
class Document:
    """A text as sent, its headings and its tables, both in order."""

    text: str
    headings: tuple[str, ...]
    tables: tuple[Placed, ...]


def document(source: str, name: str, file: bytes) -> Document:
    """A Markdown file; `source` and `name` are for messages.

    Raises:
        ParseError: it is no text, or a table names a column twice.
    """
    text = text_of(source, name, file)
    headings: list[str] = []
    tables: list[Placed] = []
    above: dict[str, str] = {}
    for node in SyntaxTreeNode(_BLOCKS.parse(text)).walk():
        if node.type == "heading":
            headings.append(plain(node.children[0].content))
            above = {tag: title for tag, title in above.items() if tag < node.tag}
            above[node.tag] = headings[-1]
        elif node.type == "table":
            header, *rows = [
                [plain(cell.children[0].content) for cell in row.children]
                for part in node.children
                for row in part.children
            ]
            where = f"{name}, table under {' / '.join(above.values())!r}"
            tables.append(Placed(tuple(above.values()), TextTable(source, where, header, rows)))
    return Document(text, tuple(headings), tuple(tables))


def plain(markup: str) -> str:
    """One line of Markdown as text: without emphasis, links, images, tags and footnote marks.

    A line too long to be kept stays as it is.
    """
    if len(markup) > MAX_TEXT:
        return markup
    text = ""
    in_note = False
    for token in _INLINE.parseInline(markup)[0].children or ():
        if token.type == "html_inline":
            note = _NOTE.match(token.content)
            in_note = in_note if note is None else not note["end"]
            text += " " if _BREAK.match(token.content) else ""
        elif token.type in {"text", "code_inline"} and not in_note:
            text += token.content
    marked, text = None, text.rstrip(_MARKS)
    while marked != text:
        marked, text = text, _REFERENCE.sub("", text).rstrip(_MARKS)
    return text.strip()
