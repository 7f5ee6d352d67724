"""A field says what it wants and what went wrong, also to someone who only hears the page."""

import pytest
from gallery import environment
from wtforms import (
    BooleanField,
    FileField,
    Form,
    HiddenField,
    RadioField,
    SelectChoice,
    SelectField,
    SelectMultipleField,
    StringField,
    TextAreaField,
    validators,
)

SOURCES = [SelectChoice("asked", "企业提出"), SelectChoice("found", "自查发现")]


class Callback(Form):
    id = HiddenField(default="0190")
    phone = StringField("联系电话", [validators.Length(11, 11, "手机号应为 11 位")], description="只有同队人员可见")
    note = TextAreaField("备注")
    unit = SelectField("主办单位", choices=[SelectChoice("water", "水务公司")])
    source = RadioField("来源", choices=SOURCES, default="asked")
    tags = SelectMultipleField("标签", choices=SOURCES)
    photo = FileField("照片")
    own = BooleanField("这是本人的设备")


def form(**data: str) -> Callback:
    made = Callback(data={"phone": "138", "tags": ["found"], **data})
    made.validate()
    return made


def drawn(call: str, **given: object) -> str:
    names = "field, text_field, area_field, select_field, choice_field, check_field, error_summary, form_actions"
    source = f'{{% from "_macros/fields.html" import {names} %}}{{{{ {call} }}}}'
    return environment().from_string(source).render(form=form(), **given)


def test_a_wrong_entry_stays_and_its_error_is_tied_to_it() -> None:
    html = drawn('field(form.phone, autocomplete="tel")')
    assert 'value="138"' in html
    assert 'aria-invalid="true"' in html
    assert 'autocomplete="tel"' in html
    assert 'aria-describedby="phone-hint phone-error"' in html
    assert 'id="phone-hint">只有同队人员可见' in html
    assert 'id="phone-error"' in html
    assert "手机号应为 11 位" in html


@pytest.mark.parametrize("name", ("phone", "note", "unit", "photo"))
def test_every_kind_of_input_has_its_label(name: str) -> None:
    html = drawn(f"field(form.{name})")
    assert f'<label class="label" for="{name}">' in html
    assert 'class="input"' in html


def test_a_choice_is_a_named_group_of_chips() -> None:
    html = drawn("field(form.source)")
    assert "<legend" in html
    assert html.count('type="radio" name="source"') == 2
    assert 'value="asked" checked' in html


def test_several_choices_are_tick_boxes() -> None:
    html = drawn("field(form.tags)")
    assert html.count('type="checkbox" name="tags"') == 2
    assert 'value="found" checked' in html


def test_a_hidden_field_shows_nothing() -> None:
    assert drawn("field(form.id)").strip() == '<input id="id" name="id" type="hidden" value="0190">'


def test_a_tick_box_has_its_words_beside_it() -> None:
    assert "<span>这是本人的设备</span></label>" in drawn("field(form.own)")


def test_the_summary_leads_to_each_field() -> None:
    html = drawn("error_summary(form)")
    assert 'role="alert"' in html
    assert '<a href="#phone">联系电话</a>' in html


def test_plain_names_work_like_wtforms_fields() -> None:
    html = drawn('text_field("q", "关键词", value=typed, error="不能为空", maxlength=40)', typed='"><b>')
    assert 'id="f-q" name="q" value="&#34;&gt;&lt;b&gt;"' in html
    assert 'aria-describedby="f-q-error" aria-invalid="true"' in html
    assert 'maxlength="40"' in html


def test_text_of_an_area_keeps_its_first_line_break() -> None:
    assert ">\n\n第二行</textarea>" in drawn('area_field("note", "备注", value="\\n第二行")')
