"""Runs on Matrix: one message from queued to the result, files, reactions, restarts of either side."""

from __future__ import annotations

import asyncio
import re
from typing import Any

import pytest
from matrix_world import fence, signs

pytestmark = [pytest.mark.asyncio, pytest.mark.sandbox]

Worlds = Any
FIT = (
    "import keras, numpy as np, time\nm = keras.Sequential([keras.layers.Dense(1)])\nm.compile('sgd', 'mse')\n"
    "class Slow(keras.callbacks.Callback):\n    def on_epoch_end(self, *_):\n        time.sleep(1.2)\n"
    "m.fit(np.ones((8, 2)), np.ones(8), epochs=6, verbose=0, callbacks=[Slow()])\nprint('fitted')"
)
OLD = "from keras.layers.core import Dense\nDense(output_dim=3)"


async def test_run_shows_progress_then_result_and_curve(worlds: Worlds) -> None:
    async with worlds() as world:
        ada, bob = await world.person("ada"), await world.person("bob")
        room = await world.place(ada, bob)
        asked = await ada.say(room, f"!run\n{fence(FIT)}")
        shown, picture = await world.said(ada, room, 2)
        assert "fitted" in shown.text
        assert "Ran without a complaint" in shown.text
        told = [version["body"] for version in shown.versions if "epoch " in version["body"]]
        assert told, "progress is shown by edits"
        assert "▰" in told[-1]
        assert 2 <= len(shown.versions) <= 8, "edits are bounded, whatever the run tells"
        assert picture.content["msgtype"] == "m.image"
        assert picture.answers == shown.answers == asked
        assert picture.content["info"]["w"] > 100
        assert (await ada.fetch(picture.content["url"])).startswith(b"\x89PNG")
        assert "✖️" not in await ada.signs(room, shown.id, world.me), "what is over cannot be cancelled"


async def test_run_again_elsewhere_and_delete_by_reaction(worlds: Worlds) -> None:
    async with worlds() as world:
        ada, bob = await world.person("ada"), await world.person("bob")
        room = await world.place(ada, bob)
        await ada.say(
            room,
            f"!run {fence('import keras; print(keras.backend.backend()); open(chr(97), chr(119)).write(chr(98))')}",
        )
        first, file = await world.said(ada, room, 2)
        assert file.text == "a"
        await ada.react(room, first.id, "1️⃣")  # on JAX
        *_, second, other = await world.said(ada, room, 4)
        assert "jax" in second.text
        await ada.react(room, first.id, "🔁")
        again = await world.until(lambda: _replaced(world, ada, room, first.id))
        assert [one.id for one in again][:1] == [first.id], "the same on the same replaces its result"
        assert len(again) == 4, "and its file"
        assert file.id not in [one.id for one in again]
        await bob.react(room, first.id, "🗑️")
        assert "Only the person" in (await world.said(ada, room, 5))[-1].text
        await ada.react(room, first.id, "🗑️")

        async def left() -> bool:
            return [one.id for one in await ada.shown(room, world.me)][:2] == [second.id, other.id]

        await world.until(left)


async def _replaced(world: Any, person: Any, room: str, own_id: str) -> Any:
    shown = await person.shown(room, world.me)
    settled = not world._busy() and len(next(one for one in shown if one.id == own_id).versions) > 1
    return shown if settled and len(shown) == 4 else None


async def test_failing_run_is_explained_and_old_code_upgraded(worlds: Worlds) -> None:
    async with worlds() as world:
        ada = await world.person("ada")
        room = await world.place(ada)
        await ada.say(room, fence("import keras\nkeras.layers.Dense(-1)"))
        (failed,) = await world.said(ada, room)
        assert "ValueError" in failed.text
        assert "This looks like" in failed.text
        await ada.react(room, failed.id, "💡")
        explained = (await world.said(ada, room, 2))[-1]
        assert "units" in explained.text
        await ada.say(room, f"!upgrade\n{fence(OLD)}")
        upgraded = (await world.said(ada, room, 3))[-1]
        assert "Dense(units=3" in upgraded.text
        await ada.react(room, upgraded.id, "▶️")
        assert "Ran without a complaint" in (await world.said(ada, room, 4))[-1].text


