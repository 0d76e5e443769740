import json
import shlex

import pytest

from attendna import addresses

PLAIN = [
    "https://h.org/a.fa.gz",
    "http://h.org:8080/a/b%20c",
    "file:///data/a.fa",
    "data/a@b?c.fa",
    "",
    "https://h.org/a?",
]


@pytest.mark.parametrize("url", PLAIN)
def test_what_is_not_secret_is_shown(url):
    assert addresses.shown(url) == url
    assert not addresses.is_secret(url)


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://u:p@h.org/a", "https://...@h.org/a"),
        ("https://u@h.org/a", "https://...@h.org/a"),
        ("HTTPS://h.org/a?key=1", "HTTPS://h.org/a?..."),
        ("https://h.org?key=1#part", "https://h.org?..."),
        ("https://h.org/a#key", "https://h.org/a#..."),
        ("https://u:p@h.org:1/a?b@c/d?e", "https://...@h.org:1/a?..."),
        # Passwords that should have been quoted.
        ("https://u:p@q@h.org/a", "https://...@h.org/a"),
        ("https://u:p/q@h.org/a", "https://...@h.org/a"),
        ("https://u:p?q@h.org/a", "https://..."),
        ("https://u:p#q@h.org/a", "https://..."),
        ("https://u:p\n?q@h.org/a\n", "https://..."),
    ],
)
def test_what_may_be_secret_is_not_shown(url, shown):
    assert addresses.shown(url) == shown
    assert addresses.shown(shown) == shown
    assert addresses.is_secret(url)


def test_settings_are_shown_without_secrets_and_stay_as_they_are():
    secret = {"url": "https://u:p@h/a?k", "n": 1, "list": [{"url": "http://h/?k"}, None, True]}
    before = json.dumps(secret)
    assert addresses.without_secrets(secret) == {
        "url": "https://...@h/a?...",
        "n": 1,
        "list": [{"url": "http://h/?..."}, None, True],
    }
    assert json.dumps(secret) == before


def test_secrets_are_cut_out_of_a_text():
    url = "https://reader:pass%21@h.org/a?id=1&key=abcdef"
    text = "1 reader, pass! or pass%21, wants id=1&key=abcdef or abcdef of h.org/a"
    assert addresses.hide(text, url) == "1 ..., ... or ..., wants ... or ... of h.org/a"
    assert addresses.hide(text, "no address") == text


def test_a_job_is_told_a_secret_by_its_environment_and_no_other_way():
    downloads = {
        "results/downloads/1/a": "https://h/a'b",
        "results/downloads/2/b": "https://h/b?key=1",
        "results/downloads/3/b": "https://h/b?key=2",
    }
    environment = addresses.environment(downloads)
    assert sorted(environment.values()) == ["https://h/b?key=1", "https://h/b?key=2"]
    assert shlex.split(addresses.flags(downloads, "results/downloads/1/a")) == [
        "--url",
        "https://h/a'b",
    ]
    for path in list(downloads)[1:]:
        url, shown, variable, name = shlex.split(addresses.flags(downloads, path))
        assert (url, shown, variable) == ("--url", "https://h/b?...", "--variable")
        assert environment[name] == downloads[path]


@pytest.mark.parametrize(
    ("url", "without", "header"),
    [
        ("https://h.org:1/a?b", "https://h.org:1/a?b", None),
        ("https://u:p%40q@h.org:1/a?b", "https://h.org:1/a?b", "Basic dTpwQHE="),
    ],
)
def test_user_and_password_leave_the_address(url, without, header):
    assert addresses.without_user(url) == (without, header)


def test_an_origin_is_scheme_host_and_port():
    assert addresses.origin("HTTP://u@H.org:80/a") == addresses.origin("http://h.org:80/b")
    for other in ("https://h.org:80", "http://i.org:80", "http://h.org:81"):
        assert addresses.origin(other) != addresses.origin("http://h.org:80")
