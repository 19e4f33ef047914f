"""Runs on Discord: one message from queued to the result, and what its buttons do, also after a restart."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from discord_world import fence, labels, told, until

pytestmark = [pytest.mark.asyncio, pytest.mark.sandbox]

Worlds = Any
FIT = (
    "import keras, numpy as np, time\nm = keras.Sequential([keras.layers.Dense(1)])\nm.compile('sgd', 'mse')\n"
    "class Slow(keras.callbacks.Callback):\n    def on_epoch_end(self, *_):\n        time.sleep(0.6)\n"
    "m.fit(np.ones((8, 2)), np.ones(8), epochs=6, verbose=0, callbacks=[Slow()])\nprint('fitted')"
)
SLEEP = "import time\nprint('begun', flush=True)\ntime.sleep(20)"
SLOW = "import time\nprint('begun', flush=True)\ntime.sleep(3)\nprint('finished')"
FAIL = "import keras\nkeras.layers.Dense(-1)"


async def test_run_shows_progress_then_result_and_curve_in_one_message(worlds: Worlds) -> None:
    async with worlds(run_timeout_s=90) as world:
        await world.ada.send(world.help, f"{world.me} {fence(FIT)}")
        (shown,) = world.said()
        assert "fitted" in told(shown)
        assert [file.filename for file in shown.attachments] == ["training-curve.png"]
        assert labels(shown)[:3] == ["Run again", "Run on JAX", "Run on PyTorch"]
        versions = [
            one.json["content"]
            for one in world.env.http_requests
            if one.method in {"POST", "PATCH"} and "/messages" in one.path
        ]
        assert "TensorFlow" in versions[0]
        epochs = [version for version in versions if "epoch " in version]
        assert epochs
        assert "▰" in epochs[0]
        assert "loss" in epochs[0]
        assert 2 <= len(versions) <= 8, "edits are bounded, whatever the run tells"


async def test_run_form_has_backend_device_input_and_files(worlds: Worlds) -> None:
    async with worlds() as world:
        form = await world.ada.slash(world.help, "run")
        assert form.modal["title"] == "Run Keras code"
        values = {
            "code": "import keras\nprint(keras.backend.backend(), input())",
            "backend": ["jax"],
            "device": ["auto"],
        }
        ran = await world.ada.submit_modal(form, {**values, "stdin": "hello"})
        assert "jax hello" in told(ran.response)
        form = await world.ada.slash(world.help, "run", backend="torch")
        default = {"device": ["auto"], "backend": ["torch"], "file": [("program.py", b"print(6 * 7)")]}
        assert "\n42\n" in told((await world.ada.submit_modal(form, default)).response)
        at_once = await world.ada.slash(world.help, "run", code="print(40 + 2)")
        assert "\n42\n" in told(at_once.response)
        form = await world.bob.slash(world.help, "run")
        empty = await world.bob.submit_modal(form, {"backend": ["jax"], "device": ["auto"]})
        assert "no Python code" in empty.response.content


async def test_failing_run_is_explained_with_its_source(worlds: Worlds) -> None:
    async with worlds() as world:
        await world.ada.send(world.help, f"{world.me} {fence(FAIL)}")
        (shown,) = world.said()
        assert "ValueError" in told(shown)
        assert "This looks like" in told(shown)
        assert "Explain" in labels(shown)
        explained = await world.ada.click(shown, label="Explain")
        assert "units" in told(explained.followups[-1])


async def test_buttons_work_after_a_restart(worlds: Worlds) -> None:
    async with worlds() as world:
        await world.ada.send(world.help, f"{world.me} {fence('import keras; print(keras.backend.backend())')}")
        await world.restart()
        (shown,) = world.said()
        await world.ada.click(shown, label="Run on JAX")
        first, second = world.said()
        assert "tensorflow" in told(first)
        assert "jax" in told(second)
        await world.ada.click(first, label="Run again")
        assert len(world.said()) == 2, "the same on the same replaces its result"
        await world.bob.click(first, label="Run again")
        assert len(world.said()) == 3, "somebody else's message is not theirs to replace"


async def test_delete_is_for_the_asker_and_for_moderators(worlds: Worlds) -> None:
    async with worlds() as world:
        for remover, left in ((world.bob, 1), (world.hedy, 0)):
            await world.ada.send(world.help, f"{world.me} {fence(f'print({left})')}")
            shown = world.said()[-1]
            refused = await remover.click(shown, label="Delete")
            assert len(world.said()) == left
            if left:
                assert refused.followups[-1].ephemeral
                await world.ada.click(shown, label="Delete")
                assert world.said() == []


async def test_editing_the_code_offers_a_run_that_replaces_the_reply(worlds: Worlds) -> None:
    async with worlds() as world:
        message = await world.ada.send(world.help, f"{world.me} {fence('print(6 * 7)')}")
        await world.ada.edit(message, f"{world.me} {fence('print(6 * 8)')}")
        (shown,) = world.said()
        assert labels(shown)[0] == "Run the new version"
        assert "\n42\n" in told(shown)
        await world.ada.click(shown, label="Run the new version")
        (shown,) = world.said()
        assert "\n48\n" in told(shown)
        await world.ada.edit(message, f"{world.me} {fence('print(6 * 8)')} ")
        assert "\n48\n" in told(world.said()[0])


async def test_editing_a_question_changes_its_answer(worlds: Worlds) -> None:
    async with worlds() as world:
        message = await world.ada.send(world.help, f"{world.me} how do I save a model?")
        await world.ada.edit(message, f"{world.me} how do I stop training when val_loss stops improving?")
        (shown,) = world.said()
        assert "EarlyStopping" in told(shown)


async def test_cancel_ends_a_run_and_a_second_one_waits_its_turn(worlds: Worlds) -> None:
    async with worlds() as world:
        backend = world.env.backend
        backend.create_message(world.help.id, world.ada.id, f"{world.me} {fence(SLEEP)}")
        await until(lambda: world.said() and "begun" in told(world.said()[0]))
        backend.create_message(world.help.id, world.ada.id, f"{world.me} {fence('print(1)')}")
        await until(lambda: len(world.said()) == 2)
        assert "still going" in world.said()[1].content
        running = world.said()[0]
        assert labels(running) == ["Cancel"]
        await world.ada.click(running, label="Cancel")
        assert "Stopped on request" in told(world.said()[0])


async def test_only_who_started_a_run_and_helpers_may_stop_it(worlds: Worlds) -> None:
    async with worlds() as world:
        world.env.backend.create_message(world.help.id, world.ada.id, f"{world.me} {fence(SLEEP)}")
        await until(lambda: world.said())
        (running,) = world.said()
        clicks = world.bob.click(running, label="Cancel")
        # simcord waits until all work rests; the run goes on, so its first word is waited for instead.
        task = asyncio.create_task(clicks)
        await until(lambda: [m for m in world.help.history(viewer=world.bob) if "Only the person" in m.content])
        world.desk.assistant.runner.cancel(world.desk.memory.reply("discord", str(running.id)).run_id)
        await task


async def test_long_output_is_cut_and_attached_whole(worlds: Worlds) -> None:
    async with worlds() as world:
        await world.ada.send(world.help, f"{world.me} {fence('for n in range(5000): print(n)')}")
        (shown,) = world.said()
        assert len(told(shown)) < 4096
        (whole,) = shown.attachments
        assert whole.filename == "output.txt"
        assert b"4999" in await whole.read()


async def test_result_links_to_its_page_when_the_pages_have_an_address(worlds: Worlds) -> None:
    async with worlds(public_url="https://lobby.example") as world:
        await world.ada.send(world.help, f"{world.me} {fence('print(1)')}")
        (link,) = [b for row in world.said()[0].components for b in row.children if b.url]
        assert link.url.startswith("https://lobby.example/r/")


async def test_answer_goes_on_in_the_channel_when_the_interaction_has_expired(
    worlds: Worlds, monkeypatch: pytest.MonkeyPatch
) -> None:
    import discord

    async with worlds() as world:
        task = asyncio.create_task(
            world.ada.slash(world.help, "run", code="import time; time.sleep(1.5); print('late')")
        )
        await until(lambda: world.said())
        monkeypatch.setattr(discord.Interaction, "is_expired", lambda self: True)
        await task
        assert any("late" in told(message) for message in world.said())


async def test_interaction_that_discord_has_forgotten_is_answered_in_the_channel(worlds: Worlds) -> None:
    async with worlds() as world:
        world.env.inject_error("POST", "/interactions/*/*/callback", status=404, code=10062)
        await world.ada.slash(world.help, "run", code="print(6 * 7)")
        assert "\n42\n" in told(world.said()[0])


@pytest.mark.parametrize("noted", [True, False])
async def test_run_that_a_dead_process_left_is_finished_in_its_message(worlds: Worlds, noted: bool) -> None:
    async with worlds() as world:
        message = world.env.backend.create_message(world.help.id, world.ada.id, f"{world.me} {fence(SLOW)}")
        await until(lambda: world.said())
        # The process ends without a word: nothing of it goes on, and its mark is gone.
        await world.die()
        if not noted:  # it was so sudden that the reply was sent, but not written down
            with world.desk.memory._base.transaction() as base:
                base.execute("delete from reply")
        await world.restart()
        shown = await until(lambda: [m for m in world.said() if "finished" in told(m)])
        assert shown[0].reference.message_id == message.id
        assert len(world.said()) == 1
