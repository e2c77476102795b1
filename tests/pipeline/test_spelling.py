"""Which names are one name: misspellings made by a generator are found, and names of different things stay apart."""

import random
import time
from collections import Counter
from collections.abc import Sequence

import pytest

from pipelines.known import Listed
from pipelines.spelling import MOST_NAMES, Name, likely, tidy

AGENCIES = (
    "Department of Transportation",
    "Department of the Treasury",
    "Department of Defense",
    "Department of Energy",
    "Department of Education",
    "Nuclear Regulatory Commission",
    "U.S. Agency for International Development",
)
# Names of several organisations: public bodies, a company's portfolios, programs that run in phases.
LISTS = (
    AGENCIES,
    (
        *("Ministry of Defence", "Ministry of Justice", "Home Office", "Cabinet Office", "HM Revenue and Customs"),
        *(
            "Department for Business, Energy and Industrial Strategy",
            "Department for Environment, Food and Rural Affairs",
        ),
        *("Department for Work and Pensions", "Foreign, Commonwealth and Development Office", "National Crime Agency"),
    ),
    (
        *("Customer Experience", "Supply Chain", "Corporate Functions", "Research and Development", "Manufacturing"),
        *("Digital Workplace", "Information Security", "Regulatory Compliance", "Sustainability", "Human Resources"),
    ),
    tuple(
        f"{name} {kind}" for name in ("Harbour Tunnel", "Northern Railway") for kind in ("Phase I", "Phase II", "2026")
    ),
    ("Straßenbau Süd", "Straßenbau Nord", "Öffentlicher Verkehr", "Wasserwirtschaft", "Bildung und Forschung"),
)
APART = (
    ("Department of Defense", "Department of Energy", "Department of Education"),
    ("Region 1", "Region 2", "Region 10", "Region 21"),
    ("Phase I", "Phase II", "Phase III", "Phase IV", "Phase V", "Phase X"),
    ("North Region", "South Region", "Northeast Region", "Northwest Region", "Northern Region"),
    ("Team A", "Team B"),
    ("Internal Audit", "External Audit"),
    ("Contact Centre", "Contract Centre"),
    ("Police Reform", "Policy Reform"),
    ("Product Development", "Project Development"),
    ("Wave One", "Wave Two", "Wave Three"),
    ("Immigration", "Emigration", "Migration", "Mitigation"),
    ("Health", "Healthcare", "Health and Safety"),
    ("Marketing", "Market", "Marketing and Sales"),
    ("Platform 1.2", "Platform 1.3", "Platform 12"),
    ("Business to Customer", "Customer to Business"),
    ("Austria", "Australia", "Slovakia", "Slovenia", "Niger", "Nigeria"),
    ("DEP", "DPR", "DDC", "DOT"),
    ("IT", "International Trade", "HR", "Housing Reform"),
)


def spelled(counts: dict[str, int], known: Sequence[str] = (), *, people: bool = False) -> dict[str, str]:
    """What each name of a column is taken for, where it is another one."""
    found = likely({Name(text): count for text, count in counts.items()}, known, people=people)
    return {one.name.text: one.likely for one in found}


def misspellings(name: str, chance: random.Random) -> list[str]:
    """A name as hasty people write it."""
    words = name.split(" ")
    found = [name.upper(), name.lower(), f"{name}.", name.replace(" ", "  ", 1), name.replace(" ", "\u00a0")]
    if long := [i for i, word in enumerate(words) if len(word) >= 8 and word.isalpha()]:
        i = chance.choice(long)
        word, k = words[i], chance.randrange(2, len(words[i]) - 2)
        for slip in (
            word[:k] + word[k + 1 :],
            word[:k] + word[k] + word[k:],
            word[:k] + word[k + 1] + word[k] + word[k + 2 :],
        ):
            found.append(" ".join([*words[:i], slip, *words[i + 1 :]]))
    short = {"Department": "Dept.", "Management": "Mgmt", "Development": "Dev.", "Ministry": "Min.", "Agency": "Agcy"}
    found += [name.replace(long_form, form) for long_form, form in short.items() if long_form in name and " " in name]
    if len(words) > 2 and words[0] == "Department" and words[1] == "of":
        found.append(" ".join([*[word for word in words[2:] if word != "the"], "Department"]))
    return [one for one in dict.fromkeys(found) if one != name]


def test_misspelled_names_are_found_and_no_other_is_taken_for_one() -> None:
    made = right = 0
    wrong = []
    for names in LISTS:
        for seed in range(20):
            chance = random.Random(seed)
            counts = {name: chance.randint(8, 40) for name in names}
            meant = {}
            for name in names:
                for one in chance.sample(every := misspellings(name, chance), min(3, len(every))):
                    meant.setdefault(one, name)
            counts |= dict.fromkeys(meant, 1)
            found = spelled(counts)
            made += len(meant)
            right += sum(found.get(one) == name for one, name in meant.items())
            wrong += [(one, name) for one, name in found.items() if meant.get(one) != name]
    assert wrong == []
    assert right >= 0.95 * made > 500


