"""HTML to entities as Telegram's server reads it, and back to HTML for the page."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.sandbox.entities import detect, parse_html, trimmed
from bot.sandbox.errors import ApiError
from bot.sandbox.html import to_html
from bot.sandbox.utf16 import utf16_len, utf16_split


def entity(kind: str, offset: int, length: int, **more: Any) -> dict[str, Any]:
    return {"type": kind, "offset": offset, "length": length, **more}


@pytest.mark.parametrize(
    ("markup", "text", "entities"),
    [
        ("plain", "plain", []),
        ("<b>a</b>", "a", [entity("bold", 0, 1)]),
        ("😀<i>é</i>", "😀é", [entity("italic", 2, 1)]),
        ("<b>a<i>b</i></b>", "ab", [entity("bold", 0, 2), entity("italic", 1, 1)]),
        ("<B>a</b>", "a", [entity("bold", 0, 1)]),
        ("<b></b>x", "x", []),
        ("a &lt;b&gt; &amp; &quot;&#39;&#x41; &nbsp;", "a <b> & \"'A &nbsp;", []),
        (
            "<a href='https://e.org/?a=1&amp;b=2'>x</a>",
            "x",
            [entity("text_link", 0, 1, url="https://e.org/?a=1&b=2")],
        ),
        (
            '<tg-spoiler>x</tg-spoiler><span class="tg-spoiler">y</span>',
            "xy",
            [entity("spoiler", 0, 1), entity("spoiler", 1, 1)],
        ),
        ("<code>x</code>", "x", [entity("code", 0, 1)]),
        ('<pre><code class="language-py">x</code></pre>', "x", [entity("pre", 0, 1, language="py")]),
        ("<blockquote expandable>x</blockquote>", "x", [entity("expandable_blockquote", 0, 1)]),
        ("1 > 0 & so on", "1 > 0 & so on", []),
        ("<b>x</>", "x", [entity("bold", 0, 1)]),
        ('<tg-time unix="17" format="d">x</tg-time>', "x", [entity("date_time", 0, 1, unix_time=17)]),
    ],
)
def test_markup_becomes_text_and_entities(markup: str, text: str, entities: list[dict[str, Any]]) -> None:
    assert parse_html(markup) == (text, entities)


@pytest.mark.parametrize(
    ("markup", "reason"),
    [
        ("<x>a</x>", 'Unsupported start tag "x" at byte offset 0'),
        ("é<p>", 'Unsupported start tag "p" at byte offset 2'),
        ("1 < 2", 'Unsupported start tag "" at byte offset 2'),
        ("<b>a", 'Can\'t find end tag corresponding to start tag "b"'),
        ("<b>a</i>", 'Unmatched end tag at byte offset 4, expected "</b>", found "</i>"'),
        ("a</b>", "Unexpected end tag at byte offset 1"),
        ("<b", "Unclosed start tag at byte offset 0"),
        ("<a href=", "Unclosed start tag at byte offset 0"),
        ("<b>x</b", "Unclosed end tag at byte offset 4"),
        ("<a ='x'>y</a>", 'Empty attribute name in the tag "a" at byte offset 0'),
        ('<span class="big">x</span>', 'Tag "span" must have class "tg-spoiler" at byte offset 0'),
    ],
)
def test_broken_markup_is_refused_at_its_byte(markup: str, reason: str) -> None:
    with pytest.raises(ApiError) as refused:
        parse_html(markup)
    assert refused.value.description == f"Bad Request: can't parse entities: {reason}"


@given(st.text())
def test_escaped_text_comes_back_as_it_was(text: str) -> None:
    markup = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    assert parse_html(markup) == (text, [])


@given(st.text(alphabet="<>/&b; a='\"é😀", max_size=30))
def test_any_markup_is_parsed_or_refused_and_never_hangs(markup: str) -> None:
    try:
        text, entities = parse_html(markup)
    except ApiError:
        return
    assert all(e["offset"] >= 0 and e["offset"] + e["length"] <= utf16_len(text) for e in entities)
    to_html(text, entities)


def test_trimming_moves_the_entities() -> None:
    assert trimmed("  ab ", [entity("bold", 0, 3), entity("italic", 4, 1)]) == ("ab", [entity("bold", 0, 1)])


def test_links_commands_and_mentions_are_found_but_not_inside_code() -> None:
    text = "/go https://e.org/a. x@e.org @some_bot #tag 1/2"
    kinds = [(e["type"], e["offset"], e["length"]) for e in detect(text, [])]
    assert kinds == [
        ("bot_command", 0, 3),
        ("url", 4, 15),
        ("email", 21, 7),
        ("mention", 29, 9),
        ("hashtag", 39, 4),
    ]
    assert detect("/go", [entity("code", 0, 3)]) == [entity("code", 0, 3)]


def test_the_page_gets_safe_nested_html() -> None:
    text, entities = parse_html('<b>a<i>&lt;b&gt;</i></b> <a href="javascript:alert(1)">x</a>')
    assert to_html(text, entities) == "<b>a<i>&lt;b&gt;</i></b> x"
    link = to_html("x", [entity("text_link", 0, 1, url='https://e.org/"onmouseover=')])
    assert link.startswith('<a href="https://e.org/&quot;onmouseover=" ')


@given(st.text(min_size=1, max_size=40), st.integers(2, 9))
def test_a_long_text_is_cut_between_letters(text: str, limit: int) -> None:
    parts = utf16_split(text, limit)
    assert "".join(parts) == text
    assert all(utf16_len(part) <= limit for part in parts)
