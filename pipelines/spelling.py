"""Which of many names are one name, spelled in several ways: "DoT" and "Dept of Transportation", but not "Region 1" and
"Region 2". A code that stands beside the names decides what their letters leave open.

What may be two things is left alone: numbers, single letters and Roman numerals must agree, a slip of the pen keeps the
first letter, and a spelling that is about as frequent as the name beside it is a name of its own.
"""

import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import permutations

MOST_NAMES = 5_000  # distinct texts; a column with more holds no names to group by
MOST_COMPARED = 150_000  # pairs of names that begin alike; a column with more is looked at so far
RARER = 4  # how many times rarer than a name its misspelling must be, where neither is known
RARER_LONG = 2  # the same for a slip in a word of LONG letters
LONG = 8


def _set(*lines: str) -> frozenset[str]:
    return frozenset(word for line in lines for word in line.split())


# Words that are left out when names are compared, and that initials may leave out.
_SMALL = _set("a an and at by for from in of on or the to with der die das und de la le les du des et von")
# Words for the kind of a thing, which stand before or behind its name ("Energy Department").
_KINDS = _set(
    "department ministry agency office bureau division directorate unit team group board commission committee council",
    "corporation company administration authority service services program project portfolio branch center institute",
    "association foundation region district",
)
# One word in two forms: British and American English, and what clerks abbreviate.
_SAME = dict(
    pair.split("/")
    for pair in _set(
        "programme/program programmes/programs centre/center centres/centers ctr/center defence/defense labour/labor",
        "organisation/organization natl/national dept/department depts/departments mgt/management tech/technology",
        "hq/headquarters gov/government svc/service svcs/services info/information admin/administration",
    )
)
# Words a letter or two apart that mean different things.
_DIFFERENT = frozenset(
    frozenset(pair.split("/"))
    for pair in _set(
        "contract/contact contracts/contacts contractor/contactor policy/police planning/planting training/trading",
        "personal/personnel sewer/server mobile/mobility product/project products/projects internal/interval",
        "construction/constriction conservation/conversation migration/mitigation principal/principle prison/person",
        "adaption/adoption forest/forecast country/county countries/counties quality/quantity statute/statue",
        "prevention/presentation patient/patent patients/patents marine/marina works/words statistics/statics",
    )
)
# What, behind a word, makes another word of it and is no part that an abbreviation left out.
_ENDINGS = _set(
    "ing ings er ers or ors ed al ly ist ists s care base line land ware work works force folio east west ern"
)
_FORMS: dict[str, list[str]] = {}
for _form, _usual in _SAME.items():
    _FORMS.setdefault(_usual, [_usual]).append(_form)
_ROMAN = re.compile(r"(?:xl|l?x{0,3})(?:ix|iv|v?i{0,3})")
_SIMPLE = str.maketrans({"’": "'", "‘": "'", "´": "'", "`": "'", "ß": "ss", "ø": "o", "ł": "l", "đ": "d", "æ": "ae"})


@dataclass(frozen=True)
class Name:
    """A text as it stands in a column, and the code beside it, None where there is none."""

    text: str
    code: str | None = None


@dataclass(frozen=True)
class Spelling:
    """A name, the name that it is likely a spelling of, and why."""

    name: Name
    likely: str
    why: str


def likely(counts: Mapping[Name, int], known: Iterable[str] = (), *, people: bool = False) -> list[Spelling]:
    """The names that are likely spellings of another one, in the order of `counts`.

    `counts` says how often each name stands in the file, `known` are names that are right beyond doubt. With `people`
    the names may be those of persons, whom a single letter tells apart. Nothing where there are too many names.
    """
    if len(counts) > MOST_NAMES:
        return []
    book = _Book(counts, {text for text in known if plain(text)})
    found = []
    for name in counts:
        target, why = book.meant(name, people)
        if target != name.text:
            found.append(Spelling(name, target, why))
    return found


@lru_cache(maxsize=50_000)
def plain(text: str) -> str:
    """A text in small letters without accents, its words parted by single spaces and nothing else."""
    text = unicodedata.normalize("NFKD", text.lower().translate(_SIMPLE))
    text = "".join(c for c in text if not unicodedata.combining(c) and unicodedata.category(c) != "Cf")
    text = re.sub(r"\b(?:[a-z]\.){2,}", lambda dotted: dotted[0].replace(".", "") + " ", text)
    return " ".join(re.sub(r"[\W_]+", " ", text.replace("'", "").replace("&", " and ")).split())