async def test_file_alone_and_a_reply_to_somebodys_file_are_run(worlds: Worlds) -> None:
    async with worlds() as world:
        ada, bob = await world.person("ada"), await world.person("bob")
        direct = await world.place(ada)
        await ada.upload(direct, "program.py", b"print(6 * 7)")
        assert "42" in (await world.said(ada, direct))[0].text
        room = await world.place(ada, bob)
        shared = await bob.upload(room, "program.py", b"print(6 * 8)")
        await ada.say(room, "!run", to=shared)
        assert "48" in (await world.said(ada, room))[0].text
        await ada.upload(direct, "liar.py", b"#" * (9 * 2**20), info={"size": 10})
        assert "could not be fetched" in (await world.said(ada, direct, 2))[-1].text


async def test_edited_code_offers_its_new_version(worlds: Worlds) -> None:
    async with worlds() as world:
        ada, bob = await world.person("ada"), await world.person("bob")
        room = await world.place(ada, bob)
        asked = await ada.say(room, f"!run {fence('print(6 * 7)')}")
        await world.said(ada, room)
        await ada.edit(room, asked, f"!run {fence('print(6 * 8)')}")
        await world.until(lambda: world.desk.memory.counts()["handled"] == 2)
        (shown,) = await world.said(ada, room)
        assert "You changed the code" in shown.text
        await world.restart()  # what a sign means is in the message
        await ada.react(room, shown.id, "🔁")
        await world.until(lambda: world.desk.memory.counts()["handled"] == 3)
        (shown,) = await world.said(ada, room)
        assert "48" in shown.text


async def test_cancel_by_reaction_ends_a_run(worlds: Worlds) -> None:
    async with worlds() as world:
        ada, bob = await world.person("ada"), await world.person("bob")
        room = await world.place(ada, bob)
        await ada.say(room, f"!run {fence('import time; print(1, flush=True); time.sleep(25)')}")

        async def sign() -> Any:
            shown = await ada.shown(room, world.me)
            return shown[0] if shown and "✖" in signs(shown[0]) else None

        running = await world.until(sign)
        await bob.react(room, running.id, "✖️")
        await ada.react(room, running.id, "✖️")
        shown = await world.said(ada, room, 3)
        assert "Stopped on request" in shown[0].text
        assert sum("Only the person" in one.text for one in shown) == 1


async def test_long_output_is_attached_whole(worlds: Worlds) -> None:
    async with worlds() as world:
        ada = await world.person("ada")
        room = await world.place(ada)
        await ada.say(room, fence("for n in range(5000): print(n)"))
        shown, whole = await world.said(ada, room, 2)
        assert len(shown.text) < 3000
        assert whole.content["filename"] == "output.txt"
        assert b"4999" in await ada.fetch(whole.content["url"])


async def test_restart_in_the_middle_answers_everything_once(worlds: Worlds) -> None:
    async with worlds() as world:
        ada, bob = await world.person("ada"), await world.person("bob")
        room = await world.place(ada, bob)
        await ada.say(room, f"!run {fence('import time; print(1, flush=True); time.sleep(4); print(40 + 2)')}")

        async def begun() -> bool:
            return bool(await ada.shown(room, world.me))

        await world.until(begun)
        await world.stop()
        await bob.say(room, "!run print(6 * 8)")
        for number in range(60):  # more than one sync brings
            await bob.say(room, f"talk {number}")
        await world.start()
        shown = await world.said(ada, room, 2)
        assert len(shown) == 2, [one.text for one in shown]
        first, second = shown
        assert re.search(r"^42$", first.text, re.MULTILINE)
        assert "48" in second.text
        await world.restart()
        await ada.say(room, "!help")
        assert len(await world.said(ada, room, 3)) == 3, "nothing is answered twice"


async def test_homeserver_restarts_in_the_middle_of_a_run(worlds: Worlds) -> None:
    async with worlds() as world:
        ada = await world.person("ada")
        room = await world.place(ada)
        await ada.say(room, fence("import time; print(1, flush=True); time.sleep(3); print(40 + 2)"))

        async def begun() -> bool:
            return bool(await ada.shown(room, world.me))

        await world.until(begun)
        await asyncio.to_thread(world.server.stop, kill=True)
        await asyncio.to_thread(world.server.start)
        (shown,) = await world.said(ada, room)
        assert re.search(r"^42$", shown.text, re.MULTILINE)
        await ada.say(room, "!help")
        await world.said(ada, room, 2)
