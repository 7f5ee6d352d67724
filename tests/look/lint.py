"""What a template must not do: CSP, htmx 4 without inheritance, and words that gettext never sees."""

import re
from collections.abc import Iterator
from functools import cache
from html.parser import HTMLParser

from gallery import STATIC, TEMPLATES
from jinja2 import Environment, nodes

BANNED_HX = ("hx-on", "hx-vars", "hx-ext", "hx-disinherit", "hx-disabled-elt")
ASKS = ("hx-get", "hx-post", "hx-put", "hx-patch", "hx-delete", "hx-boost", "hx-action")
# These only mean something on an element that asks; htmx 4 hands nothing down without `:inherited`.
MODIFIERS = (
    "hx-target", "hx-swap", "hx-select", "hx-include", "hx-headers", "hx-vals", "hx-confirm", "hx-indicator",
    "hx-trigger", "hx-push-url", "hx-replace-url", "hx-sync", "hx-config", "hx-encoding",
)  # fmt: skip
SPOKEN = ("aria-label", "title", "alt", "placeholder", "label", "aria-description")
# Which arguments of the macros are read by people: positions and names.
READ: dict[str, tuple[str, ...]] = {
    "cell": ("title", "href", "sub", "right", "icon_name", "note"),
    "section_head": ("title", "href", "link_text"),
    "state": ("code", "detail"),
    "due": ("code", "words"),
    "clock": ("code", "words", "value", "detail"),
    "tag": ("text",),
    "chip": ("text",),
    "empty": ("title", "say", "icon_name", "href", "action"),
    "notice": ("text", "tone", "title", "href", "action"),
    "card": ("title",),
    "hero": ("title", "sub"),
    "fact": ("term", "text"),
    "icon": ("name", "label"),
    "kind_icon": ("code", "label"),
    "field": ("wtf", "hint"),
    "text_field": ("name", "label", "value", "hint", "error"),
    "area_field": ("name", "label", "value", "hint", "error"),
    "select_field": ("name", "label", "options", "value", "hint", "error"),
    "choice_field": ("name", "label", "options", "value", "hint", "error"),
    "check_field": ("name", "label", "checked", "hint", "error"),
    "switch_field": ("name", "label", "checked", "hint", "error"),
    "file_field": ("name", "label", "hint", "error"),
    "form_actions": ("text", "cancel_href"),
}
SILENT = {"href", "icon_name", "code", "value", "tone", "name", "wtf", "options", "checked", "cancel_href"}
GETTEXT = {"_", "gettext", "ngettext", "pgettext"}

_WORD = re.compile(r"[A-Za-z]{2,}|[\u3400-\u9fff]")
_COMMENT = re.compile(r"\{#.*?#\}", re.DOTALL)
_TAG_BY_EXPRESSION = re.compile(r"<(/?)\{\{.*?\}\}")
_EXPRESSION = re.compile(r"\{\{.*?\}\}", re.DOTALL)
_STATEMENT = re.compile(r"\{%.*?%\}", re.DOTALL)
_HIDDEN = "\ue000"


class _Page(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self.unread = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self.found.extend(_of_element(tag, given))
        if tag in ("code", "svg", "script"):
            self.unread += 1

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.extend(_of_element(tag, {name: value or "" for name, value in attrs}))

    def handle_endtag(self, tag: str) -> None:
        if tag in ("code", "svg", "script"):
            self.unread = max(0, self.unread - 1)

    def handle_data(self, data: str) -> None:
        data = re.sub(r'[\w:-]+="[^"]*"', "", data)  # a macro that writes attributes
        if not self.unread and _WORD.search(data):
            self.found.append(f"text outside gettext: {data.strip()[:60]!r}")


def _of_element(tag: str, given: dict[str, str]) -> Iterator[str]:
    if tag == "style" or "style" in given:
        yield f"inline style on <{tag}>"
    if tag == "script" and "src" not in given:
        yield "inline script"
    asks = any(name.split(":")[0] in ASKS for name in given)
    for name, value in given.items():
        base = name.split(":")[0]
        if re.match(r"on\w", name):
            yield f"inline handler {name}"
        if base in BANNED_HX:
            yield f"{name} is not used here"
        if re.search(r"\b(js|javascript):", value):
            yield f"script in {name}"
        if base == "hx-trigger" and "[" in value:
            yield "hx-trigger with a filter"
        if base in MODIFIERS and not asks and not name.endswith(":inherited"):
            yield f"{name} on <{tag}>, which asks nothing: children do not inherit it"
        if name in SPOKEN and _WORD.search(value):
            yield f"{name} outside gettext: {value!r}"


def _bare_words(node: nodes.Node) -> Iterator[str]:
    """String constants in an expression that gettext does not wrap."""
    if isinstance(node, nodes.Call) and isinstance(node.node, nodes.Name) and node.node.name in GETTEXT:
        return
    if isinstance(node, nodes.Const):
        if isinstance(node.value, str) and _WORD.search(node.value):
            yield node.value
    elif isinstance(node, nodes.CondExpr):
        yield from _bare_words(node.expr1)
        if node.expr2 is not None:
            yield from _bare_words(node.expr2)
    elif isinstance(node, nodes.Concat | nodes.Or | nodes.Add):
        for child in node.iter_child_nodes():
            yield from _bare_words(child)


@cache
def drawings() -> frozenset[str]:
    text = (TEMPLATES / "_macros" / "icons.html").read_text(encoding="utf-8")
    return frozenset(re.findall(r'^  "([\w-]+)": \'<', text, re.MULTILINE))


def _of_call(call: nodes.Call) -> Iterator[str]:
    if not isinstance(call.node, nodes.Name):
        return
    macro, words = call.node.name, [a.value for a in call.args if isinstance(a, nodes.Const)]
    if macro == "styles":
        missing = [word for word in words if not (STATIC / "css" / "components" / f"{word}.css").is_file()]
        yield from (f"no stylesheet {word!r}" for word in missing)
    if macro == "static_url" and words and not (STATIC / str(words[0])).is_file():
        yield f"no static file {words[0]!r}"
    first = call.args[0] if call.args else None
    if macro == "icon" and isinstance(first, nodes.Const) and first.value not in drawings():
        yield f"no icon {first.value!r}"
    names = READ.get(macro, ())
    given = [*zip(names, call.args, strict=False), *((kw.key, kw.value) for kw in call.kwargs)]
    for name, value in given:
        if name in names and name not in SILENT:
            yield from (f"{macro}({name}=…) outside gettext: {word!r}" for word in _bare_words(value))


def complaints(source: str) -> list[str]:
    """Everything wrong with one template's source."""
    if "检查" in _COMMENT.sub("", source):
        return ["检查 is a word of enforcement"]
    env = Environment(extensions=["jinja2.ext.i18n", "jinja2.ext.do", "jinja2.ext.loopcontrols"])
    found = [said for call in env.parse(source).find_all(nodes.Call) for said in _of_call(call)]
    bare = _COMMENT.sub("", source)
    bare = re.sub(r"\{% block back %\}.*?\{% endblock %\}", "", bare)
    bare = _STATEMENT.sub("", _EXPRESSION.sub(_HIDDEN, _TAG_BY_EXPRESSION.sub(r"<\1x", bare)))
    page = _Page()
    page.feed(bare)
    page.close()
    return found + page.found
