"""The one kind of error that the commands report as a line, not a traceback, and how it quotes others."""


class AutograderError(Exception):
    """Something that the user can put right; the message says what is wrong, where, and what to do."""


class UsageError(AutograderError):
    """The command was given a name that does not exist, or options that don't go together."""


def shortened(text: object, limit: int = 200) -> str:
    """Put a text of unknown origin on one line of bounded length, so that it can stand in a message.

    Examples
    --------
    >>> shortened("two\\n  lines"), shortened("x" * 9, limit=5)
    ('two lines', 'xxxx…')
    """
    line = " ".join(str(text)[: 10 * limit].split())
    line = "".join(character if character.isprintable() else "�" for character in line)
    return line if len(line) <= limit else line[: limit - 1] + "…"
