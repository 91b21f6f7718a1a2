"""Telephone numbers and cards in sentences that the patterns were never seen with; needs `pip install faker`.

usage: fresh.py [SEED]

The sentences were written for this measurement, after the patterns; numbers are those of Faker 40 by country,
cards by issuer. A third of the sentences have another number: of an order, a date, an amount, a book. A span
counts as found where one of its kind overlaps it, and as right where it overlaps a labelled one.
"""

import math
import random
import sys
from collections import Counter, defaultdict
from importlib import import_module

from prompteval.pii.find import find

LOCALES = (
    "en_US",
    "en_CA",
    "en_GB",
    "de_DE",
    "fr_FR",
    "es_ES",
    "it_IT",
    "nl_NL",
    "pl_PL",
    "sv_SE",
    "pt_BR",
    "da_DK",
    "en_IN",
    "en_AU",
    "ja_JP",
)
ISSUERS = ("visa", "mastercard", "amex", "discover", "jcb", "diners", "maestro")
EACH = 60
SPOKEN = (
    "You can reach me on {} after six.",
    "Please call {} about the leak.",
    "My new mobile: {}",
    "Tel. {}, ask for the desk",
    "fax {} or post",
    "Text me at {} when you are outside.",
    "Contact: {} (evenings)",
    "the number I gave you was {}, right?",
)
BARE = (
    "{}",
    "Booked for two, {}, window seat.",
    "Mia Holt / {} / third floor",
    "is it {} or the other one",
    "Regards, J. ({})",
    "left a note with {} on the door",
    "- {} -",
    "He lives upstairs; {} in case of fire.",
)
CARDS = (
    "Charge it to {} please.",
    "card {} was declined twice",
    "{} exp 09/29",
    "The last payment came from {}, not from the other one.",
    "pay with {}?",
    "I typed {} and it says invalid.",
    "my visa is {}",
    "refund to {}",
)
OTHERS = (
    "Order {d10} has not arrived.",
    "Invoice {d4}-{d6} of 2024-11-{d2} is wrong.",
    "parcel {u2}{d9}GB is late",
    "ISBN 978-{d1}-{d4}-{d4}-{d1}",
    "The total was {d4}.{d2} for {d3} items.",
    "version 4.{d2}.{d3} build {d8}",
    "lat 52.{d6}, long 13.{d6}",
    "ticket #{d7} from 12/0{d1}/2023",
    "EAN {d13}",
    "between 1987 and 2014 they sold {d1},{d3},{d3} units",
    "serial SN-{d12}",
    "room {d3}, 9:30-17:45, ext. door code {d4}",
    "meter reading {d6} on 03.0{d1}.2024",
    "tracking 1Z{d3}E{d2}{d8}",
    "{d3}.{d3}.{d3} visitors",
    "IMEI {d15}",
    "VAT DE{d9}",
    "{d5}-{d4} is our ZIP",
)


def main(seed: int) -> None:
    draw = random.Random(seed)
    phones: dict[str, list[tuple[str, str]]] = {}
    for locale in LOCALES:
        faker = import_module("faker").Faker(locale)
        faker.seed_instance(f"{seed}{locale}")
        phones[locale] = [
            (draw.choice((SPOKEN, BARE)[place % 2]), faker.phone_number()) for place in range(EACH)
        ]
    faker = import_module("faker").Faker("en_US")
    faker.seed_instance(seed)
    cards = [
        (draw.choice(CARDS), grouped(faker.credit_card_number(issuer), draw))
        for issuer in ISSUERS
        for _ in range(EACH // 2)
    ]
    others = [filled(draw.choice(OTHERS), draw) for _ in range(EACH * len(LOCALES) // 2)]
    report(phones, cards, others)


def grouped(number: str, draw: random.Random) -> str:
    """As people write it: in one, by fours with spaces or hyphens."""
    mark = draw.choice(("", " ", "-"))
    sizes = (4, 6, 5) if len(number) == 15 else (4,) * math.ceil(len(number) / 4)
    parts, start = [], 0
    for size in sizes:
        parts.append(number[start : start + size])
        start += size
    return mark.join(parts)


def filled(template: str, draw: random.Random) -> str:
    """`{d4}` is four digits, `{u2}` two capital letters."""
    for kind, alphabet in (("d", "0123456789"), ("u", "ABCDEFGHIJKLMNOPQRSTUVWXYZ")):
        for size in range(20, 0, -1):
            while f"{{{kind}{size}}}" in template:
                template = template.replace(f"{{{kind}{size}}}", "".join(draw.choices(alphabet, k=size)), 1)
    return template


def report(phones: dict[str, list[tuple[str, str]]], cards: list[tuple[str, str]], others: list[str]) -> None:
    hits: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    right, wrong = Counter[str](), Counter[str]()
    for locale, rows in phones.items():
        for template, number in rows:
            found = meets(template, number, "phone", right, wrong)
            group = "with a word before" if template in SPOKEN else "bare"
            for key in (locale, group, "telephone"):
                hits[key][0] += found
                hits[key][1] += 1
    for template, number in cards:
        found = meets(template, number, "card", right, wrong)
        hits["card"][0] += found
        hits["card"][1] += 1
    alarms = Counter[str](span.kind for text in others for span in find(text, ("phone", "card")))
    print("| | numbers | recall | 95 % interval |\n|---|---|---|---|")
    for key, (found, count) in hits.items():
        low, high = wilson(found, count)
        print(f"| {key} | {count} | {found / count:.3f} | [{low:.3f}, {high:.3f}] |")
    for kind in ("phone", "card"):
        false = wrong[kind] + alarms[kind]
        print(
            f"{kind}: precision {right[kind] / (right[kind] + false):.3f} ({alarms[kind]} spans in"
            f" {len(others)} sentences with another number, {wrong[kind]} elsewhere)"
        )


def meets(template: str, number: str, kind: str, right: Counter[str], wrong: Counter[str]) -> bool:
    """Whether the number is found; each span of either kind counts as right or wrong."""
    start = template.index("{}")
    text, end, found = template.replace("{}", number), start + len(number), False
    for span in find(text, ("phone", "card")):
        inside = span.start < end and start < span.end and span.kind == kind
        (right if inside else wrong)[span.kind] += 1
        found = found or inside
    return found


def wilson(hits: int, count: int) -> tuple[float, float]:
    z = 1.959964
    middle = (hits + z * z / 2) / (count + z * z)
    half = z / (count + z * z) * math.sqrt(hits * (count - hits) / count + z * z / 4)
    return middle - half, middle + half


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 20_261_129)
