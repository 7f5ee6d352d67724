"""What commands of the terminal share."""

import getpass
import sys


class Failed(Exception):
    """Something the person at the terminal can mend; the message says what."""


def ask_password() -> str:
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\n")
    password = getpass.getpass("Password: ")
    if getpass.getpass("Again: ") != password:
        raise Failed("the two entries differ")
    return password
