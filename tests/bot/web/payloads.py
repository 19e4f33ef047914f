"""Hostile texts: what gets out of the place where a page puts a text, times what it would do there, and odd ones."""

from __future__ import annotations

_OUT_OF = (
    "",
    '"',
    "'",
    "`",
    "</textarea>",
    "</pre></code>",
    "-->",
    "</title>",
    "</script>",
    '"></form>',
)
_DEED = "document.title='owned'"
_DO = (
    f"<script>{_DEED}</script>",
    f'<img src=x onerror="{_DEED}">',
    f'<svg/onload="{_DEED}">',
    f'<details open ontoggle="{_DEED}">',
    f'<iframe srcdoc="<script>parent.{_DEED}</script>">',
    f'<a href="javascript:{_DEED}" autofocus>x</a>',
    f'<input autofocus onfocus="{_DEED}">',
    f'<math><mi xlink:href="javascript:{_DEED}">x</mi></math>',
    "<link rel=stylesheet href=https://evil.example/x.css>",
)
_ODD = (
    f"javascript:{_DEED}",
    f"[x](javascript:{_DEED})",
    f"[x]( java\tscript:{_DEED} )",
    "![x](https://evil.example/x.png)",
    "[x]: https://evil.example\n![x]",
    f"<javascript:{_DEED}>",
    "{{ 7 * 7 }}{% include 'base.html' %}",
    "<base href='https://evil.example/'>",
    "<meta http-equiv=refresh content='0;url=https://evil.example/'>",
    "<style>@import 'https://evil.example/x.css';</style>",
    "x\u2028\u2029\u202e<b>x</b>\ufeff",
    "&lt;script&gt;&#x3c;img src=x onerror=alert(1)&#x3e;",
    "data:text/html,<script>alert(1)</script>",
    "```html\n<script>alert(1)</script>\n```",
    "<!--[if IE]><script>alert(1)</script><![endif]-->",
)
PAYLOADS = (*(out + deed for out in _OUT_OF for deed in _DO), *_ODD)
