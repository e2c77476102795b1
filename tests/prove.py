"""`make prove`: run the long proofs and keep what they printed in docs/proofs.md.

`python -m tests.prove -k faults` runs some of them, and leaves the chapters of the others as they are.
"""

import datetime as dt
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

OUTPUT = Path(__file__).parents[1] / "docs" / "proofs.md"
PLACE = "RIGHTWORK_PROOFS"
INTRODUCTION = """# Proofs

What the long proofs showed. Run them again with `make prove`, or some of them with `python -m tests.prove -k faults`.

"""
TESTS = "All long proofs"


def keep(chapter: str, text: str) -> None:
    """Keep what a proof has to tell for its chapter of docs/proofs.md; without `make prove` it is printed."""
    if folder := os.environ.get(PLACE):
        Path(folder, chapter).write_text(text, "utf-8")
    else:
        print(f"\n{chapter}\n{text}")


def main(chosen: list[str]) -> int:
    """Run every test marked `prove`, or those that pytest's arguments choose; the exit status is pytest's."""
    command = [sys.executable, "-m", "pytest", "-m", "prove", "-v", "--durations=0", "-n", "2"]
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run(
            [*command, "-p", "no:cacheprovider", *chosen],
            check=False,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, PLACE: folder},
        )
        figures = {file.name: file.read_text("utf-8") for file in Path(folder).iterdir()}
    print(done.stdout)
    said = re.sub(
        r"^(rootdir|cachedir|platform|configfile|plugins|hypothesis profile).*\n", "", done.stdout, flags=re.M
    )
    if not chosen:
        figures[TESTS] = said
    chapters = _chapters(OUTPUT.read_text("utf-8"))
    result = "passed" if done.returncode == 0 else "FAILED"
    for name, text in figures.items():
        chapters[name] = f"Last run: {dt.date.today():%-d %B %Y}, {result}.\n\n```\n{text.strip()}\n```\n"
    order = sorted(chapters, key=lambda name: (name == TESTS, name))
    OUTPUT.write_text(INTRODUCTION + "\n".join(f"## {name}\n\n{chapters[name]}" for name in order), "utf-8")
    return done.returncode


def _chapters(text: str) -> dict[str, str]:
    """The chapters of the page as it stands, by their titles."""
    parts = re.split(r"^## (.*)\n\n", text, flags=re.M)
    return dict(zip(parts[1::2], (part.rstrip("\n") + "\n" for part in parts[2::2]), strict=True))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
