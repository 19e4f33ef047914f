"""Who may do what, and how often; decided before anything is done.

Bots and blocked people are not answered. Everybody else is refused politely, once, with when to come back.
"""

from __future__ import annotations

import re
import threading
import time
from collections import OrderedDict, deque
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Literal

from bot import wording
from bot.intents import Request
from bot.memory import Memory, Standing
from bot.messages import (
    HELPER,
    MANAGER,
    MODERATOR,
    MODES,
    OPERATOR,
    OPERATOR_INTENTS,
    PLACE_INTENTS,
    Intent,
    Message,
    Mode,
)
from bot.settings import Settings
from runner.job import Result

BURST_WITHIN_S = 10.0
DUPLICATE_WITHIN_S = 60.0
PEOPLE_REMEMBERED = 4096
HOUR_S = 3600.0
# Being told again and again would be noise of its own.
TOLD_AGAIN_S = 60.0

# The abuse score fades by half in this time, so that one bad evening is forgotten the next day.
HALF_LIFE_S = 3 * HOUR_S
BACK_OFF_FROM = 5.0
BLOCK_FROM = 12.0
BACK_OFF_S = 120.0  # at the threshold; doubles with every point above it
LONGEST_BACK_OFF_S = HOUR_S
BLOCK_S = 24 * HOUR_S
# Endless loops are honest mistakes; a run that fills processes, files or output rarely is.
_SCORES = {"timeout": 0.5, "memory": 0.5, "killed": 0.5, "limit": 2.0}
_MINING = re.compile(
    r"stratum\+(?:tcp|ssl)://|\bxmrig\b|\bminerd\b|cryptonight|\bethminer\b|\bnanopool\b", re.IGNORECASE
)
_SCANNING = re.compile(
    r"\bnmap\b|169\.254\.169\.254|/proc/(?:1|self)/(?:environ|mem|root)|/etc/shadow|docker\.sock|masscan|"
    r"range\(\s*1\s*,\s*(?:1024|65535|65536)\s*\)[\s\S]{0,400}\.connect(?:_ex)?\("
)
MISUSE_SCORE = 4.0

