"""axe-core, the accessibility checker, at one fixed version: fetched once from the npm registry and verified."""

import base64
import hashlib
import io
import os
import tarfile
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playwright.sync_api import Page

VERSION = "4.14.1"
SHA512 = "FHfa+lmNjQZfJz1q8wKqIDwC6DExcHt/pkjNQb09a3NPjCKg2rhu5qb2S4r76ASyFNNtuFooJpZe37OgudVGtQ=="
URL = f"https://registry.npmjs.org/axe-core/-/axe-core-{VERSION}.tgz"
GRAVE = {"serious", "critical"}


@dataclass(frozen=True)
class Fault:
    """One element that breaks one of axe's rules."""

    rule: str
    selector: str
    html: str
    what: str

    def __str__(self) -> str:
        return f"{self.rule}: {self.selector}\n    {self.html[:200]}\n    {self.what}"


def grave_faults(page: Page) -> list[Fault]:
    """What axe finds on the page as it is drawn now, of a serious or critical impact."""
    if not page.evaluate("typeof window.axe === 'object'"):
        page.evaluate(_source())
    found: dict[str, Any] = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    return [
        Fault(rule["id"], _selector(node["target"]), node["html"], " ".join(node["failureSummary"].split()))
        for rule in found["violations"]
        for node in rule["nodes"]
        if node["impact"] in GRAVE
    ]


def _selector(target: list[Any]) -> str:
    """An element's path; what lies in a shadow tree is a list of its own."""
    return " >>> ".join(part if isinstance(part, str) else " >>> ".join(part) for part in target)


def _source() -> str:
    """The checker's script, from the cache folder or the registry; ValueError where it is not the one we know."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "rightwork"
    archive = cache / f"axe-core-{VERSION}.tgz"
    if not archive.exists():
        with urllib.request.urlopen(URL, timeout=60) as answer:
            content = answer.read()
        cache.mkdir(parents=True, exist_ok=True)
        part = archive.with_suffix(f".{os.getpid()}")
        part.write_bytes(content)
        part.replace(archive)
    content = archive.read_bytes()
    if base64.b64encode(hashlib.sha512(content).digest()).decode() != SHA512:
        archive.unlink()
        raise ValueError(f"{URL} is not the file that was pinned")
    with tarfile.open(fileobj=io.BytesIO(content)) as package:
        script = package.extractfile("package/axe.min.js")
        if script is None:
            raise ValueError(f"{URL} has no axe.min.js")
        return script.read().decode("utf-8")
