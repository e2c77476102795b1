"""`make prove`: run the long proofs and keep what they printed in docs/proofs.md.

`python -m tests.prove -k faults` runs some of them, and leaves the chapters of the others as they are. With
RIGHTWORK_PROOFS=FOLDER what they tell is kept there as they go on, and `python -m tests.prove --take FOLDER` puts it
into docs/proofs.md, though the run has not ended or was stopped.
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
RESULT = ".result"
TAKE = "--take"
COMMAND = [sys.executable, "-m", "pytest", "-m", "prove", "-v", "--durations=0", "-n", "2"]


def keep(chapter: str, text: str) -> None:
    """Keep what a proof has to tell for its chapter of docs/proofs.md; without `make prove` it is printed."""
    if folder := os.environ.get(PLACE):
        Path(folder, chapter).write_text(text, "utf-8")
    else:
        print(f"\n{chapter}\n{text}")


def main(chosen: list[str]) -> int:
    """Run every test marked `prove`, or those that pytest's arguments choose; the exit status is pytest's."""
    if chosen[:1] == [TAKE]:
        write(Path(chosen[1]))
        return 0
    with tempfile.TemporaryDirectory() as aside:
        folder = Path(os.environ.get(PLACE) or aside)
        folder.mkdir(parents=True, exist_ok=True)
        done = subprocess.run(
            [*COMMAND, "-p", "no:cacheprovider", *chosen],
            check=False,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, PLACE: str(folder)},
        )
        print(done.stdout)
        if not chosen:
            unsaid = r"^(rootdir|cachedir|platform|configfile|plugins|hypothesis profile).*\n"
            (folder / TESTS).write_text(re.sub(unsaid, "", done.stdout, flags=re.M), "utf-8")
        (folder / RESULT).write_text("passed" if done.returncode == 0 else "FAILED", "utf-8")
        write(folder)
    return done.returncode


def write(folder: Path) -> None:
    """Put what proofs kept in a folder into docs/proofs.md; of a run that has not ended too, which is then said."""
    result = (folder / RESULT).read_text("utf-8") if (folder / RESULT).exists() else "not at its end"
    chapters = _chapters(OUTPUT.read_text("utf-8"))
    for file in folder.iterdir():
        if file.name != RESULT:
            day, text = dt.date.fromtimestamp(file.stat().st_mtime), file.read_text("utf-8")
            chapters[file.name] = f"Last run: {day:%-d %B %Y}, {result}.\n\n```\n{text.strip()}\n```\n"
    order = sorted(chapters, key=lambda name: (name == TESTS, name))
    OUTPUT.write_text(INTRODUCTION + "\n".join(f"## {name}\n\n{chapters[name]}" for name in order), "utf-8")


def _chapters(text: str) -> dict[str, str]:
    """The chapters of the page as it stands, by their titles."""
    parts = re.split(r"^## (.*)\n\n", text, flags=re.M)
    return dict(zip(parts[1::2], (part.rstrip("\n") + "\n" for part in parts[2::2]), strict=True))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
