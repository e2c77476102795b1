"""`make prove`: run the long proofs and keep what they printed in docs/proofs.md."""

import datetime as dt
import re
import subprocess
import sys
from pathlib import Path

OUTPUT = Path(__file__).parents[1] / "docs" / "proofs.md"


def main() -> int:
    """Run every test marked `prove`; the exit status is pytest's."""
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-m",
        "prove",
        "-v",
        "--durations=0",
        "-n",
        "2",
        "-p",
        "no:cacheprovider",
    ]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    print(done.stdout)
    said = re.sub(
        r"^(rootdir|cachedir|platform|configfile|plugins|hypothesis profile).*\n", "", done.stdout, flags=re.M
    )
    OUTPUT.write_text(
        "# Proofs\n\nWhat the long proofs printed: kills and random histories. Run them again with `make prove`.\n"
        f"\nLast run: {dt.date.today():%-d %B %Y}, {'passed' if done.returncode == 0 else 'FAILED'}.\n\n"
        f"```\n{said.strip()}\n```\n"
    )
    return done.returncode


if __name__ == "__main__":
    sys.exit(main())
