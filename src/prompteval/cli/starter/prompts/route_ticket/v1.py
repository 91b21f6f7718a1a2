"""Routes a ticket to a team."""

from typing import Literal

from pydantic import BaseModel, Field

from prompteval import Prompt, assistant, labels, system, user


class Inputs(BaseModel):
    message: str = Field(max_length=4096)


class Output(BaseModel):
    team: Literal["payments", "support", "sales"] = labels(
        payments="Invoices, refunds, charges on a card, failed payments.",
        support="Something does not work: errors, crashes, logging in.",
        sales="Questions before buying: plans, prices, discounts, demos.",
    )


prompt = Prompt(
    inputs=Inputs,
    output=Output,
    messages=[
        system("Decide which team answers this ticket: payments, support or sales."),
        user("My card was charged twice this month."),
        assistant('{"team": "payments"}'),
        user("The page stays white after I log in."),
        assistant('{"team": "support"}'),
        user("Do you offer a discount for schools?"),
        assistant('{"team": "sales"}'),
        user("{{ message }}"),
    ],
    params={"temperature": 0, "max_output_tokens": 32},
    description="Routes a ticket to a team.",
)