@pytest.mark.parametrize("names", APART, ids=lambda names: names[0])
def test_names_of_different_things_stay_apart(names: Sequence[str]) -> None:
    for usual in names:
        assert spelled({name: 40 if name == usual else 1 for name in names}) == {}


def test_initials_stand_for_the_one_name_that_has_them() -> None:
    counts = dict.fromkeys(AGENCIES, 20) | {"DoT": 2, "D.O.D.": 1, "NRC": 3, "USAID": 1, "DoE": 4, "XYZ": 1}
    assert spelled(counts) == {
        "DoT": "Department of Transportation",
        "D.O.D.": "Department of Defense",
        "NRC": "Nuclear Regulatory Commission",
        "USAID": "U.S. Agency for International Development",
    }, "DoE is as likely Energy as Education, and nobody is XYZ"


def test_initials_that_are_the_usual_name_stay() -> None:
    long = "National Aeronautics and Space Administration"
    assert spelled({"NASA": 40, long: 2}) == {}
    assert spelled({"NAASA": 40, long: 2}) == {long: "NAASA"}
    assert spelled({f"{long} (NASA)": 40, "NASA": 2}) == {"NASA": f"{long} (NASA)"}


def test_a_code_beside_the_names_decides() -> None:
    usual = {"Department of Education": "18", "Department of Energy": "19", "Department of the Interior": "10"}
    counts = {Name(name, code): 20 for name, code in usual.items()}
    counts |= {Name("DoE", "18"): 1, Name("DoE", "19"): 1, Name("the Department", "10"): 1, Name("DoE", "77"): 1}
    counts |= {Name("Geological Survey", "10"): 2, Name("Department of Energy", "18"): 1}
    found = {(one.name.text, one.name.code): one.likely for one in likely(counts)}
    assert found == {
        ("DoE", "18"): "Department of Education",
        ("DoE", "19"): "Department of Energy",
        ("the Department", "10"): "Department of the Interior",
    }, "a bureau is no spelling of its department, and a name of its own stays whatever code stands there"


def test_a_known_name_is_right_however_rare_it_is() -> None:
    assert spelled({"Custommer Care": 9, "Customer Care": 1}) == {"Customer Care": "Custommer Care"}
    assert spelled({"Custommer Care": 9}, ["Customer Care"]) == {"Custommer Care": "Customer Care"}
    assert spelled({"customer care": 9}, ["Customer Care", "Customers Care"]) == {"customer care": "Customer Care"}


def test_a_person_is_told_apart_by_a_letter() -> None:
    counts = {"Maria Andersen": 20, "Maria Anderson": 1, "Mario Andersen": 1, "andersen, maria": 1, "M. Andersen": 1}
    assert spelled(counts, people=True) == {"andersen, maria": "Maria Andersen"}


def test_thousands_of_names_are_compared_at_once() -> None:
    numbered = Counter({f"Program {n:04} of the year {n % 7}": 3 for n in range(4000)})
    assert spelled(numbered) == {}


def test_a_text_is_tidied_without_losing_what_it_says() -> None:
    assert tidy(" Dept\u00a0of  \u201cWorks\u201d,") == 'Dept of "Works"'
    assert tidy("P\u200b-1") == "P-1"
    assert tidy("Acme Inc.") == "Acme Inc."
    assert tidy("v1.") == "v1."


@pytest.mark.parametrize("words", [1, 2, 6])
def test_many_names_that_begin_alike_take_seconds(words: int) -> None:
    """Each may be a slip of any of the frequent ones; comparing them all would take minutes."""
    dice = random.Random(words)
    names = [
        " ".join("".join(["s", *dice.choices("abcdefghijkl", k=8)]) for _ in range(words)) for _ in range(MOST_NAMES)
    ]
    counts = {Name(name): 5 if number % 4 == 0 else 1 for number, name in enumerate(names)}
    started = time.process_time()
    likely(counts)
    assert time.process_time() - started < 15


def test_an_identifier_with_odd_digits_is_compared_like_any_other() -> None:
    known = Listed(ids=("PRJ-7", "PRJ-12"))
    assert known.alike("PRJ-007") == "PRJ-7"
    assert known.alike("PRJ-³") is None
    assert known.alike("PRJ-" + "9" * 5000) is None


def test_many_identifiers_are_compared_with_many_at_once() -> None:
    known = Listed(ids=tuple(f"PRJ-{n}" for n in range(20_000)))
    began = time.process_time()
    assert [known.alike(f"PRJ-{n:07}") for n in range(2_000)] == [f"PRJ-{n}" for n in range(2_000)]
    assert not any(known.alike(f"QQQ-{n}") for n in range(2_000))
    assert time.process_time() - began < 10
