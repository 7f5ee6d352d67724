"""Pictures from another app: the form that Android's browser posts for it, with no page of ours open and no network."""

from playwright.sync_api import expect

from tests.browser.deeds import PROJECT, all_sent, get_ready, held
from tests.browser.screens import Phone
from tests.photos.pictures import jpeg, scene

# What the browser does when one shares to the installed app: a navigation by a form, its files given by a script here.
POST = """async (files) => {
  const form = document.createElement("form");
  Object.assign(form, { method: "post", action: "/share", enctype: "multipart/form-data" });
  const chooser = document.createElement("input");
  Object.assign(chooser, { type: "file", name: "photos", multiple: true });
  const words = document.createElement("input");
  Object.assign(words, { name: "text", value: "塔吊到场" });
  const given = new DataTransfer();
  for (const [name, bytes] of files) given.items.add(new File([new Uint8Array(bytes)], name, { type: "image/jpeg" }));
  chooser.files = given.files;
  form.append(chooser, words);
  document.body.append(form);
  form.submit();
}"""


def test_pictures_shared_without_a_network_are_photos_of_a_draft(phone: Phone) -> None:
    page = get_ready(phone)
    phone.offline()
    pictures = [list(jpeg(scene(width, 480))) for width in (640, 700)]
    with page.expect_navigation():
        page.evaluate(POST, [[f"{n}.jpg", picture] for n, picture in enumerate(pictures)])
    expect(page.locator("[data-handed]")).to_contain_text("2 张照片已存入草稿")
    assert len(held(page, "photos")) == len(pictures)
    assert not page.evaluate("caches.open('fieldapp-handed').then((all) => all.keys()).then((keys) => keys.length)")

    page.locator("[data-project]", has_text=PROJECT).first.click()
    expect(page.locator("[data-photos] [data-photo]")).to_have_count(2)
    expect(page.locator("[data-text=content]")).to_have_value("塔吊到场")
    page.locator(".savebar-go").click()
    expect(page.locator('[data-view="saved"]')).to_be_visible()
    phone.online()
    all_sent(page, 1)
