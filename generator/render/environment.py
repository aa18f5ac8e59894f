"""The one template environment: escaping by output language, undefined is an error."""

from __future__ import annotations

import contextlib
from functools import cache
from pathlib import Path

import jinja2

from generator import markdown, model, shell
from generator.markdown import Markdown, code_span
from generator.shell import Shell

_TEMPLATES = Path(__file__).parent.parent / "templates"


@jinja2.pass_context
def _finalize(context: jinja2.runtime.Context, value: object) -> object:
    """Every `{{ }}` goes through here; the template's name says in which language it stands."""
    if isinstance(value, jinja2.Undefined):
        return str(value)  # raises: StrictUndefined
    if ".sh." in context.name:
        if isinstance(value, (Shell, int)):
            return value
        raise TypeError(f"{context.name}: {value!r} is not quoted for the shell")
    if isinstance(value, Markdown):
        return value
    if isinstance(value, model.Unfilled):
        return unfilled(value, context["book"])
    if isinstance(value, str):
        return markdown.inline(value, context["targets"], context["document"])
    if isinstance(value, int):
        return value
    raise TypeError(f"{context.name}: nothing says how to show {value!r}")


def unfilled(value: model.Unfilled, book: model.Handbook) -> Markdown:
    """A blank, shown plainly, with who owes it and what is stated elsewhere."""
    owner = book.contacts.roles[value.owner]
    stated = f". Candidates: {candidates(value)}" if value.candidates else ""
    return Markdown(
        f"**Not yet known**: {markdown.escape(value.what)} (owed by {markdown.escape(owner)}){stated}"
    )


def candidates(blank: model.Unfilled) -> Markdown:
    """What the service's repository states, each with where; '' where there is nothing."""
    return Markdown(
        "; ".join(
            f"{markdown.escape(c.value)} (stated in {code_span(c.source)}, not confirmed)"
            for c in blank.candidates
        )
    )


@jinja2.pass_context
def _inline(context: jinja2.runtime.Context, value: object) -> Markdown:
    """A filter: the Markdown of a value, for use as an argument (such as a cell of a table)."""
    return Markdown(_finalize(context, value))


def _indent(text: str, width: int = 4) -> Markdown:
    """Put text below a list item; empty lines stay empty."""
    return Markdown(
        "\n".join(" " * width + line if line.strip() else "" for line in text.split("\n")).lstrip()
    )


class _Compiled(jinja2.FileSystemBytecodeCache):
    """Compiled templates beside their sources, as Python keeps its own; none where it may not write."""

    def dump_bytecode(self, bucket: jinja2.bccache.Bucket) -> None:
        with contextlib.suppress(OSError):
            Path(self.directory).mkdir(exist_ok=True)
            super().dump_bytecode(bucket)


@cache
def environment() -> jinja2.Environment:
    """Made once for all templates; it holds no data of any service."""
    env = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_TEMPLATES),
        bytecode_cache=_Compiled(str(_TEMPLATES / "__pycache__")),
        undefined=jinja2.StrictUndefined,
        finalize=_finalize,
        autoescape=False,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        # '{#' is shell: ${#name} is the length of a variable.
        comment_start_string="{/*",
        comment_end_string="*/}",
        auto_reload=False,
    )
    env.filters.update(
        md=_inline,
        raw=Markdown,
        code=code_span,
        below=_indent,
        paragraphs=markdown.paragraphs,
        q=shell.quote,
        comment=shell.comment,
    )
    env.globals.update(fence=markdown.fence, table=markdown.table)
    return env


def render(template: str, **data: object) -> str:
    return environment().get_template(template).render(**data)
