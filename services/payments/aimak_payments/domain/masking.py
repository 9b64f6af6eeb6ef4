"""A holder's name as anybody may see it who knows an account number."""

from __future__ import annotations

MAX_WORDS = 4


def masked(holder: str) -> str:
    """The initials, the first word told by its first and last letter: "Асанов Бакыт" is "А***в Б."."""
    words = [word for word in holder.split() if word[0].isalnum()][:MAX_WORDS]
    if not words:
        return ""
    first = words[0]
    shown = f"{first[0]}***{first[-1]}" if len(first) > 2 else f"{first[0]}***"
    return " ".join([shown, *(f"{word[0]}." for word in words[1:])])
