"""`lobby serve` with Matrix configured, as a process of its own that is killed in the middle of a run."""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import signal
import subprocess
from pathlib import Path
from typing import Any

import pytest
from matrix_server import Synapse
from matrix_world import Person, fence, until

from bot.settings import CHECKOUT

pytestmark = [pytest.mark.asyncio, pytest.mark.sandbox]


async def test_killed_in_the_middle_of_a_run_it_loses_and_repeats_nothing(
    synapse: Synapse, data_dir: Path, tmp_path: Path
) -> None:
    shutil.copytree(data_dir / "knowledge", tmp_path / "knowledge")
    me, token = await asyncio.to_thread(synapse.account, "lobby")
    ada, bob = [Person(synapse, *await asyncio.to_thread(synapse.account, name)) for name in ("ada", "bob")]
    kept = {name: value for name, value in os.environ.items() if not name.startswith("LOBBY_")}
    account = {"HOMESERVER": synapse.address, "USER": me, "TOKEN": token, "INVITERS": ada.id}
    environment = {**kept, **{f"LOBBY_MATRIX_{name}": value for name, value in account.items()}}

    def serve() -> subprocess.Popen[bytes]:
        command = [CHECKOUT / ".venv" / "bin" / "lobby", "serve", "--port", "0", "--data-dir", tmp_path]
        return subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, start_new_session=True)

    process = serve()
    try:
        room = await ada.room(me, bob.id)
        await bob.join(room)
        await ada.say(room, f"!run {fence('import time; print(7 * 6, flush=True); time.sleep(25)')}")

        async def said(count: int, words: str) -> Any:
            shown = await ada.shown(room, me)
            assert len(shown) <= count, [one.text for one in shown]
            return len(shown) == count and re.search(words, "\n".join(one.text for one in shown))

        await until(lambda: said(1, r"(?m)^42$"))
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        await bob.say(room, "!docs keras.layers.Dense")
        process = serve()
        await until(lambda: said(2, "(?s)Interrupted.*densely-connected"))
        await bob.say(room, "!docs keras.layers.LSTM")
        await until(lambda: said(3, "Long Short-Term Memory"))
        process.send_signal(signal.SIGTERM)
        assert await asyncio.to_thread(process.wait, 60) == 0
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        await ada.close()
        await bob.close()
