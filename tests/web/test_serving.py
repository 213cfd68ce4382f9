"""How the pages are served: what a browser may do with them, and what is said where they are not built."""

from __future__ import annotations

from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from app.web import routes

POLICY = "content-security-policy"


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    (tmp_path / "assets").mkdir()
    (tmp_path / "index.html").write_text("<!doctype html>")
    (tmp_path / "icon.svg").write_text("<svg/>")
    (tmp_path / "assets" / "index-abc123.js").write_text("1")
    (tmp_path / ".stamp").write_text("secret")
    return tmp_path


def served(bundle: Path) -> TestClient:
    return TestClient(Starlette(routes=routes(bundle)))


def test_everything_comes_from_this_host_and_nothing_is_inline(bundle: Path) -> None:
    for path in ("/", "/icon.svg", "/assets/index-abc123.js"):
        response = served(bundle).get(path)
        assert response.status_code == 200
        policy = response.headers[POLICY].split("; ")
        assert "default-src 'none'" in policy
        assert "script-src 'self'" in policy
        assert "frame-ancestors 'none'" in policy
        assert "unsafe" not in response.headers[POLICY]
        assert response.headers["x-content-type-options"] == "nosniff"
        assert response.headers["referrer-policy"] == "no-referrer"


def test_what_has_its_hash_in_its_name_is_kept_and_the_page_is_asked_for(bundle: Path) -> None:
    client = served(bundle)
    assert client.get("/assets/index-abc123.js").headers["cache-control"] == "public, max-age=31536000, immutable"
    page = client.get("/")
    assert page.headers["cache-control"] == "no-cache"
    again = client.get(
        "/assets/index-abc123.js", headers={"if-none-match": client.get("/assets/index-abc123.js").headers["etag"]}
    )
    assert again.status_code == 304


def test_what_is_no_file_of_the_pages_is_not_served(bundle: Path) -> None:
    client = served(bundle)
    for path in ("/.stamp", "/assets/../.stamp", "/assets/%2e%2e/.stamp", "/assets/none.js", "/assets/"):
        response = client.get(path)
        assert response.status_code == 404
        assert "immutable" not in response.headers.get("cache-control", "")


def test_where_no_bundle_is_the_page_says_how_to_build_it(tmp_path: Path) -> None:
    client = served(tmp_path)
    response = client.get("/")
    assert response.status_code == 503
    assert "./run web" in response.text
    assert client.get("/assets/index-abc123.js").status_code == 404
    assert client.get("/icon.svg").status_code == 404
