"""Other words for the same: how people who do not know the world's captions say what these say."""

from __future__ import annotations

import re
from collections.abc import Mapping
from random import Random

from graphflow_tiny.world.facts import COLOURS, Scene, Spec
from graphflow_tiny.world.synonyms import (
    AFTER,
    BACKGROUNDS,
    BACKGROUNDS_APART,
    BEFORE,
    COLOURED,
    LANDSCAPES,
    MOONLIT,
    PLAIN,
    SETTING,
    THINGS,
)

_ARTICLE = re.compile(r"\ban? (?=(\w))")
_LINKED = re.compile(r" (above|below|over|under|to the left of|left of|to the right of|right of) ")
_INSIDE = re.compile(
    r"^(.+?), (.+) and (.+?) (in (?:the snow|a snowy landscape|the desert|a desert|a meadow)|on a green field|over the (?:sea|ocean))"
)
_COLOURED = re.compile(
    rf"\b(an? )?({'|'.join(COLOURS)}) ([a-z]+)$|\b(an? )({'|'.join(COLOURS)}) ([a-z]+)(?= (?:on|in|at|near) )"
)


def _table(*tables: Mapping[str, str]) -> dict[str, list[str]]:
    return {word: others.split("|") for table in tables for words, others in table.items() for word in words.split("|")}


_WORDS = {True: _table(COLOURED, LANDSCAPES), False: _table(COLOURED, THINGS, PLAIN)}
"""By whether a landscape is spoken of."""
_FOUND = {
    landscape: re.compile(rf"\b({'|'.join(sorted(map(re.escape, words), key=len, reverse=True))})(e?s)?\b")
    for landscape, words in _WORDS.items()
}
_ON = re.compile(rf"(?:on|against) (?:an? )?({'|'.join(COLOURS)})(?: background)?(?=$| (?:at|in|on|near) )")


def reword(text: str, spec: Spec, random: Random, *, unknown: bool = True) -> str:
    """Say what a caption of this spec says in other words, more or fewer of them, and with words that say nothing.

    Some of these are words that nobody knows, or known ones mistyped, where `unknown` allows it: other words are learnt
    to be passed over too.
    """
    boldness = random.uniform(0.2, 1.0)
    landscape = isinstance(spec, Scene)
    text = _scene_otherwise(text, random, boldness) if landscape else _things_otherwise(text, random, boldness)
    words = _WORDS[landscape]

    def other(found: re.Match[str]) -> str:
        if random.random() > boldness:
            return found[0]
        phrase, plural = found[1], found[2] or ""
        return _plural(random.choice(words[phrase])) if plural else random.choice(words[phrase])

    text = _FOUND[landscape].sub(other, text)
    if random.random() < 0.15:
        text = re.sub(r"\b(?:an?|the) ", "", text)
    text = _ARTICLE.sub(lambda article: "an " if article[1] in "aeiou" else "a ", text)
    if unknown and random.random() < 0.08:
        text = _mistyped(text, random)
    return _dressed(text, random, 0.12 if unknown else 0.0)


def _things_otherwise(text: str, random: Random, boldness: float) -> str:
    """Say a background, and where a colour belongs, in other forms; name two things side by side."""
    if random.random() < boldness:
        behind = _ON.search(text)
        if behind and random.random() < 0.25 and " background" in behind[0]:
            form = _one_of(BACKGROUNDS_APART, random)
            text = form.format(behind[1], _ON.sub("", text, count=1).replace("  ", " ").strip(" ,"))
        else:
            text = _ON.sub(lambda on: _one_of(BACKGROUNDS, random).format(on[1]), text)
    if random.random() < 0.12:
        text = _COLOURED.sub(lambda said: _coloured_after(said, random), text)
    if random.random() < 0.25:
        text = text.replace(" and a", random.choice((", a", " with a", " & a", " next to a", " beside a")))
    if random.random() < 0.15:
        text = _LINKED.sub(
            lambda link: f" {random.choice(('is', 'which is', 'that stands', 'placed'))} {link[1]} ", text
        )
    return text


def _scene_otherwise(text: str, random: Random, boldness: float) -> str:
    """Leave to the moon, the stars and the setting sun to say what time it is; name things one after the other."""
    night = re.search(r"\bat night\b", text)
    if night and re.search(r"\b(?:moon|stars)\b", text) and random.random() < 0.5 * boldness:
        text = _without(text, night[0])
        text = re.sub(r"\b(?:a|the) moon\b", lambda moon: _one_of(f"{MOONLIT}|{moon[0]}", random), text)
    evening = re.search(r"\b(?:at sunset|in the evening)\b", text)
    if evening and re.search(r"\b(?:a|the) sun\b", text) and random.random() < 0.5 * boldness:
        text = re.sub(r"\b(?:a|the) sun\b", lambda _: _one_of(SETTING, random), _without(text, evening[0]))
    if random.random() < 0.3:
        text = _INSIDE.sub(r"\1 \4 with \2 and \3", text)
    if random.random() < 0.3 * boldness:
        times = "|".join(("at night", "at sunset", "in the evening", "by day", "during the day"))
        text = re.sub(rf" (?=(?:{times})\b)", ", ", text)
        parts = re.split(r", | and | with ", text)
        random.shuffle(parts)
        text = ", ".join(part for part in parts if part)
    return text


def _without(text: str, words: str) -> str:
    return text.replace(words, "").replace("  ", " ").strip()


def _mistyped(text: str, random: Random) -> str:
    """Swap two letters, or leave one out."""
    places = [place for place in range(1, len(text) - 1) if text[place - 1 : place + 2].isalpha()]
    if not places:
        return text
    place = random.choice(places)
    swapped = text[place + 1] + text[place] if random.random() < 0.5 else text[place + 1]
    return text[:place] + swapped + text[place + 2 :]


def _one_of(words: str, random: Random) -> str:
    return random.choice(words.split("|"))


def _coloured_after(said: re.Match[str], random: Random) -> str:
    colour, noun = (said[2], said[3]) if said[2] else (said[5], said[6])
    if noun in ("background", "field", "house", "cottage", "landscape"):
        return said[0]
    return f"a {noun} {random.choice(('in', 'that is', 'coloured', 'colored', 'of the color', 'which is'))} {colour}"


def _plural(words: str) -> str:
    return words + ("es" if words.endswith(("s", "x", "sh")) else "s")


def _dressed(text: str, random: Random, unknown: float) -> str:
    """Put words around a prompt that say nothing of the world."""
    if random.random() < 0.25:
        text = f"{_one_of(BEFORE, random)} {text}"
    if random.random() < unknown:
        text = f"{_unknown(random)} {text}"
    if random.random() < 0.25:
        text += _one_of(AFTER, random)
    if random.random() < unknown:
        text += f"{random.choice((',', ''))} {_unknown(random)}"
    return text


def _unknown(random: Random) -> str:
    length = random.randint(3, 9)
    return "".join(random.choice("aeiou" if place % 2 else "bcdfghklmnprstvwyz") for place in range(length))
