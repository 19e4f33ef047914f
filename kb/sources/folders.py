"""Folders of documentation → pages: Markdown, notebooks and Python files, with the conventions of known sites."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

from kb.pages import Page, Section
from kb.sources import front_matter, markdown, notebooks, tutorials
from kb.sources.finish import clean, make_page
from kb.sources.markup import first_heading, load_yaml, plain_markdown, strings
from kb.sources.outside import (
    LONGEST_TEXT_BYTES,
    Found,
    Problem,
    Resolve,
    Unreadable,
    as_dict,
    as_list,
    as_text,
    guarded,
    label,
    read_text,
    shown,
    unresolved,
    walk,
)
from kb.sources.sites import RENDERINGS, Place, keras_io_url, place, readthedocs_url, tensorflow_path_url

MARKDOWN = frozenset({".md", ".markdown", ".mdx"})
SUFFIXES = MARKDOWN | {".ipynb", ".py"}
# What projects say about themselves, and helps nobody with Keras.
SKIPPED = re.compile(
    r"(?:licen[cs]e|code[-_]of[-_]conduct|changelog|security|contributing|authors|owners|pull_request_template|"
    r"issue_template|conftest|setup|__init__|conf)",
    re.IGNORECASE,
)
SKIPPED_IN_KERAS_IO = frozenset({"scripts", "redirects", "theme", "call_for_contributions"})
DEEPEST_NAV = 8
# YAML takes a second for every so many bytes.
LONGEST_SETTINGS_BYTES = 128 * 1024

_API_ENTRY = re.compile(r"^<span[^<>\n]{0,200}>\[\[source\]\]\(([^()\s]{0,1000})\)</span>[ \t]*$", re.MULTILINE)
_SIGNATURE = re.compile(r"```python\n[ \t]*((?:keras|tf|tensorflow)\.[\w.]+)\(")


@dataclass(frozen=True, slots=True)
class Site:
    """What is known of the site that a folder is published as.

    `base` is its address, or None; `docs` the folder of its pages; `titles` the navigation's title of each page.
    """

    root: Path
    name: str
    docs: Path
    base: str | None = None
    directories: bool = True
    keras_io: bool = False
    titles: dict[str, str] = field(default_factory=dict)


def load(location: Path | str, resolve: Resolve = unresolved, *, name: str | None = None) -> Iterator[Found]:
    """Yield the pages of a folder, or of one Markdown file.

    Args:
        location: the folder or file.
        resolve: a name → its canonical symbol, or None.
        name: what ids and local addresses are made of; by default the folder's name and a hash of where it lies.
    """
    root = Path(location)
    if not root.exists():
        yield Problem(shown(root), "there is no such file or folder")
        return
    root = root.resolve()
    name = name or label(location if "://" in str(location) else root)
    if root.is_file():
        site = Site(root.parent, root.parent.name, root.parent)
        yield from _file(root, site, resolve, name, set())
        return
    sites = list(guarded_site(root))
    yield from (one for one in sites if isinstance(one, Problem))
    site = next((one for one in sites if isinstance(one, Site)), Site(root, root.name, root))
    taken: set[str] = set()
    for path in walk(site.docs, SUFFIXES):
        if isinstance(path, Problem):
            yield path
        elif not _skipped(path, site):
            yield from _file(path, site, resolve, name, taken)


def guarded_site(root: Path) -> Iterator[Site | Problem]:
    """Yield what is known of the site that `root` is published as; a problem first when its settings are unreadable."""
    config = next((root / one for one in ("mkdocs.yml", "mkdocs.yaml") if (root / one).is_file()), None)
    if config is not None:
        try:
            yield _mkdocs(root, config)
        except Unreadable as error:
            yield Problem(shown(config, root), str(error))
        else:
            return
    yield Site(root, root.name, root, keras_io=is_keras_io(root))


def is_keras_io(root: Path) -> bool:
    """Tell whether a folder is a checkout of the keras-io repository."""
    return all((root / one).is_dir() for one in ("guides", "examples")) and any(
        (root / one).is_dir() for one in ("templates", "scripts")
    )


def _mkdocs(root: Path, config: Path) -> Site:
    data = as_dict(load_yaml(read_text(config, LONGEST_SETTINGS_BYTES)))
    docs = (root / (as_text(data.get("docs_dir")) or "docs")).resolve()
    if not docs.is_relative_to(root) or not docs.is_dir():
        docs = root
    base = as_text(data.get("site_url"))
    titles: dict[str, str] = {}
    _nav(data.get("nav"), (), titles)
    return Site(
        root,
        root.name,
        docs,
        base=base.rstrip("/") + "/" if re.fullmatch(r"https?://[\w.:/~-]{3,300}", base) else None,
        directories=data.get("use_directory_urls") is not False,
        titles=titles,
    )


def _nav(entry: Any, above: tuple[str, ...], titles: dict[str, str]) -> None:
    """Collect page → title (`Layers › Core`) from a MkDocs navigation."""
    if len(above) > DEEPEST_NAV:
        return
    if isinstance(entry, str) and entry.endswith(".md"):
        titles.setdefault(entry, " › ".join(above))
    for one in as_list(entry):
        _nav(one, above, titles)
    for title, below in as_dict(entry).items():
        _nav(below, (*above, str(title)), titles)


def _skipped(path: Path, site: Site) -> bool:
    if SKIPPED.fullmatch(path.stem) or path.stem.startswith("test_") or path.stem.endswith("_test"):
        return True
    if not site.keras_io:
        return False
    parts = path.relative_to(site.docs).parts
    if parts[0] in SKIPPED_IN_KERAS_IO or len(parts) == 1 or any(part in RENDERINGS for part in parts[:-1]):
        return True
    # The site generator writes each tutorial again, as Markdown, among the templates.
    below = Path(*parts[1:]).with_suffix(".py")
    return parts[0] == "templates" and (site.docs / below).is_file()


def _file(path: Path, site: Site, resolve: Resolve, name: str, taken: set[str]) -> Iterator[Found]:
    relative = shown(path, site.docs)
    where = place(relative, root_name=site.name)
    stem = relative.removesuffix(path.suffix)
    # index.md beside index.ipynb: two documents under one name.
    identity = f"{name}/{stem if stem not in taken else relative}"
    taken.add(stem)
    local = f"/sources/{quote(identity)}"
    # What lies in folders that differ only by language are translations of one page.
    group = {"translation_of": f"{name}/{where.neutral}"} if where.language else {}

    def read() -> Page | None:
        if path.suffix == ".ipynb":
            return notebooks.read(
                path, where, identity=identity, local=local, resolve=resolve, root_name=site.name, **group
            )
        url = (keras_io_url(where.neutral) if site.keras_io else None) or local
        return tutorials.read(path, where, identity=identity, url=url, resolve=resolve, only_keras=True, **group)

    if path.suffix.lower() in MARKDOWN:
        yield from _markdown(path, site, resolve, where, identity, local, group)
    else:
        yield from guarded(relative, read)


def _markdown(
    path: Path, site: Site, resolve: Resolve, where: Place, identity: str, local: str, group: dict[str, str]
) -> Iterator[Found]:
    relative = shown(path, site.docs)
    try:
        document = front_matter.read(clean(read_text(path, LONGEST_TEXT_BYTES)))
    except Unreadable as error:
        yield Problem(relative, str(error))
        return
    url = _url(site, where) or local
    entries = _api_entries(document.body)
    for fragment, source, part in entries or [("", None, document.body)]:
        yield from guarded(
            relative,
            _markdown_page(
                part,
                {} if fragment else document.values,
                resolve,
                where,
                identity=f"{identity}/{fragment}" if fragment else identity,
                # A public page holds them all; here each is shown by itself.
                url=f"{url}{'/' if url == local else '#'}{quote(fragment)}" if fragment else url,
                source=source,
                nav=site.titles.get(relative, ""),
                era=2 if readthedocs_url(where.neutral, site.name) else None,
                group={"translation_of": f"{group['translation_of']}#{fragment}"} if group and fragment else group,
            ),
        )


def _markdown_page(
    body: str,
    front: dict[str, Any],
    resolve: Resolve,
    where: Place,
    *,
    identity: str,
    url: str,
    source: str | None,
    nav: str,
    era: int | None,
    group: dict[str, str],
) -> Callable[[], Page | None]:
    def read() -> Page | None:
        text = plain_markdown(body)
        if not text.strip() and not front:
            return None
        signature = _SIGNATURE.search(body) if source is not None else None
        told = as_text(front.get("url")) or as_text(front.get("canonical_url"))
        title = as_text(front.get("title")) or first_heading(text) or nav.rpartition(" › ")[2] or where.stem
        language = as_text(front.get("language")) or as_text(front.get("lang"))
        kind = "example" if "examples" in where.neutral.split("/")[:-1] else "guide"
        return make_page(
            identity=f"{kind}:{identity}",
            kind="example" if kind == "example" else "guide",
            title=_plain_title(title.replace("_", " ") if title == where.stem else title),
            url=told if re.match(r"https?://", told) else url,
            sections=_without_title(markdown.sections(text), title),
            resolve=resolve,
            language=language[:2].lower() if re.match(r"[A-Za-z]{2}\b", language) else where.language,
            symbols=[signature.group(1)] if signature else strings(front.get("symbols")),
            date=as_text(front.get("updated")) or as_text(front.get("date")) or str(front.get("date") or "")[:10],
            era=era,
            questions=strings(front.get("questions"))[:20],
            meta={
                **group,
                "format": "markdown",
                "nav": nav or None,
                "source_url": source if source and source.startswith("https://") else None,
                "tags": tuple(strings(front.get("tags"))[:20]),
                "authors": tuple(strings(front.get("author") or front.get("authors"))[:10]),
                "licence": as_text(front.get("license")) or as_text(front.get("licence")) or None,
            },
        )

    return read


def _plain_title(title: str) -> str:
    return re.sub(r"\[([^\[\]]{1,200})\]\([^()]{0,500}\)", r"\1", title)


def _without_title(parts: tuple[Section, ...], title: str) -> tuple[Section, ...]:
    """Name the first section "" when its heading is the page's own title."""
    if parts and parts[0].title == title:
        return (Section("", parts[0].text), *parts[1:])
    return parts