@lru_cache(maxsize=50_000)
def words(text: str) -> tuple[str, ...]:
    """The words that tell a name from another, each in its usual form."""
    every = plain(text).split()
    return tuple(_SAME.get(word, word) for word in every if word not in _SMALL) or tuple(every)


def tidy(text: str) -> str:
    """A text as it was meant: usual blanks, hyphens and quotes, nothing unseen, nothing left over at its end."""
    text = "".join(" " if unicodedata.category(c) == "Zs" else c for c in text)
    text = "".join(c for c in text if unicodedata.category(c) not in ("Cc", "Cf"))
    text = text.translate(str.maketrans("‘’´`“”„‐‑‒−", "''''\"\"\"----"))
    return re.sub(r"(?:[\s,;:]|(?<=[a-z]{4})\.)+$", "", " ".join(text.split()).lstrip("' "))


def initials(text: str) -> tuple[set[str], set[str]]:
    """The initials of a name: of all its words, and without some or all of the small ones; none for a single word."""
    spread = re.sub(r"\b(?:\w\.){2,}", lambda dotted: dotted[0].replace(".", " "), re.sub(r"\([^)]*\)", " ", text))
    every = plain(spread).split()
    if len([word for word in every if word not in _SMALL]) < 2:
        return set(), set()
    without = "".join(word[0] for word in every if word not in _SMALL)
    articles = "".join(word[0] for word in every if word not in ("a", "an", "the", "and"))
    return {"".join(word[0] for word in every)}, {without, articles}


def acronym(text: str) -> str:
    """The letters of a text that looks like initials ("DoT", "D.O.T.", "NASA"), "" for any other."""
    dotted = re.fullmatch(r"(?:\w\. ?){2,8}|(?:\w\. ?){1,7}\w|(?:\w ){1,7}\w", text.strip())
    letters = re.sub(r"[. ]", "", text) if dotted else text.strip()
    if not 2 <= len(letters) <= 8 or not letters.isalpha():
        return ""
    return letters.lower() if letters[0].isupper() and sum(map(str.isupper, letters)) * 2 > len(letters) else ""


def _bracketed(text: str) -> str:
    """The initials that a name carries: "Federal Aviation Administration (FAA)", "FAA - Federal Aviation ..."."""
    found = re.search(r"\(([^()]{2,12})\)\s*$", text) or re.match(r"([^\s-]{2,10}) +[-–—:/] +\S", text)
    return acronym(found[1]) if found else ""


def marks(of: Iterable[str]) -> Counter[str]:
    """The words that must agree in one name's spellings: numbers, single letters, Roman numerals."""
    found: Counter[str] = Counter()
    for word in of:
        if digits := re.findall(r"\d+", word):
            found.update(str(int(number)) for number in digits)
        elif len(word) == 1 or (_ROMAN.fullmatch(word) and word):
            found[word] += 1
    return found


