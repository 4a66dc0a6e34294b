"""Make pwa/package-lock.json anew from pwa/package.json, for every platform and without a registry's address.

npm writes the address it was configured with into each entry; without it, `npm ci` takes the registry of
the machine it runs on and still checks every integrity hash. The work is done in an empty folder, because a
lock made beside an installed node_modules forgets the binaries of other platforms.
"""

import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

PWA = Path(__file__).resolve().parent.parent / "pwa"
COMMAND = "npm install --package-lock-only --ignore-scripts --no-audit --no-fund --loglevel=error"
# Kept while npm resolves: with this setting on, it leaves out what it does not install here.
KEEP = "--omit-lockfile-registry-resolved=false"


def missing(lock: dict) -> list[str]:
    """Optional dependencies that are named but not locked: `npm ci` would refuse the whole file."""
    have = {path.rpartition("node_modules/")[2] for path in lock["packages"]}
    named = {name for entry in lock["packages"].values() for name in entry.get("optionalDependencies", {})}
    return sorted(named - have)


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        shutil.copy(PWA / "package.json", folder)
        subprocess.run([*COMMAND.split(), KEEP], cwd=folder, check=True)
        lock = json.loads(Path(folder, "package-lock.json").read_text())
    for entry in lock["packages"].values():
        entry.pop("resolved", None)
    if gone := missing(lock):
        sys.exit(f"the registry has no matching version of {', '.join(gone)}; pin an older parent and try again")
    (PWA / "package-lock.json").write_text(json.dumps(lock, indent=2, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