# Under this name it is kept which mode a room has from the settings.
_MODE_OF_SETTINGS = "mode of settings"
# On these the person sits at the machine itself.
LOCAL_CHANNELS = frozenset({"terminal"})
# What costs nothing and must always work.
_FREE = frozenset(
    {Intent.CANCEL, Intent.DELETE, Intent.FORGET, Intent.PRIVACY, Intent.FEEDBACK, Intent.HELP, Intent.SOLVED}
)


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a message is answered: `yes`, `ignore` without a word, or `refuse` with a sentence."""

    kind: Literal["yes", "ignore", "refuse"]
    text: str = ""
    reason: str = ""
    retry_after_s: float = 0.0


YES = Verdict("yes")
IGNORE = Verdict("ignore")


@dataclass(slots=True)
class _Person:
    """What is remembered of somebody for a minute."""

    at: deque[float] = field(default_factory=lambda: deque(maxlen=64))
    texts: OrderedDict[str, float] = field(default_factory=OrderedDict)
    told: dict[str, float] = field(default_factory=dict)
    run: str = ""


class Manners:
    """The rules of one process. Thread-safe."""

    def __init__(self, memory: Memory, settings: Settings, clock: Callable[[], float] = time.time) -> None:
        self._memory = memory
        self._settings = settings
        self._clock = clock
        self._lock = threading.Lock()
        self._people: OrderedDict[tuple[str, str], _Person] = OrderedDict()

    # -- rooms -----------------------------------------------------------------------------------------------

    def mode(self, channel: str, server: str, room: str) -> Mode:
        """Return what Lobby does unasked in a room."""
        chosen = self._memory.choice(channel, "mode", room, server)
        found = chosen if chosen is not None else self._settings.chat_mode
        return next(mode for mode in MODES if mode == found)

    def set_mode(self, channel: str, room: str, mode: Mode) -> None:
        """Keep an operator's choice for a room (or a server, by its id)."""
        self._memory.choose(channel, room, "mode", mode)

    def settle(self, channel: str, room: str, wanted: Mode | None) -> None:
        """Give a room the mode that the settings want for it, None for that of all rooms.

        What an operator chose stays; what came from the settings goes with them.
        """
        chosen = self._memory.choice(channel, "mode", room)
        applied = self._memory.choice(channel, _MODE_OF_SETTINGS, room)
        if chosen == applied and wanted != applied:
            mode = next(mode for mode in MODES if mode == (wanted or self._settings.chat_mode))
            self.set_mode(channel, room, mode)
            self._memory.choose(channel, room, _MODE_OF_SETTINGS, mode)

    def paused(self, channel: str, server: str, room: str) -> bool:
        """True where an operator has paused Lobby."""
        return self._memory.choice(channel, "paused", room, server, "") == "yes"

    def pause(self, channel: str, place: str, paused: bool) -> None:
        """Pause Lobby in a room or server, or open it again."""
        self._memory.choose(channel, place, "paused", "yes" if paused else "no")

    # -- people ----------------------------------------------------------------------------------------------

    def greet(self, message: Message) -> Verdict:
        """Decide on a message before it is read: bots, pauses, blocks, bursts and duplicates."""
        if message.author.is_bot:
            return IGNORE
        if message.channel in LOCAL_CHANNELS:
            return YES
        locale = message.locale
        operator = message.has_role(OPERATOR)
        standing = self._memory.standing(message.channel, message.author.id)
        now = self._clock()
        if standing.blocked_until > now and not operator:
            if message.intent in {Intent.FORGET, Intent.PRIVACY}:
                return YES
            until = time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime(standing.blocked_until))
            return self._once(message, "blocked", standing.blocked_until - now, "manners.blocked", until=until)
        may = self.may_operate(message, message.intent)
        if self.paused(message.channel, message.server, message.room) and not (operator or may):
            return self._once(message, "paused", 0.0, "manners.paused")
        if operator or may or message.button or message.edited or message.intent in _FREE:
            return YES
        with self._lock:
            person = self._person(message)
            person.at.append(now)
            recent = [at for at in person.at if at > now - BURST_WITHIN_S]
            while person.texts and next(iter(person.texts.values())) < now - DUPLICATE_WITHIN_S:
                person.texts.popitem(last=False)
            text = (
                f"{message.room}/{message.thread}\n{message.intent}\n{dict(message.arguments)}\n{message.text.strip()}"
            )
            duplicate = bool(message.text.strip()) and text in person.texts and not message.attachments
            person.texts[text] = now
            person.texts.move_to_end(text)
        if len(recent) > self._settings.chat_burst:
            wait = recent[0] + BURST_WITHIN_S - now
            return self._once(message, "burst", wait, "manners.burst", wait=wording.wait_words(wait, locale))
        if duplicate:
            return self._once(message, "duplicate", 0.0, "manners.duplicate")
        return YES

    def admit(self, message: Message, request: Request) -> Verdict:
        """Decide on a request before it is done: roles, quotas, and one run per person at a time."""
        locale = message.locale
        operator = message.has_role(OPERATOR)
        if request.intent in OPERATOR_INTENTS and not self.may_operate(message, request.intent):
            sentence = "manners.managers_only_here" if message.has_role(MANAGER) else "manners.operators_only"
            return Verdict("refuse", wording.say(sentence, locale), "role")
        if message.channel in LOCAL_CHANNELS or request.intent in _FREE:
            return YES
        if request.intent == Intent.RUN:
            return self._admit_run(message, operator)
        if request.intent in {Intent.ASK, Intent.DOCS, Intent.EXPLAIN, Intent.UPGRADE}:
            return self._within(message, "ask", self._settings.chat_questions_per_hour, None)
        return YES

    def may_operate(self, message: Message, intent: Intent | None) -> bool:
        """True when an operators' command is open to the person: to operators all, to a place's managers its own."""
        if intent not in OPERATOR_INTENTS:
            return False
        return message.has_role(OPERATOR) or (intent in PLACE_INTENTS and message.has_role(MANAGER))

    def may_use_gpu(self, message: Message) -> bool:
        """True when the person's runs may use a GPU."""
        roles = self._settings.chat_gpu_roles
        return message.channel in LOCAL_CHANNELS or not roles or message.has_role(OPERATOR, *roles)

    def may_manage(self, message: Message, owner: str) -> bool:
        """True when the person may delete or close what belongs to `owner`."""
        return message.author.id == owner or message.has_role(OPERATOR, HELPER, MODERATOR)

    def _admit_run(self, message: Message, operator: bool) -> Verdict:
        locale = message.locale
        roles = self._settings.chat_run_roles
        if roles and not message.has_role(OPERATOR, *roles):
            return Verdict("refuse", wording.say("run.no_roles", locale), "role")
        with self._lock:
            if self._person(message).run:
                return Verdict("refuse", wording.say("run.busy", locale), "busy")
        if operator:
            return YES
        wait = self._back_off_s(self._memory.standing(message.channel, message.author.id))
        if wait > 0:
            words = wording.wait_words(wait, locale)
            return Verdict("refuse", wording.say("manners.backoff", locale, wait=words), "backoff", wait)
        return self._within(message, "run", self._settings.chat_runs_per_hour, self._settings.chat_server_runs_per_hour)

    def _within(self, message: Message, kind: str, own: int, server: int | None) -> Verdict:
        usage = self._memory.used(message, kind, HOUR_S)
        now = time.time()
        if usage.own >= own and not message.has_role(OPERATOR):
            wait = max(1.0, usage.own_since + HOUR_S - now)
            words = wording.wait_words(wait, message.locale)
            text = wording.say("manners.quota", message.locale, limit=own, wait=words)
            return Verdict("refuse", text, "quota", wait)
        if server is not None and message.server and usage.server >= server and not message.has_role(OPERATOR):
            wait = max(1.0, usage.server_since + HOUR_S - now)
            text = wording.say("manners.server_quota", message.locale, wait=wording.wait_words(wait, message.locale))
            return Verdict("refuse", text, "server quota", wait)
        self._memory.use(message, kind)
        return YES

    # -- runs ------------------------------------------------------------------------------------------------

    def begin_run(self, message: Message, run_id: str) -> bool:
        """Note that a person's run begins; False when another one of theirs is going."""
        with self._lock:
            person = self._person(message)
            if person.run:
                return False
            person.run = run_id
            return True

    def name_run(self, message: Message, run_id: str) -> None:
        """Note the id of the run that began."""
        with self._lock:
            self._person(message).run = run_id

    def end_run(self, message: Message) -> None:
        """Note that a person's run is over."""
        with self._lock:
            self._person(message).run = ""

    def run_of(self, message: Message) -> str:
        """Return the run of a person that is going, "" when there is none."""
        with self._lock:
            return self._person(message).run

    def judge(self, message: Message, source: str, result: Result) -> Standing:
        """Add to a person's abuse score what a run tells; back off or block when it is too much."""
        points = _SCORES.get(result.status, 0.0)
        if _MINING.search(source) or _SCANNING.search(source):
            points += MISUSE_SCORE
        if not points or message.channel in LOCAL_CHANNELS or message.has_role(OPERATOR):
            return Standing()
        now = self._clock()
        was = self._memory.standing(message.channel, message.author.id)
        standing = replace(was, score=_faded(was, now) + points, scored=now)
        if standing.score >= BLOCK_FROM:
            standing = replace(standing, blocked_until=now + BLOCK_S, reason="runs past their limits or misuse")
        self._memory.set_standing(message.channel, message.author.id, standing)
        return standing

    def block(self, channel: str, author: str, seconds: float, reason: str) -> None:
        """Block somebody, by an operator's word."""
        now = self._clock()
        self._memory.set_standing(channel, author, Standing(BLOCK_FROM, now, now + seconds, reason))

    def pardon(self, channel: str, author: str) -> None:
        """Lift a block and set the abuse score to nothing, by an operator's word."""
        self._memory.set_standing(channel, author, Standing())
        with self._lock:
            self._people.pop((channel, author), None)

    def _back_off_s(self, standing: Standing) -> float:
        """Return how long somebody must wait until their next run, in seconds."""
        if standing.score < BACK_OFF_FROM:
            return 0.0
        wait = min(LONGEST_BACK_OFF_S, BACK_OFF_S * 2 ** (standing.score - BACK_OFF_FROM))
        return standing.scored + wait - self._clock()

    def _once(self, message: Message, reason: str, wait_s: float, sentence: str, **values: object) -> Verdict:
        """Refuse, but with a word only if that was not said a moment ago; unasked in a room we stay silent."""
        now = self._clock()
        with self._lock:
            person = self._person(message)
            told = person.told.get(reason, 0.0)
            if now - told < TOLD_AGAIN_S or not message.addressed:
                return IGNORE
            person.told[reason] = now
        return Verdict("refuse", wording.say(sentence, message.locale, **values), reason, max(0.0, wait_s))

    def _person(self, message: Message) -> _Person:
        key = (message.channel, message.author.id)
        person = self._people.setdefault(key, _Person())
        self._people.move_to_end(key)
        if len(self._people) > PEOPLE_REMEMBERED:
            oldest = next(iter(self._people))
            if not self._people[oldest].run:
                del self._people[oldest]
        return person


def _faded(standing: Standing, now: float) -> float:
    """Return what is left of a score after the time that has passed."""
    return float(standing.score * 0.5 ** (max(0.0, now - standing.scored) / HALF_LIFE_S))
