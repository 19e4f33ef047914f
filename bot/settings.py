"""Every setting: its name with the unit, its default and a sentence.

One file, `lobby.toml`, holds them; every key can also be given as an environment variable `LOBBY_…`. The order, last
wins: default, file, environment, command line. An unknown key or a bad value is a `BadSetting` that names the key, the
value and what is allowed.
"""

from __future__ import annotations

import os
import tomllib
import types
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, Union, get_args, get_origin

import platformdirs
from pydantic import BaseModel, ConfigDict, Field, SecretStr, StringConstraints, ValidationError

from bot.errors import BadSetting

PREFIX = "LOBBY_"
# These say where settings are or steer the project's own tests; they are no settings themselves.
NOT_SETTINGS = ("LOBBY_CONFIG", "LOBBY_TEST_")
CHECKOUT = Path(__file__).resolve().parent.parent


def local_address(host: str, port: int) -> str:
    """Return the address of what listens on a host and port; an IPv6 host is put in brackets."""
    shown = f"[{host}]" if ":" in host else host
    return f"http://{shown}:{port}"


def _default_data_dir() -> Path:
    return Path(platformdirs.user_data_dir("lobby", appauthor=False))


class Settings(BaseModel):
    """The effective settings of one process."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    data_dir: Path = Field(
        default_factory=_default_data_dir, description="Folder of everything stateful: knowledge, runs, database."
    )
    content_dir: Path = Field(
        default=CHECKOUT / "data", description="Folder of what people edit: FAQ, examples, learning path."
    )
    host: str = Field(default="127.0.0.1", min_length=1, description="Address that `lobby serve` listens on.")
    port: int = Field(
        default=8080, ge=0, le=65535, description="Port that `lobby serve` listens on; 0 takes a free one."
    )
    public_url: str = Field(
        default="",
        pattern=r"^(https?://.+)?$",
        description="Address under which people reach the web pages, if another.",
    )
    allowed_hosts: tuple[str, ...] = Field(
        default=(),
        description="Host names under which people reach the web pages, beside the addresses above; * allows any.",
    )
    web_runs_per_minute: int = Field(
        default=30, ge=1, description="Runs that one address elsewhere may start in a minute; this machine may more."
    )
    web_questions_per_minute: int = Field(
        default=120, ge=1, description="Questions that one address elsewhere may ask in a minute."
    )
    api_keys: tuple[Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][\w.-]{0,39}:[0-9a-f]{64}$")], ...] = Field(
        default=(), description="Programs that may use the API more often: what `lobby keys new` prints, one for each."
    )
    api_runs_per_minute: int = Field(default=120, ge=1, description="Runs that one key may start in a minute.")
    api_questions_per_minute: int = Field(default=600, ge=1, description="Questions that one key may ask in a minute.")
    board_password_hash: SecretStr = Field(
        default=SecretStr(""),
        description="What `lobby board password` prints; with it operators log in to /board. Empty: nobody can.",
    )
    community_url: str = Field(
        default="https://stackoverflow.com/questions/ask?tags=keras",
        pattern=r"^(https?://.+)?$",
        description="Where people ask other people when Lobby does not know; empty: nowhere.",
    )
    edit_url: str = Field(
        default="",
        pattern=r"^(https?://.+)?$",
        description="Where the files of the content folder are edited: an address, ending before `faq/`; empty: none.",
    )
    knowledge_packages: tuple[str, ...] = Field(
        default=("keras", "keras_hub", "keras_tuner"),
        min_length=1,
        description="Installed packages whose API is known.",
    )
    embedding_model: str = Field(
        default="", description="Folder or Hugging Face name of another embedding model; empty: the packaged MiniLM."
    )
    run_slots: int = Field(default=2, ge=1, le=64, description="Snippets that run at once.")
    run_queue: int = Field(
        default=64, ge=1, le=10_000, description="Snippets that may wait; past it people are told to retry."
    )
    run_timeout_s: float = Field(
        default=30.0, gt=0, le=600, description="Wall clock of a run unless it asks for another."
    )
    run_timeout_max_s: float = Field(default=60.0, gt=0, le=3600, description="Longest wall clock a run may ask for.")
    runs_kept: int = Field(
        default=10_000, ge=1, description="Finished runs kept with their files; the oldest go first."
    )
    run_warm: bool = Field(default=True, description="Keep a process a backend with Keras imported, for quick starts.")
    run_gpu: bool = Field(default=True, description="Let runs use this machine's GPUs, one run a GPU at a time.")
    run_gpu_seconds_per_hour: float = Field(
        default=600.0, ge=0, description="Seconds of GPU that one person gets in an hour; 0: as many as they like."
    )
    run_parked_mib: int = Field(
        default=1024, ge=0, description="Memory for isolated processes that wait ready for a snippet, in MiB."
    )
    chat_mode: str = Field(
        default="off",
        pattern="^(off|suggest|answer)$",
        description="What Lobby does unasked in a chat room without an operator's choice: off, suggest or answer.",
    )
    chat_questions_per_hour: int = Field(default=120, ge=1, description="Questions that one person may ask in an hour.")
    chat_runs_per_hour: int = Field(default=30, ge=1, description="Runs that one person may start in an hour.")
    chat_server_runs_per_hour: int = Field(default=600, ge=1, description="Runs that one chat server gets in an hour.")
    chat_burst: int = Field(default=8, ge=2, description="Messages that one person may send within ten seconds.")
    chat_run_roles: tuple[str, ...] = Field(
        default=(), description="Roles that may run code in chats; empty: everybody."
    )
    chat_gpu_roles: tuple[str, ...] = Field(
        default=("operator", "helper"), description="Roles whose runs may use a GPU; empty: everybody."
    )
    chat_remind_days: float = Field(default=3.0, gt=0, description="Days after which an idle help thread is reminded.")
    chat_close_days: float = Field(
        default=2.0, gt=0, description="Days after that until it is closed, if nobody writes."
    )
    discord_token: SecretStr = Field(
        default=SecretStr(""), description="Token of the Discord bot; with it `lobby serve` opens the channel."
    )
    discord_servers: tuple[str, ...] = Field(
        default=(),
        description="Discord servers (ids) whose managers are operators; of others they decide about their own only.",
    )
    discord_answer_channels: tuple[str, ...] = Field(
        default=(), description="Discord channels and forums (name or id) in which unasked questions are answered."
    )
    discord_suggest_channels: tuple[str, ...] = Field(
        default=(), description="Discord channels and forums in which only sure answers are suggested."
    )
    discord_helper_roles: tuple[str, ...] = Field(
        default=(), description="Discord roles (name or id) that help people; the first is mentioned to call a human."
    )
    discord_prefix: str = Field(
        default="", max_length=5, description="What Discord commands may begin with beside /, as !; empty: nothing."
    )
    discord_solved_tag: str = Field(
        default="solved", max_length=20, description="Forum tag that marks solved threads, where the forum has it."
    )
    matrix_homeserver: str = Field(
        default="",
        pattern=r"^(https?://.+)?$",
        description="Address of the homeserver on which Lobby has its Matrix account, as https://matrix.example.org.",
    )
    matrix_user: str = Field(
        default="",
        pattern=r"^(@[^:\s]+:\S+)?$",
        description="Lobby's own account there, as @lobby:example.org.",
    )
    matrix_token: SecretStr = Field(
        default=SecretStr(""), description="Access token of that account; with it `lobby serve` opens the channel."
    )
    matrix_inviters: tuple[str, ...] = Field(
        default=(),
        description="Whose invitations to Matrix rooms are taken: people (@ada:example.org), servers or *.",
    )
    matrix_operators: tuple[str, ...] = Field(
        default=(), description="Matrix people who may change how Lobby behaves, in every room."
    )
    matrix_helpers: tuple[str, ...] = Field(
        default=(), description="Matrix people who help others; they are mentioned when a human is called."
    )
    matrix_rooms: tuple[str, ...] = Field(
        default=(),
        description="Matrix rooms (id or alias) to join; there, people with the power of moderators are operators.",
    )
    matrix_answer_rooms: tuple[str, ...] = Field(
        default=(), description="Matrix rooms to join in which unasked questions are answered."
    )
    matrix_suggest_rooms: tuple[str, ...] = Field(
        default=(), description="Matrix rooms to join in which only sure answers are suggested."
    )
    matrix_reactions: bool = Field(
        default=True,
        description="Offer what to do with an answer as reactions under it; off spares events where they are few.",
    )
    terminal_pictures: bool = Field(default=True, description="Draw pictures in `lobby chat` where the terminal can.")
    log_level: str = Field(
        default="warning", pattern="^(debug|info|warning|error)$", description="Least level that is logged to stderr."
    )

    @property
    def address(self) -> str:
        """Where the web pages are: the public address when there is one, else where `lobby serve` listens."""
        return self.public_url.rstrip("/") or local_address(self.host, self.port)


@dataclass(frozen=True, slots=True)
class Loaded:
    """Settings with where each came from (`default`, the file's path, the variable's name or `command line`)."""

    settings: Settings
    origins: Mapping[str, str] = field(default_factory=dict)


def load(overrides: Mapping[str, Any] | None = None, environ: Mapping[str, str] | None = None) -> Loaded:
    """Read the settings.

    Args:
        overrides: values given on the command line; None values are left out.
        environ: the environment; `os.environ` when not given.

    Raises:
        BadSetting: an unknown key, a value that is not allowed, or a file that cannot be read.
    """
    environ = os.environ if environ is None else environ
    given = {name: value for name, value in (overrides or {}).items() if value is not None}
    values: dict[str, Any] = {}
    origins: dict[str, str] = {}

    for layer, origin in (_from_file(_config_file(environ, given)), _from_environment(environ)):
        for name, value in layer.items():
            values[name], origins[name] = value, origin or PREFIX + name.upper()
    for name, value in given.items():
        values[name], origins[name] = value, "command line"

    try:
        settings = Settings.model_validate(values)
    except ValidationError as error:
        raise _explain(error, origins) from None
    # Relative folders are meant from where the command was given, and must survive a change of folder.
    absolute = {name: getattr(settings, name).expanduser().absolute() for name in ("data_dir", "content_dir")}
    settings = settings.model_copy(update=absolute)
    return Loaded(settings, {name: origins.get(name, "default") for name in Settings.model_fields})


def describe(loaded: Loaded) -> list[dict[str, str]]:
    """Return each effective setting as name, value, origin and description."""
    rows = []
    for name, info in Settings.model_fields.items():
        value = getattr(loaded.settings, name)
        shown = ", ".join(value) if isinstance(value, tuple) else str(value)
        rows.append(
            {"name": name, "value": shown, "origin": loaded.origins[name], "description": info.description or ""}
        )
    return rows


def _config_file(environ: Mapping[str, str], given: Mapping[str, Any]) -> Path | None:
    """Return the settings file to read: the one named, else one in this folder, else one in the data directory."""
    if named := environ.get("LOBBY_CONFIG"):
        return Path(named)
    data_dir = Path(given.get("data_dir") or environ.get("LOBBY_DATA_DIR") or _default_data_dir())
    for candidate in (Path("lobby.toml"), data_dir / "lobby.toml"):
        if candidate.is_file():
            return candidate
    return None


def _from_file(path: Path | None) -> tuple[dict[str, Any], str]:
    if path is None:
        return {}, ""
    try:
        return tomllib.loads(path.read_text(encoding="utf-8")), str(path)
    except OSError as error:
        raise BadSetting(
            f"The settings file {path} cannot be read: {error.strerror}.", "Mend it, or unset LOBBY_CONFIG."
        ) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise BadSetting(
            f"The settings file {path} is not valid TOML: {error}.", "Mend the line it names; strings need quotes."
        ) from None


def _from_environment(environ: Mapping[str, str]) -> tuple[dict[str, Any], str]:
    values: dict[str, Any] = {}
    for variable, text in environ.items():
        if not variable.startswith(PREFIX) or variable.startswith(NOT_SETTINGS):
            continue
        name = variable.removeprefix(PREFIX).lower()
        info = Settings.model_fields.get(name)
        if info is None:
            raise BadSetting(f"The environment variable {variable} is no setting of Lobby.", _allowed_names())
        values[name] = _split(text) if _is_list(info.annotation) else text
    return values, ""


def _is_list(annotation: Any) -> bool:
    origin = get_origin(annotation)
    if origin in (Union, types.UnionType):
        return any(_is_list(part) for part in get_args(annotation))
    return origin in (tuple, list)


def _split(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]


def _allowed_names() -> str:
    return "Settings are: " + ", ".join(Settings.model_fields) + "."


def _explain(error: ValidationError, origins: Mapping[str, str]) -> BadSetting:
    """Turn pydantic's first complaint into one line that names the key, the value and what is allowed."""
    first = error.errors(include_url=False)[0]
    name = str(first["loc"][0]) if first["loc"] else "?"
    origin = origins.get(name, "default")
    if first["type"] == "extra_forbidden":
        return BadSetting(f"Unknown setting {name!r} in {origin}.", _allowed_names())
    info = Settings.model_fields[name]
    return BadSetting(
        f"The setting {name} = {first['input']!r} ({origin}) is not allowed: {first['msg'].lower()}.",
        info.description or "",
    )