def _api_entries(body: str) -> list[tuple[str, str | None, str]]:
    """Cut a generated API page, which documents many symbols, into fragment, source link and text of each.

    A page has at most three symbols, but such a page explains a dozen layers: each becomes a page of its own.
    """
    marks = list(_API_ENTRY.finditer(body))
    if len(marks) < 2:
        return []
    found: list[tuple[str, str | None, str]] = [("", None, body[: marks[0].start()])]
    seen: set[str] = set()
    for mark, following in zip(marks, [*marks[1:], None], strict=True):
        text = body[mark.end() : following.start() if following else len(body)].strip("\n -")
        fragment = re.sub(r"[^\w-]+", "-", (first_heading(text) or "entry").lower()).strip("-") or "entry"
        while fragment in seen:
            fragment += "-2"
        seen.add(fragment)
        found.append((fragment, mark.group(1), text))
    return found


def _url(site: Site, where: Place) -> str | None:
    if site.keras_io:
        return keras_io_url(where.neutral)
    if site.base:
        page = where.path.with_suffix("").as_posix()
        if not site.directories:
            return f"{site.base}{quote(page)}.html"
        page = re.sub(r"(?:^|/)(?:index|README)$", "", page)
        return f"{site.base}{quote(page)}/" if page else site.base
    return tensorflow_path_url(where, site.name) or readthedocs_url(where.neutral, site.name)
