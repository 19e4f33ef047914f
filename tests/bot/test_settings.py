"""Settings: the layers, where each value came from, and the sentence for each mistake."""

from pathlib import Path

import pytest

from bot.errors import BadSetting
from bot.settings import Settings, describe, load


def test_defaults_stand_when_nothing_is_set() -> None:
    loaded = load(environ={})
    assert loaded.settings.port == 8080
    assert loaded.origins["port"] == "default"


def test_file_is_beaten_by_environment_and_environment_by_command_line(tmp_path: Path) -> None:
    file = tmp_path / "lobby.toml"
    file.write_text('port = 1111\nhost = "0.0.0.0"\nrun_slots = 3\n')
    environ = {"LOBBY_CONFIG": str(file), "LOBBY_PORT": "2222", "LOBBY_HOST": "::1"}
    loaded = load({"host": "127.0.0.2", "port": None}, environ)
    assert (loaded.settings.host, loaded.settings.port, loaded.settings.run_slots) == ("127.0.0.2", 2222, 3)
    assert loaded.origins["host"] == "command line"
    assert loaded.origins["port"] == "LOBBY_PORT"
    assert loaded.origins["run_slots"] == str(file)


def test_file_in_the_data_directory_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "data"
    folder.mkdir()
    (folder / "lobby.toml").write_text("run_slots = 5\n")
    assert load({"data_dir": folder}, {}).settings.run_slots == 5


def test_lists_are_comma_separated_in_the_environment() -> None:
    loaded = load(environ={"LOBBY_KNOWLEDGE_PACKAGES": "keras, keras_hub,"})
    assert loaded.settings.knowledge_packages == ("keras", "keras_hub")


@pytest.mark.parametrize(
    ("text", "mentions"),
    [
        ("prot = 1", ["'prot'", "port"]),
        ("port = 70000", ["port", "70000", "65535"]),
        ('port = "many"', ["port", "many", "integer"]),
        ("run_slots = 0", ["run_slots", "0", "1"]),
        ('public_url = "lobby.example"', ["public_url", "lobby.example"]),
        ("[web]\nport = 1", ["'web'"]),
    ],
)
def test_mistake_names_key_value_and_what_is_allowed(tmp_path: Path, text: str, mentions: list[str]) -> None:
    file = tmp_path / "lobby.toml"
    file.write_text(text)
    with pytest.raises(BadSetting) as caught:
        load(environ={"LOBBY_CONFIG": str(file)})
    sentence = f"{caught.value.what} {caught.value.remedy}"
    assert "\n" not in sentence
    for part in [*mentions, str(file)]:
        assert part in sentence


def test_broken_toml_names_the_line(tmp_path: Path) -> None:
    file = tmp_path / "lobby.toml"
    file.write_text("port = 1\nhost = oops\n")
    with pytest.raises(BadSetting, match="line 2"):
        load(environ={"LOBBY_CONFIG": str(file)})


def test_missing_named_file_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(BadSetting, match="cannot be read"):
        load(environ={"LOBBY_CONFIG": str(tmp_path / "none.toml")})


def test_unknown_variable_is_an_error_but_foreign_ones_are_not() -> None:
    with pytest.raises(BadSetting, match="LOBBY_PROT"):
        load(environ={"LOBBY_PROT": "1"})
    load(environ={"HOME": "/", "LOBBY_TEST_DATA_DIR": "/x", "LOBBYIST": "1"})


def test_every_setting_is_described_with_a_sentence() -> None:
    rows = describe(load(environ={}))
    assert [row["name"] for row in rows] == list(Settings.model_fields)
    assert all(row["description"].endswith(".") and row["origin"] == "default" for row in rows)