class _Book:
    """The names of a column: which are right, and which of those are written in other ways beside."""

    def __init__(self, counts: Mapping[Name, int], known: set[str]) -> None:
        self.known = known
        self.count: Counter[str] = Counter()
        for name, count in counts.items():
            self.count[name.text] += count
        alike: dict[str, list[str]] = defaultdict(list)
        for text in (*known, *(text for text in self.count if text not in known)):
            alike[plain(text) or text].append(text)
        # One right text for all that are the same but for case, marks and spaces.
        self.right = {key: min(texts, key=self._rank) for key, texts in alike.items()}
        self.weight = {self.right[key]: sum(self.count[text] for text in texts) for key, texts in alike.items()}
        self.used = Counter(word for text in self.weight for word in set(words(text)))
        self.by_code = self._codes(counts)
        self.coded = set(self.by_code.values())
        self.joined: dict[str, list[str]] = defaultdict(list)
        self.block: dict[str, list[str]] = defaultdict(list)
        self.turned: dict[tuple[str, ...], list[str]] = defaultdict(list)
        self.short: dict[str, list[tuple[bool, str]]] = defaultdict(list)
        self.to_compare = MOST_COMPARED
        self.acronyms: dict[str, list[str]] = defaultdict(list)
        for text in self.weight:
            if len(letters := acronym(text)) > 2:
                self.acronyms[letters].append(text)
        # The most frequent first: what a name may be a slip of stands at the front of its block.
        for text in sorted(self.weight, key=lambda text: (text not in self.known, -self.weight[text])):
            self.joined["".join(words(text))].append(text)
            self.block[_initials_of(words(text))].append(text)
            self.turned[tuple(sorted(words(text)))].append(text)
            whole, partly = initials(text)
            whole.add(_bracketed(text))
            for letters in (whole | partly) - {""}:
                self.short[letters].append((letters in whole, text))

    def meant(self, name: Name, people: bool) -> tuple[str, str]:
        """The right text of a name, which may be its own, and why it is that."""
        if name.text in self.known:
            return name.text, ""
        right = self.right[plain(name.text) or name.text]
        why = "the same but for case, spaces or marks"
        for _ in range(3):  # a slip in an abbreviation takes two steps
            other, reason = self._other(right, name.code, people)
            if other is None:
                break
            right, why = other, reason
        return right, why

    def _rank(self, text: str) -> tuple[bool, bool, int, bool, str]:
        one_case = text.isupper() or text.islower()
        return text not in self.known, text != tidy(text), -self.count[text], one_case, text

    def _codes(self, counts: Mapping[Name, int]) -> dict[str, str]:
        """The name of each code that has one: most of its rows bear it, and most of the name's rows the code."""
        names: dict[str, Counter[str]] = defaultdict(Counter)
        codes: dict[str, Counter[str]] = defaultdict(Counter)
        for name, count in counts.items():
            if name.code is not None:
                right = self.right[plain(name.text) or name.text]
                names[name.code][right] += count
                codes[right][name.code] += count
        found = {}
        for code, of in names.items():
            text, count = of.most_common(1)[0]
            if count > 1 and count > 0.5 * of.total() and codes[text].most_common(1)[0][0] == code:
                found[code] = text
        return found if len(found) > 1 else {}

    def _other(self, text: str, code: str | None, people: bool) -> tuple[str | None, str]:
        """The name that another is a spelling of, None where it is one of its own or nobody can tell; and why."""
        if text in self.known or text in self.coded:
            return None, ""
        coded = self.by_code.get(code) if code is not None else None
        if coded is not None:
            if self.weight[text] < self.weight[coded] and _may_be(text, coded):
                return coded, f"likely the name that {code} stands beside"
            return None, ""
        for found, why in (
            (self._reworded(text), "the same words in another order or form"),
            (self._slips(text, people), "this name but for a slip in its letters, or an abbreviation"),
            (self._by_initials(text), "one has the initials of the other"),
        ):
            if settled := {self._settled(other, people) for other in found}:
                return (settled.pop(), why) if len(settled) == 1 else (None, "")
        return None, ""

    def _settled(self, text: str, people: bool) -> str:
        """The name that another is written for, where letters tell; so that two spellings of one name are one."""
        if text in self.known or text in self.coded:
            return text
        found = self._reworded(text) or self._slips(text, people)
        return found[0] if len(found) == 1 else text

    def _outweighs(self, other: str, text: str, times: float) -> bool:
        return other in self.known or self.weight[other] >= times * self.weight[text]

    def _is_before(self, other: str, text: str) -> bool:
        """Whether of two names for one thing the other is the right one."""
        mine, theirs = ((name in self.known, self.weight[name], len(name), name) for name in (text, other))
        return theirs > mine

    def _reworded(self, text: str) -> list[str]:
        mine = words(text)
        joined = self.joined["".join(mine)]
        found = [other for other in joined if other != text and marks(words(other)) == marks(mine)]
        for other in self.turned[tuple(sorted(mine))]:
            if mine != words(other) and (_KINDS & set(mine) or "," in text + other):
                found.append(other)
        return [other for other in dict.fromkeys(found) if self._is_before(other, text)]

    def _by_initials(self, text: str) -> list[str]:
        """The names whose initials a text is; of a name that is rare beside its initials, these."""
        if letters := acronym(text):
            named = [other for _, other in self.short[letters] if _bracketed(other) == letters]
            if len(letters) < 3 and not named:
                return []
            whole = [other for is_whole, other in self.short[letters] if is_whole]
            found = named or whole or [other for _, other in self.short[letters]]
            return [other for other in found if other != text and self._is_before(other, text)]
        spelled = initials(text)[0] | {_bracketed(text)} - {""}
        return [
            other
            for letters in sorted(spelled)
            for other in self.acronyms.get(letters, [])
            if other != text and self._outweighs(other, text, RARER)
        ]

    def _slips(self, text: str, people: bool) -> list[str]:
        found: dict[str, tuple[int, int]] = {}
        mine = words(text)
        if acronym(text):
            return []  # each letter of it is a word
        for other in self.block[_initials_of(mine)]:
            if not self._outweighs(other, text, RARER_LONG):
                break
            theirs = words(other)
            if other == text or (len(mine) == 1 and _is_far(mine[0], theirs[0])):
                continue
            if not self.to_compare:
                break
            self.to_compare -= 1
            if (apart := self._apart(mine, theirs, text)) is None or (people and apart[0]):
                continue
            if self._outweighs(other, text, RARER_LONG if apart[1] >= LONG else RARER):
                found[other] = apart
        least = min((slips for slips, _ in found.values()), default=0)
        return [other for other, (slips, _) in found.items() if slips == least]

    def _apart(self, mine: tuple[str, ...], theirs: tuple[str, ...], text: str) -> tuple[int, int] | None:
        """How many letters two names of as many words are apart, and the length of the shortest word with a slip; None
        where some word is another one."""
        if len(mine) != len(theirs) or marks(mine) != marks(theirs):
            return None
        left, right = (
            list((Counter(mine) - Counter(theirs)).elements()),
            list((Counter(theirs) - Counter(mine)).elements()),
        )
        if not left or len(left) > 3:
            return None
        best: tuple[int, int] | None = None
        for order in permutations(right):
            slips, shortest = 0, 99
            for one, other in zip(left, order, strict=True):
                if len(mine) > 1 and _abbreviates(one, other, text):
                    continue
                if self._is_word(one, other) or not (letters := _slip_of(one, other, alone=len(mine) == 1)):
                    break
                slips, shortest = slips + letters, min(shortest, len(one))
            else:
                if slips <= 2 and (best is None or slips < best[0]):
                    best = slips, shortest
        return best

    def _is_word(self, one: str, other: str) -> bool:
        """Whether a word that may be a slip stands in too many names for that."""
        return self.used[one] > 1 and self.used[one] * RARER > self.used[other]


