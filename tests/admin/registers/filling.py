"""A form as a browser would send it."""

from tests.feed.pages import Node, parse

Fields = dict[str, list[str]]


def form_of(page: Node, css: str = "admin-form") -> Node:
    return page.one("form", css=css)


def fields_of(html: str, **filled: str | list[str] | None) -> Fields:
    """What stands in the register's form of this page; `filled` goes over it, None empties. `_` means `-` where that is
    what the field is called."""
    sent: Fields = {}
    for node in form_of(parse(html)).walk():
        name = node.attrs.get("name", "")
        if node.tag == "input" and name:
            if node.attrs.get("type") in ("checkbox", "radio") and "checked" not in node.attrs:
                continue
            sent.setdefault(name, []).append(node.attrs.get("value", ""))
        elif node.tag == "textarea":
            sent[name] = ["".join(child for child in node.children if isinstance(child, str)).removeprefix("\n")]
        elif node.tag == "select":
            chosen = node.all("option", selected=True) or node.all("option")[:1]
            sent[name] = [one.attrs["value"] for one in chosen]
    for name, value in filled.items():
        sent.pop(name, None)
        if value is not None:
            sent[name] = value if isinstance(value, list) else [value]
    return sent


def errors_of(html: str) -> list[str]:
    """The errors that stand at fields."""
    return [node.text for node in parse(html).all(css="error")]
