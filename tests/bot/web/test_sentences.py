"""Every sentence that a page says exists, and every one that exists is said."""

from __future__ import annotations

import re
from pathlib import Path

from bot import wording
from bot.channels.web.feedback import REASONS
from bot.channels.web.site import HERE, SAID_BY_SCRIPT


def test_every_sentence_of_the_pages_exists_and_is_said():
    known = {name.removeprefix("web.") for name in wording.sentences("en") if name.startswith("web.")}
    texts = [path.read_text() for path in Path(HERE, "templates").glob("*.html")]
    said = {name for text in texts for name in re.findall(r'\bt\("([a-z-]+\.[\w-]*[a-z])"', text)}
    code = "\n".join(path.read_text() for path in HERE.glob("*.py"))
    said |= {name.removeprefix("web.") for name in re.findall(r'"(web\.[\w.]+[a-z])"', code)} | set(SAID_BY_SCRIPT)
    # Said by a computed name.
    said |= {f"answer.reason_{reason}" for reason in REASONS}
    said |= {f"answer.sure_{level}" for level in ("high", "middle", "low")}
    said |= {f"site.{name}" for name in ("ask", "faq", "docs", "learn", "errors", "playground")}
    said |= {f"site.{name}" for name in ("cheatsheet", "glossary", "resources", "releases")}
    assert said == known


def test_templates_hold_no_words_of_their_own():
    for path in Path(HERE, "templates").glob("*.html"):
        # Operators read English, and the rules' reasons are in English.
        if path.name.startswith("board") or path.name == "upgrade_rules.html":
            continue
        text = re.sub(r"{% block \w+_class %}.*?{% endblock %}", " ", path.read_text())
        text = re.sub(r"{%.*?%}|{{.*?}}|{#.*?#}|<[^>]*>", " ", text, flags=re.DOTALL)
        words = set(re.findall(r"[A-Za-z]{3,}", text)) - {"Lobby", "Keras", "Python", "Ctrl", "input"}
        assert not words, f"{path.name}: {words}"