def _is_far(one: str, other: str) -> bool:
    """Whether a name of a single word is too far from another one for any slip; quick, for most are."""
    from rapidfuzz.distance import OSA

    return other not in _FORMS and OSA.distance(one, other, score_cutoff=2) > 2


def _initials_of(of: tuple[str, ...]) -> str:
    return "".join(sorted(word[0] for word in of))


def _slip_of(one: str, other: str, *, alone: bool) -> int:
    """The slip that a word is of another one in any of its forms, as `slip` counts it."""
    found = [slip(one, form, alone=alone) for form in _FORMS.get(other, [other])]
    return min((letters for letters in found if letters), default=0)


def slip(one: str, other: str, *, alone: bool = False) -> int:
    """How many letters two words are apart, 0 where they are rather two words than one with a slip of the pen.

    With `alone` nothing but this word makes the name, so more of it must agree.
    """
    from rapidfuzz.distance import OSA

    shortest = min(len(one), len(other))
    if shortest < (6 if alone else 5) or not (one.isalpha() and other.isalpha()) or one[0] != other[0]:
        return 0
    if frozenset((one, other)) in _DIFFERENT:
        return 0
    if max(one, other, key=len).removeprefix(min(one, other, key=len)) in _ENDINGS - {"s"}:
        return 0
    letters = OSA.distance(one, other, score_cutoff=2)
    if letters == 1:
        ends_differ = len(one) == len(other) and one[:-1] == other[:-1]
        return 0 if ends_differ and shortest < LONG else 1
    # Two letters exchanged for two others make another word as likely as a slip ("northeast", "northwest").
    exchanged = len(one) == len(other) and Counter(one) != Counter(other)
    return 2 if letters == 2 and shortest > LONG and not exchanged else 0


def _abbreviates(one: str, other: str, text: str = "") -> bool:
    """Whether a word is a short form of another, as "transp" of "transportation" and "mgmt" of "management"."""
    if len(one) >= len(other) or one[0] != other[0] or not one.isalpha():
        return False
    if other.startswith(one):
        rest = other[len(one) :]
        has_point = re.search(rf"\b{one}\.", text, re.IGNORECASE) is not None
        return has_point or (len(one) >= 3 and len(rest) >= 3 and rest not in _ENDINGS)
    if not 3 <= len(one) <= 6 or len(other) < 6 or (set(one[1:]) & set("aeiou") and one[-1] != other[-1]):
        return False
    letters = iter(other)
    return len(one) * 2 <= len(other) + 1 and all(letter in letters for letter in one)


def _may_be(text: str, coded: str) -> bool:
    """Whether a rare name may be the usual name of the code that stands beside it."""
    if letters := acronym(text):
        whole, partly = initials(coded)
        return letters in whole | partly | {_bracketed(coded)}
    mine, theirs = words(text), words(coded)
    if not marks(mine) <= marks(theirs):
        return False
    return all(
        any(
            word == other or _abbreviates(word, other, text) or slip(word, other) or _abbreviates(other, word)
            for other in theirs
        )
        for word in mine
    )
