"""Every template keeps the rules that the CSP, htmx 4 and the translators rely on."""

import re

import pytest
from gallery import STATIC, TEMPLATES
from lint import complaints

PARTS = TEMPLATES.parent / "translations" / "parts"
OWN_JS = list((STATIC / "js").rglob("*.js"))


@pytest.mark.parametrize(
    "template", sorted(TEMPLATES.rglob("*.html")), ids=lambda path: str(path.relative_to(TEMPLATES))
)
def test_a_template_keeps_the_rules(template) -> None:  # type: ignore[no-untyped-def]
    assert complaints(template.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    "source",
    [
        "<script>go()</script>",
        "<style>p{}</style>",
        '<p style="color:red"></p>',
        '<button onclick="go()"></button>',
        '<button hx-on:click="go()"></button>',
        '<div hx-ext="sse" hx-get="/x"></div>',
        '<div hx-vars="a:1" hx-get="/x"></div>',
        '<div hx-disinherit="*" hx-get="/x"></div>',
        "<div hx-vals='js:{a:1}' hx-get=\"/x\"></div>",
        '<a href="javascript:go()"></a>',
        '<div hx-get="/x" hx-trigger="click[ctrlKey]"></div>',
        '<div hx-target="#list"><a hx-get="/x"></a></div>',
        '<div hx-headers="{}"></div>',
        "<p>Saved</p>",
        "<p>已保存</p>",
        "{% if x %}Saved{% endif %}",
        '<input placeholder="Name">',
        '<img src="{{ x }}" alt="A photo">',
        '{{ cell("Projects", "/projects") }}',
        '{{ cell(_("Projects"), "/projects", sub="none" if x else y) }}',
        '{{ notice(text="Saved") }}',
        '{{ icon("no-such-icon") }}',
        '{{ styles("no-such-sheet") }}',
        "{{ static_url('js/no-such.js') }}",
        '{{ _("检查") }}',
    ],
)
def test_the_rules_notice(source: str) -> None:
    assert complaints(source) != []


@pytest.mark.parametrize(
    "source",
    [
        '<p>{{ _("Saved") }}</p>',
        '<p>{{ n }} · {{ _("Saved") }}</p>',
        '{{ cell(_("Projects"), "/projects", icon_name="projects") }}',
        '<a hx-get="/x" hx-target="#list" hx-trigger="click"></a>',
        '<div hx-target:inherited="#list"></div>',
        "{% block back %}/projects{% endblock %}",
        '<button class="{{ "on" if x else "off" }}" aria-label="{{ _("Close") }}"></button>',
        "{# a comment in plain words #}",
        '<script type="module" src="{{ url }}"></script>',
    ],
)
def test_the_rules_leave_alone(source: str) -> None:
    assert complaints(source) == []


def test_no_word_of_enforcement_reaches_a_screen() -> None:
    spoken = [*PARTS.glob("*.po"), *OWN_JS]
    said = [path.name for path in spoken if "检查" in path.read_text(encoding="utf-8")]
    assert said == []


def test_words_in_scripts_come_from_the_server() -> None:
    quoted = re.compile(r"""["'`][^"'`\n]*[\u3400-\u9fff][^"'`\n]*["'`]""")
    spoken = {path.name: quoted.findall(path.read_text(encoding="utf-8")) for path in OWN_JS}
    assert {name: words for name, words in spoken.items() if words} == {}
