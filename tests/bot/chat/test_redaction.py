"""Secrets, mentions, fences and paths."""

from __future__ import annotations

import hashlib
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.redaction import disarm, fenced, inline, redact, secrets_in, shown
from bot.settings import CHECKOUT


def mixed(length: int, salt: str = "") -> str:
    """Letters and digits as they come in real keys, made here so that no scanner takes this file for a leak."""
    text = "".join(hashlib.sha256(f"{salt}{n}".encode()).hexdigest() for n in range(-(-length // 64)))
    return "".join(c.upper() if i % 3 == 0 else c for i, c in enumerate(text))[:length]


def letters(length: int) -> str:
    return "".join(chr(ord("a") + (i * 7 + i // 5) % 26) for i in range(length))


SECRETS = {
    "Discord token": "MTk4" + mixed(20) + "." + mixed(6, "b") + "." + mixed(27, "c"),
    "Discord webhook": "https://discord.com/api/webhooks/123456789012345678/" + mixed(68),
    "Matrix token": "syt_" + letters(8) + "_" + letters(20) + "_" + mixed(6),
    "OpenAI key": "sk-proj-" + mixed(48),
    "Anthropic key": "sk-ant-api03-" + mixed(93),
    "GitHub token": "ghp_" + mixed(36),
    "GitLab token": "glpat-" + mixed(20),
    "Hugging Face token": "hf_" + letters(34),
    "AWS key": "AKIA" + "IOSFODNN7QWERTYU",
    "Google key": "AIza" + mixed(35),
    "Slack token": "xoxb-" + "1234567890-" + mixed(24),
    "Stripe key": "sk_live_" + mixed(24),
    "Telegram token": "123456789:AA" + mixed(33),
    "npm token": "npm_" + mixed(36),
    "private key": "-----BEGIN RSA PRIVATE KEY-----\n" + mixed(64) + "\n-----END RSA PRIVATE KEY-----",
}


@pytest.mark.parametrize("kind", SECRETS)
def test_secret_is_recognised_and_removed(kind: str) -> None:
    text = f"my key is {SECRETS[kind]} ok?"
    assert [secret.kind for secret in secrets_in(text)] == [kind]
    assert redact(text) == f"my key is [removed: {kind}] ok?"


def test_private_key_that_was_cut_off_is_removed_to_the_end() -> None:
    assert redact("x -----BEGIN PRIVATE KEY-----\nabc\ndef") == "x [removed: private key]"


@pytest.mark.parametrize(
    "text",
    [
        "sk-ant-api03-" + "x" * 93,
        "AKIAIOSFODNN7EXAMPLE",
        "commit 556cbf1e71e24ec35e1d0c490911f7dc45eb3e10a8",
        hashlib.sha512(b"x").hexdigest(),
        "01JD8Z7M3K9QXW5T2V6Y8N4R1P",
        "model.layers[0].kernel.numpy()[12345678:87654321]",
        "keras.layers.MultiHeadAttention(num_heads=2, key_dim=2)",
        "https://keras.io/api/layers/core_layers/dense/",
        "os.environ['OPENAI_API_KEY'] = 'sk-...'",
        "MobileNetV3Small.preprocess.applications.keras_applications_mobilenet",
        "-----BEGIN PUBLIC KEY-----",
    ],
)
def test_what_only_looks_random_is_left_alone(text: str) -> None:
    assert redact(text) == text


@pytest.mark.parametrize(
    "text",
    [
        "@everyone",
        "@here",
        "@room",
        "<@123456>",
        "<@!123456>",
        "<@&99>",
        "<#42>",
        "@ada:matrix.org",
        "#keras:gitter.im",
    ],
)
def test_mention_pings_nobody_and_reads_the_same(text: str) -> None:
    safe = disarm(f"hey {text} look")
    assert text not in safe
    assert safe.replace("\u200b", "") == f"hey {text} look"


@pytest.mark.parametrize(
    "text", ["@keras.saving.register_keras_serializable()", "a @ b", "ada@example.org", "x[:, @", "a<b>c"]
)
def test_code_and_addresses_are_left_alone(text: str) -> None:
    assert disarm(text) == text


@given(st.text(alphabet="`~a\n", max_size=60))
def test_nothing_ends_a_fence(text: str) -> None:
    assert "```" not in fenced(text)
    assert "~~~" not in fenced(text)


def test_paths_of_this_machine_are_not_shown() -> None:
    text = shown(f'File "{sys.prefix}/lib/python3.11/site-packages/keras/x.py"\n{CHECKOUT}/data')
    assert str(sys.prefix) not in text
    assert str(CHECKOUT) not in text
    assert "keras/x.py" in text


@given(st.text(max_size=300))
def test_inline_code_is_one_line(text: str) -> None:
    line = inline(text)
    assert "\n" not in line
    assert "```" not in line
