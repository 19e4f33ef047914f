"""Old code in a chat: rewritten for Keras 3, with what was changed and why."""

from __future__ import annotations

from bot.assistant import Assistant
from bot.intents import Request
from bot.messages import Button, Intent, Message, Reply
from bot.outbox import Outbox
from bot.redaction import disarm, inline, redact
from bot.wording import say
from bot.workers import Workers
from runner.upgrade import Upgrade

CHANGES_SHOWN = 6
# Longer programs are attached: a chat is no place to read them.
LONGEST_SHOWN = 1_200
LONGEST_BUTTON_CODE = 16 * 1024


class Upgrading:
    """Rewrites code for people."""

    def __init__(self, assistant: Assistant, outbox: Outbox, workers: Workers) -> None:
        self._assistant = assistant
        self._outbox = outbox
        self._workers = workers

    async def upgrade(self, message: Message, request: Request) -> Reply:
        """Rewrite the code of a message, or of the run that it is about, for Keras 3.

        Raises:
            UnknownRun: the run is not kept any more.
        """
        return await self._workers.ask(self._upgrade, message, request)

    def _upgrade(self, message: Message, request: Request) -> Reply:
        locale, code = message.locale, request.code
        if run_id := request.arguments.get("run"):
            code = self._assistant.runner.job(run_id).source
        if not code.strip():
            return Reply(text=say("upgrade.nothing", locale), kind="refusal", locale=locale)
        result = self._assistant.upgrade(redact(code))
        if result.problem is not None:
            text = say("upgrade.unreadable", locale, problem=inline(result.problem))
            return Reply(text=text, kind="refusal", locale=locale)
        if not result.changed:
            lines = [say("upgrade.same", locale), *_findings(result, locale)]
            return Reply(text="\n".join(lines), kind="upgrade", locale=locale, facts={"changed": False})
        return self._show(result, request, locale)

    def _show(self, result: Upgrade, request: Request, locale: str) -> Reply:
        lines = [say("upgrade.done", locale)]
        for change in result.changes[:CHANGES_SHOWN]:
            lines.append(f"- {say('run.line', locale, line=change.line)}: {disarm(change.reason)}")
        if len(result.changes) > CHANGES_SHOWN:
            lines.append(f"- … +{len(result.changes) - CHANGES_SHOWN}")
        lines += _findings(result, locale)
        short = len(result.source) <= LONGEST_SHOWN
        buttons: tuple[Button, ...] = ()
        if len(result.source) <= LONGEST_BUTTON_CODE:
            arguments = {"code": result.source, "backend": request.backend or "", "stdin": request.stdin[:1000]}
            buttons = (Button(say("button.run", locale), Intent.RUN, arguments, "main", "▶️"),)
        return Reply(
            text="\n".join(lines),
            kind="upgrade",
            code=result.source if short else "",
            files=() if short else (self._outbox.keep("upgraded.py", result.source, "text/x-python"),),
            buttons=buttons,
            locale=locale,
            facts={"changed": True, "source": result.source, "rules": [change.rule for change in result.changes]},
        )


def _findings(result: Upgrade, locale: str) -> list[str]:
    return [
        f"- ⚠️ {say('run.line', locale, line=finding.line)}: {disarm(finding.message)}"
        for finding in result.findings[:CHANGES_SHOWN]
    ]
