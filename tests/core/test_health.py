from flask import Flask


def test_the_server_says_that_it_is_alive_and_ready(app: Flask) -> None:
    client = app.test_client()
    assert client.get("/healthz").json == {"status": "ok"}
    assert client.get("/readyz").json == {"status": "ready"}


def test_a_signed_in_person_sees_their_own_page(client_of) -> None:  # type: ignore[no-untyped-def]
    assert "安娜" in client_of("ana").get("/settings").text
    assert client_of(None).get("/settings").status_code == 302
