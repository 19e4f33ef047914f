import os
import subprocess
import time

import pytest

from kb.pages import Page
from kb.sources import checkout, registry
from kb.sources.outside import Problem, Unreadable

TUTORIAL = '"""\nTitle: Masks\nAuthor: A\nDescription: All about masks.\n"""\nimport keras\nkeras.layers.Masking()\n'


def git(*words, cwd):
    environment = os.environ | {"GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_NOSYSTEM": "1"}
    subprocess.run(["git", "-c", "user.name=t", "-c", "user.email=t@t", *words], cwd=cwd, env=environment, check=True)


@pytest.fixture
def repository(tmp_path):
    """A repository with the layout of keras-io, as a bare one that can be cloned."""
    tree = tmp_path / "tree" / "keras-io"
    for name in ("guides", "examples/vision", "templates"):
        (tree / name).mkdir(parents=True)
    (tree / "guides" / "masks.py").write_text(TUTORIAL)
    (tree / "templates" / "about.md").write_text("# About Keras\nDeep learning for humans.\n")
    (tree / "examples" / "vision" / "link.py").symlink_to("/etc/passwd")
    git("init", "-q", cwd=tree)
    git("add", "-A", cwd=tree)
    git("commit", "-q", "-m", "first", cwd=tree)
    git("clone", "-q", "--bare", str(tree), str(tmp_path / "keras-io.git"), cwd=tmp_path)
    return tmp_path / "keras-io.git"


@pytest.mark.parametrize("form", ["file://{}", "{}"])
def test_a_repository_is_cloned_and_read_as_keras_io(repository, resolve, form):
    location = form.format(repository)
    assert registry.detect(location) == "git"
    found = list(registry.load(location, resolve))
    pages = {page.url: page for page in found if isinstance(page, Page)}
    assert set(pages) == {"https://keras.io/guides/masks/", "https://keras.io/about/"}
    assert pages["https://keras.io/guides/masks/"].symbols == ("keras.layers.Masking",)
    assert "passwd" not in str(found).replace("/etc/passwd", "")
    again = {page.id for page in registry.load(location, resolve) if isinstance(page, Page)}
    assert again == {page.id for page in pages.values()}


def test_a_checkout_is_read_where_it_lies(repository, resolve):
    tree = repository.parent / "tree" / "keras-io"
    found = list(checkout.load(tree, resolve))
    assert [one.where for one in found if isinstance(one, Problem)] == ["examples/vision/link.py"]
    assert len(found) == 3


@pytest.mark.parametrize(
    "location",
    [
        "ext::sh -c touch% /tmp/lobby-owned",
        "ssh://host/x.git",
        "git://host/x.git",
        "http://host/x.git",
        "https://user:secret@host/x.git",
        "https://-oProxyCommand=x/y",
        "https://host/../x",
        "https://host/x\n--upload-pack=touch",
        "--upload-pack=touch /tmp/lobby-owned",
        "-c core.sshCommand=x",
        "fd::17/foo",
        "file:///no/such/repository",
        "https://host/a b",
    ],
)
def test_addresses_that_are_no_repository_are_refused_before_git_is_started(location, monkeypatch):
    def started(*_, **__):
        raise AssertionError("git was started")

    monkeypatch.setattr(subprocess, "Popen", started)
    (found,) = checkout.load(location)
    assert isinstance(found, Problem)
    assert "secret" not in found.what
    with pytest.raises(Unreadable):
        checkout.safe_address(location)


def test_a_folder_that_is_no_repository_is_one_line(tmp_path):
    target = tmp_path / "target"
    with pytest.raises(Unreadable, match="cannot be cloned"):
        checkout.clone(f"file://{tmp_path}", target / "x")


def test_a_clone_that_takes_too_long_or_grows_too_large_is_ended(repository, tmp_path):
    slow = tmp_path / "bin"
    slow.mkdir()
    (slow / "git").write_text("#!/bin/sh\nexec sleep 60\n")
    (slow / "git").chmod(0o755)
    path = os.environ["PATH"]
    os.environ["PATH"] = f"{slow}:{path}"
    try:
        start = time.monotonic()
        with pytest.raises(Unreadable, match="longer than 1 s"):
            checkout.clone(f"file://{repository}", tmp_path / "a" / "x", timeout_s=1)
        assert time.monotonic() - start < 10
        (slow / "git").write_text(
            "#!/bin/sh\nfor last; do :; done\nmkdir -p $last\nhead -c 3000000 /dev/zero > $last/f\nexec sleep 60\n"
        )
        with pytest.raises(Unreadable, match="larger than 1 MiB"):
            checkout.clone(f"file://{repository}", tmp_path / "b" / "x", timeout_s=20, largest=2**20)
    finally:
        os.environ["PATH"] = path


def test_hooks_and_filters_of_a_repository_do_not_run(repository, tmp_path, resolve):
    trap = tmp_path / "trap"
    for name in ("post-checkout", "post-update", "pre-receive"):
        hook = repository / "hooks" / name
        hook.parent.mkdir(exist_ok=True)
        hook.write_text(f"#!/bin/sh\ntouch {trap}\n")
        hook.chmod(0o755)
    assert [one for one in checkout.load(repository, resolve) if isinstance(one, Page)]
    assert not trap.exists()
