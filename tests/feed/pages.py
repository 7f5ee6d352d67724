"""A browser that lints every page it gets, and finds things in it by their place rather than by their wording."""

from collections import Counter
from html.parser import HTMLParser
from typing import Any

from flask.testing import FlaskClient

VOID = {
    "area",
    "base",
    "br",
    "col",
    "hr",
    "img",
    "input",
    "link",
    "meta",
    "source",
    "track",
    "wbr",
    "path",
    "rect",
    "circle",
}


class Node:
    def __init__(self, tag: str, attrs: dict[str, str], parent: "Node | None") -> None:
        self.tag, self.attrs, self.parent = tag, attrs, parent
        self.children: list[Node | str] = []

    def walk(self) -> list["Node"]:
        found: list[Node] = [self]
        for child in self.children:
            if isinstance(child, Node):
                found.extend(child.walk())
        return found

    @property
    def text(self) -> str:
        return " ".join(" ".join(c.text if isinstance(c, Node) else c for c in self.children).split())

    def all(self, tag: str = "", **attrs: str | bool) -> list["Node"]:
        """Elements by tag, class (`css`) and attributes; True: whatever its value. `_` in a name stands for `-`."""
        return [node for node in self.walk() if node._fits(tag, attrs)]

    def one(self, tag: str = "", **attrs: str | bool) -> "Node":
        found = self.all(tag, **attrs)
        assert len(found) == 1, f"{len(found)} of <{tag} {attrs}>"
        return found[0]

    def _fits(self, tag: str, attrs: dict[str, Any]) -> bool:
        if tag and self.tag != tag:
            return False
        for name, value in attrs.items():
            if name == "css":
                if value not in self.attrs.get("class", "").split():
                    return False
            else:
                key = name.strip("_").replace("_", "-")
                if key not in self.attrs or (value is not True and self.attrs[key] != value):
                    return False
        return True


class _Tree(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.root = self.here = Node("", {}, None)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        node = Node(tag, {k: v or "" for k, v in attrs}, self.here)
        self.here.children.append(node)
        if tag not in VOID:
            self.here = node

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.here.children.append(Node(tag, {k: v or "" for k, v in attrs}, self.here))

    def handle_endtag(self, tag: str) -> None:
        if tag in VOID:
            return
        assert self.here.tag == tag, f"</{tag}> closes <{self.here.tag}>"
        assert self.here.parent is not None
        self.here = self.here.parent

    def handle_data(self, data: str) -> None:
        self.here.children.append(data)


def parse(html: str) -> Node:
    tree = _Tree()
    tree.feed(html)
    tree.close()
    return tree.root


def faults(page: Node) -> list[str]:
    """What a page must not be: without a heading, with unlabelled fields, with one id twice, with dead references."""
    nodes = page.walk()
    found = [] if len(page.all("h1")) == 1 else [f"{len(page.all('h1'))} h1"]
    ids = Counter(node.attrs["id"] for node in nodes if "id" in node.attrs)
    found += [f"id {id} {n} times" for id, n in ids.items() if n > 1]
    labelled = {node.attrs["for"] for node in page.all("label", for_=True)}
    for node in nodes:
        if (
            node.tag in ("input", "select", "textarea")
            and node.attrs.get("type") not in ("hidden", "submit")
            and "aria-hidden" not in node.attrs
        ):
            inside = _inside(node, "label")
            if not (
                node.attrs.get("id") in labelled
                or inside
                or "aria-label" in node.attrs
                or "aria-labelledby" in node.attrs
            ):
                found.append(f"no label: {node.attrs}")
        if node.tag in ("button", "a") and not _name(node):
            found.append(f"no name: <{node.tag} {node.attrs}>")
        if node.tag == "img" and "alt" not in node.attrs:
            found.append(f"no alt: {node.attrs}")
        for ref in ("aria-labelledby", "aria-describedby", "for"):
            found += [f"{ref} leads nowhere: {id}" for id in node.attrs.get(ref, "").split() if id not in ids]
    found += [f"label for nothing: {id}" for id in labelled - ids.keys()]
    if not page.all("html", lang=True):
        found.append("no lang")
    if not page.one("title").text:
        found.append("no title")
    return found


def _is_field(node: Node) -> bool:
    plain = node.attrs.get("type") in ("hidden", "submit") or "aria-hidden" in node.attrs
    return node.tag in ("input", "select", "textarea") and not plain


def _above(node: Node) -> list[Node]:
    found = []
    while node.parent is not None:
        node = node.parent
        found.append(node)
    return found


def _inside(node: Node, tag: str) -> bool:
    return any(above.tag == tag for above in _above(node))


def _name(node: Node) -> bool:
    """Whether it can be called by a name. What is hidden, or a template, gets its words from a script."""
    if any(one.tag == "template" or "hidden" in one.attrs for one in (node, *_above(node))):
        return True
    spoken = any(n.attrs.get("aria-label") or (n.tag == "img" and n.attrs.get("alt")) for n in node.walk())
    return bool(node.text or spoken)


class Reader:
    """Someone at a browser; every whole page that they get is linted."""

    def __init__(self, client: FlaskClient) -> None:
        self.client = client

    def get(self, url: str, status: int = 200) -> Node:
        return self._read(self.client.get(url), status)

    def post(self, url: str, data: dict[str, Any], status: int = 303) -> Any:
        answer = self.client.post(url, data=data, content_type="multipart/form-data")
        if status in (302, 303):
            assert answer.status_code == status, answer.text
            return answer.headers["Location"]
        return self._read(answer, status)

    def _read(self, answer: Any, status: int) -> Node:
        assert answer.status_code == status, f"{answer.status_code}: {answer.text[-2000:]}"
        page = parse(answer.text)
        if page.all("html"):
            found = faults(page)
            assert not found, found
        return page
