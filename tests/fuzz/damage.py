"""Files that nobody meant to write: random bytes, tokens of a format in any order, and damage."""

from __future__ import annotations

import gzip

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from attendna.errors import UserError

LONGEST_SENTENCE = 1000
THOROUGH = settings.get_profile("thorough").max_examples
# What is special to one parser or another, and how often it stands there.
TOKENS = [
    *(b"\n", b"\r", b"\r\n", b"\n\n", b"\0", b"\t", b" ", b"  ", b",", b'"', b'""', b"'", b"\v"),
    *(
        b">",
        b">a",
        b">b x\n",
        b"> \n",
        b"#",
        b";",
        b"track x\n",
        b"browser",
        b"@",
        b"+",
        b"-",
        b".",
    ),
    *(b"\xef\xbb\xbf", b"\xff\xfe", b"\x1f\x8b", b"\xff", b"\xc3\xa9", b"\xe2\x80\xa8", b"\x85"),
    *(b"ACGT", b"acgtn", b"RYSWKMBDHVN", b"U", b"X", b"*"),
    *(b"sequence", b"label", b"id", b"group", b"split", b"train", b"1", b"0", b"NA", b"nan"),
    *(b"chr1", b"chr2", b"1000000000000000000", b"-1", b"1e3", b"0x10", b"\xd9\xa1"),
]
REPEATED = [(b"ACGT", 500), (b"N", 20_000), (b"9", 5000), (b"\n", 3000), (b",", 2000), (b">", 999)]
LARGEST = 100_000  # bytes of a document

tokens = st.one_of(
    st.sampled_from(TOKENS),
    st.sampled_from(TOKENS),
    st.sampled_from(TOKENS),
    st.sampled_from(REPEATED).map(lambda pair: pair[0] * pair[1]),
)


def fuzz(examples: int = 200):
    """Run a test on so many examples, or on those of the profile `thorough`."""
    return settings(
        max_examples=THOROUGH if settings.default.max_examples == THOROUGH else examples,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    )


def mutated(document: st.SearchStrategy[bytes]) -> st.SearchStrategy[bytes]:
    """Valid documents after a few cuts, insertions, overwritten bytes and repetitions."""

    @st.composite
    def damage(draw) -> bytes:
        data = draw(document)
        for _ in range(draw(st.integers(1, 4))):
            start, end = sorted(draw(st.integers(0, len(data))) for _ in range(2))
            kind = draw(st.sampled_from(["cut", "insert", "overwrite", "repeat", "end"]))
            token = draw(st.one_of(tokens, st.binary(max_size=3)))
            data = {
                "cut": data[:start] + data[end:],
                "insert": data[:start] + token + data[start:],
                "overwrite": data[:start] + token + data[start + len(token) :],
                "repeat": data[:end] + data[start:],
                "end": data[:start],
            }[kind][:LARGEST]
        return data

    return damage()


def anything(document: st.SearchStrategy[bytes]) -> st.SearchStrategy[bytes]:
    """Bytes of every kind, of which a part is a valid document and a part nearly one."""
    soup = st.lists(tokens, max_size=12).map(b"".join)
    return st.one_of(document, mutated(document), mutated(document), soup, st.binary(max_size=60))


@st.composite
def packed(draw, data: st.SearchStrategy[bytes]) -> bytes:
    """The bytes as they are, as gzip, as gzip of two members, or as damaged gzip."""
    plain = draw(data)
    kind = draw(st.sampled_from(["plain", "plain", "gzip", "members", "damaged"]))
    if kind == "plain":
        return plain
    if kind == "members":
        return gzip.compress(plain[:50], mtime=0) + gzip.compress(plain[50:], mtime=0)
    whole = gzip.compress(plain, mtime=0)
    return whole if kind == "gzip" else draw(mutated(st.just(whole)))


def told(call, *arguments, errors=UserError):
    """Call; return (result, None), or (None, sentence) where an error was told in a sentence.

    Anything else that is raised goes on to the test, which it fails.
    """
    try:
        return call(*arguments), None
    except errors as error:
        sentence = str(error)
        assert "\n" not in sentence and sentence.endswith((".", "?")), sentence
        assert len(sentence) <= LONGEST_SENTENCE, sentence[:300]
        return None, sentence
