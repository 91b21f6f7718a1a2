"""Check digits: those of cards, accounts and national numbers."""

from itertools import cycle


def luhn(digits: str) -> bool:
    """The check of cards and Swedish personal numbers (ISO/IEC 7812-1, annex B)."""
    total = 0
    for place, digit in enumerate(reversed(digits)):
        value = ord(digit) - 48
        if place % 2:
            value = value * 2 - 9 if value > 4 else value * 2
        total += value
    return total % 10 == 0


def mod97(account: str) -> bool:
    """The check of an IBAN without spaces, in either case (ISO 13616, by ISO/IEC 7064)."""
    moved = account[4:] + account[:4]
    return int("".join(str(int(character, 36)) for character in moved)) % 97 == 1


def mod11_10(digits: str) -> bool:
    """ISO/IEC 7064 MOD 11,10: the check of the German tax number."""
    product = 10
    for digit in digits[:-1]:
        product = ((int(digit) + product) % 10 or 10) * 2 % 11
    return (11 - product) % 10 == int(digits[-1])


def weighted(digits: str, weights: tuple[int, ...]) -> int:
    """The sum of digits times weights, which are repeated where the digits are more."""
    return sum(int(digit) * weight for digit, weight in zip(digits, cycle(weights), strict=False))
