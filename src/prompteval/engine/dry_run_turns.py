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


class Conversations:
    """Counts case by case. Every turn is played, every step taken, every reply as long as it may be.

    Replies that the cache has are followed as far as they are known without a call of a tool or of the
    user's model. `system` is None for an application, whose own calls are not seen.
    """

    def __init__(
        self,
        plan: PromptPlan | None,
        system: Model | None,
        tally: Tally,
        user: UserSide | None,
        cache: ResponseCache | None,
    ) -> None:
        self._plan = plan
        self._system = system
        self._tally = tally
        self._user = user
        self._cache = cache if system is not None and system.provider.cacheable else None
        self._steps = plan.fakes.max_steps if plan is not None and plan.fakes is not None else 0

    def add(self, case: Case, replicate: int) -> None:
        """One case; one that cannot be rendered needs nothing."""
        try:
            self._play(case, replicate)
        except (RenderError, DeadlineExceeded):
            return

    def _play(self, case: Case, replicate: int) -> None:
        heard = carried = 0  # tokens of the conversation as the user and as the system has it
        said: list[ChatMessage] | None = []  # while it is known
        for text in self._texts(case):
            words = self._words(text)
            if text is None and self._user is not None:
                words, said = self._user.speak(case, replicate, heard), None
            answer, steps, said = self._answer(case, replicate, text, words, carried, said)
            heard += words + answer + 2 * TOKENS_A_MESSAGE
            carried += words + answer + steps + 2 * TOKENS_A_MESSAGE

    def _texts(self, case: Case) -> Iterator[str | None]:
        """What the user says in each turn; None where that is not written."""
        yield from (turn.user for turn in case.turns)
        if self._user is not None:
            yield from [None] * (self._user.user.max_turns - len(case.turns))
        elif not case.turns:
            yield None

    def _words(self, text: str | None) -> int:
        side = self._system or (None if self._user is None else self._user.model)
        return 0 if text is None or side is None else side.sizes.text(text)

    def _answer(
        self,
        case: Case,
        replicate: int,
        text: str | None,
        words: int,
        carried: int,
        said: list[ChatMessage] | None,
    ) -> tuple[int, int, list[ChatMessage] | None]:
        """(tokens of the answer, tokens of the steps before it, the conversation where it is known)."""
        if self._plan is None or self._system is None:
            self._tally.calls += 1
            return REPLY_TOKENS, 0, None
        known = self._known(self._request(case, replicate, text, said)) if said is not None else None
        request = self._request(case, replicate, text, ())
        asked, answered = self._system.sizes.expected(request)
        asked += carried + (words if text is None else 0)
        step = answered + RESULT_TOKENS + 2 * TOKENS_A_MESSAGE
        if known is not None:
            reply, calls_tools = known
            self._tally.cached += 1
            if not calls_tools or not self._steps:
                user = {"role": "user", "content": text or ""}
                more = [user, {"role": "assistant", "content": reply}]
                return self._system.sizes.text(reply), 0, [*(said or ()), *more]
        for number in range(0 if known is None else 1, self._steps + 1):
            self._tally.add(asked + number * step, answered)
        return answered, self._steps * step, None

    def _request(self, case: Case, replicate: int, text: str | None, said: Sequence[ChatMessage]) -> Request:
        assert self._plan is not None and self._system is not None
        target = PromptTarget(self._plan.prompt, self._system.provider, self._system.reference)
        if case.turns or self._user is not None:
            case = replace(case, inputs=PromptSpeech(self._plan).inputs(case, said, text or ""), turns=())
        return target.request(case, replicate)

    def _known(self, request: Request) -> tuple[str, bool] | None:
        """(text, whether it calls tools) of the reply that the cache has."""
        found = None if self._cache is None else self._cache.get(request.key)
        return None if found is None else (found.text, bool(found.tool_calls))
