"""统一社会信用代码, as GB 32100-2015 says it: eighteen characters, the last one checks the others."""

ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"  # without I, O, S, V and Z
LENGTH = 18


def tidy(code: str) -> str:
    """As it is written on a licence: capitals, no spaces."""
    return "".join(code.split()).upper()


def fits(code: str) -> bool:
    """Whether the check character is right. A wrong one is pointed out and never refused: licences carry some."""
    if len(code) != LENGTH or any(char not in ALPHABET for char in code):
        return False
    total = sum(ALPHABET.index(char) * pow(3, place, 31) for place, char in enumerate(code[:-1]))
    return ALPHABET[-total % 31] == code[-1]
