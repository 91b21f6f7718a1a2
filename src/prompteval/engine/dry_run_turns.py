"""What cases that ask several times would need: conversations, and prompts whose tools are called."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from prompteval.core.case import Case
from prompteval.core.errors import DeadlineExceeded, RenderError
from prompteval.core.protocols import ResponseCache
from prompteval.core.request import Request
from prompteval.engine.models import Model
from prompteval.engine.targets.conversation import PromptSpeech
from prompteval.engine.targets.prompt import PromptTarget
from prompteval.plan.conversation.slots import ChatMessage
from prompteval.plan.conversation.user import SimulatedUser
from prompteval.plan.targets.prompt import PromptPlan
from prompteval.providers.prices import Price
from prompteval.providers.size import REPLY_TOKENS, TOKENS_A_MESSAGE

# What a tool gives is not known beforehand: a record of a few fields.
RESULT_TOKENS = 200


@dataclass(slots=True)
class Tally:
    """Calls of one model, with their tokens and cost at most; the cost is None without a price."""

    price: Price | None = None
    calls: int = 0
    cached: int = 0
    prompt: int = 0
    completion: int = 0
    usd: float = 0.0

    def add(self, asked: int, answered: int) -> None:
        """One call."""
        self.calls += 1
        self.prompt += asked
        self.completion += answered
        self.usd += 0.0 if self.price is None else self.price.of(asked, answered)

    @property
    def cost_usd(self) -> float | None:
        """None where calls have no price."""
        return None if self.price is None and self.calls else round(self.usd, 9)


@dataclass(frozen=True, slots=True)
class UserSide:
    """The model that plays the user, and what its calls need."""

    user: SimulatedUser
    model: Model
    tally: Tally

    def speak(self, case: Case, replicate: int, heard: int) -> int:
        """Count what the user says next after `heard` tokens of conversation; the tokens of its words."""
        given = case.inputs if isinstance(case.inputs, dict) else {}
        inputs = self.user.slots.filled(self.user.inputs(given), (), None)
        target = PromptTarget(self.user.prompt, self.model.provider, self.user.model)
        request = target.request(replace(case, inputs=inputs, turns=()), replicate)
        asked, answered = self.model.sizes.expected(request)
        self.tally.add(asked + heard, answered)
        return answered


@dataclass(frozen=True, slots=True)
class Heard:
    """A conversation so far: its tokens as the system has it, and its messages while they are known."""

    tokens: int = 0
    said: tuple[ChatMessage, ...] | None = ()


@dataclass(frozen=True, slots=True)
class Turn:
    """What the user says: a text, or None where it is not written yet, of so many tokens at most."""

    text: str | None
    tokens: int


@dataclass(frozen=True, slots=True)
class SystemSide:
    """The prompt under test with its model, and what its calls need.

    `cache` is None where none is read; `simulated` says that every case is a conversation.
    """

    plan: PromptPlan
    model: Model
    tally: Tally
    cache: ResponseCache | None
    simulated: bool

    @property
    def steps(self) -> int:
        """How often tools may be called before an answer."""
        return 0 if self.plan.fakes is None else self.plan.fakes.max_steps

    def answer(self, case: Case, replicate: int, turn: Turn, before: Heard) -> tuple[int, Heard]:
        """Count the calls of one turn: (tokens of the answer, the conversation after it)."""
        known = None
        if before.said is not None and self.cache is not None:
            known = self.cache.get(self._request(case, replicate, turn, before.said).key)
        if known is not None:
            self.tally.cached += 1
            if not (known.tool_calls and self.steps):
                tokens = self.model.sizes.text(known.text)
                said = ({"role": "user", "content": turn.text}, {"role": "assistant", "content": known.text})
                after = before.tokens + turn.tokens + tokens + 2 * TOKENS_A_MESSAGE
                return tokens, Heard(after, (*(before.said or ()), *said))
        asked, answered = self.model.sizes.expected(self._request(case, replicate, turn, ()))
        asked += before.tokens + (0 if turn.text is not None else turn.tokens)
        step = answered + RESULT_TOKENS + 2 * TOKENS_A_MESSAGE
        for number in range(0 if known is None else 1, self.steps + 1):
            self.tally.add(asked + number * step, answered)
        more = turn.tokens + self.steps * step + answered + 2 * TOKENS_A_MESSAGE
        return answered, Heard(before.tokens + more, None)

    def _request(self, case: Case, replicate: int, turn: Turn, said: Sequence[ChatMessage]) -> Request:
        if self.simulated or case.turns:
            inputs = PromptSpeech(self.plan).inputs(case, said, turn.text or "")
            case = replace(case, inputs=inputs, turns=())
        target = PromptTarget(self.plan.prompt, self.model.provider, self.model.reference)
        return target.request(case, replicate)


@dataclass(frozen=True, slots=True)
class Conversations:
    """Counts case by case. Every turn is played, every step taken, every reply as long as it may be.

    Replies that the cache has are followed as far as they are known without a call of a tool or of the
    user's model. `system` is None for an application, whose own calls are not seen: each turn is one.
    """

    system: SystemSide | None
    user: UserSide | None
    tally: Tally

    def add(self, case: Case, replicate: int) -> None:
        """One case; one that cannot be rendered needs nothing."""
        try:
            self._play(case, replicate)
        except (RenderError, DeadlineExceeded):
            return

    def _play(self, case: Case, replicate: int) -> None:
        by_user, by_system = 0, Heard()
        for turn in self._turns(case):
            if turn.text is None and self.user is not None:
                turn = Turn(None, self.user.speak(case, replicate, by_user))
                by_system = replace(by_system, said=None)
            if self.system is None:
                self.tally.calls += 1
                answer = REPLY_TOKENS
            else:
                answer, by_system = self.system.answer(case, replicate, turn, by_system)
            by_user += turn.tokens + answer + 2 * TOKENS_A_MESSAGE

    def _turns(self, case: Case) -> Iterator[Turn]:
        """The turns that are written, and a place for each of the simulated user's; else one for the case."""
        side = self.system or self.user
        for written in case.turns:
            yield Turn(written.user, side.model.sizes.text(written.user) if side is not None else 0)
        most = 1 if self.user is None else self.user.user.max_turns
        yield from [Turn(None, 0)] * (most - len(case.turns))
