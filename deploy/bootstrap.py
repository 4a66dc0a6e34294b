#!/usr/bin/env python3
"""Install what the project needs, once, and only what is missing.

    bootstrap.py python [--dev]   .venv with the locked packages, hashes checked
    bootstrap.py node             Node: the system's if it is new enough, else the locked wheel in .venv
    bootstrap.py pwa              npm ci in pwa/, when the lock or Node changed
    bootstrap.py build            vite build into pwa/dist, when a source changed
    bootstrap.py system           servers, browsers and font the tests need (Debian as root), or what is missing
    bootstrap.py npm ARGS...      npm in pwa/ with that Node
    bootstrap.py node-bin         print the folder of that Node

Runs on the standard library of any Python 3.8+, so that an old one can at least say which one it wants.
Each step leaves a stamp of what it was made from; a second run compares the stamp and is done.
"""

import contextlib
import glob
import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

try:
    import fcntl
except ImportError:  # Windows: two installs at once are the user's own affair there.
    fcntl = None

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / (os.environ.get("VENV") or ".venv")
BIN = VENV / "bin"
PWA = ROOT / "pwa"
PYTHON_AT_LEAST = (3, 11)
NODE_AT_LEAST = (22, 19)  # Lighthouse asks for the most; odd majors are refused by vitest.
# What the PWA is built from. The rules are compiled into it, so they count as its source.
BUILD_INPUTS = ["src", "public", "index.html", "vite.config.ts", "tsconfig.json", "package-lock.json"]
BUILD_INPUTS_OUTSIDE = ["sync/rules"]
# Debian package -> how one knows that it is there. Any font with Chinese will do.
DEBIAN = {
    "postgresql": ["initdb", "/usr/lib/postgresql/*/bin/initdb"],
    "redis-server": ["redis-server"],
    "chromium": ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"],
    "firefox-esr": ["firefox-esr", "firefox", "/Applications/Firefox.app/Contents/MacOS/firefox"],
    "fonts-wqy-microhei": [
        "/usr/share/fonts/*/wqy/*",
        "/usr/share/fonts/opentype/noto/NotoSansCJK*",
        "/System/Library/Fonts/PingFang.ttc",
        "/System/Library/AssetsV2/com_apple_MobileAsset_Font*",
    ],
}


def say(text):
    print(f"\033[2m· {text}\033[0m" if sys.stdout.isatty() else "- " + text, flush=True)


def fail(text):
    sys.exit("\nbootstrap: " + text + "\n")


def run(*command, **more):
    """Run a command, its output as it comes; stop everything when it fails."""
    code = subprocess.call([str(part) for part in command], **more)
    if code:
        fail("`{}` ended with {}".format(" ".join(str(part) for part in command), code))


def digest(*parts):
    """One hash over texts and over the names and bytes of files and folders."""
    total = hashlib.sha256()
    for part in parts:
        if not isinstance(part, Path):
            total.update(str(part).encode())
            continue
        for file in sorted(part.rglob("*")) if part.is_dir() else [part]:
            if file.is_file():
                total.update(str(file.relative_to(ROOT)).encode() + b"\0" + file.read_bytes())
    return total.hexdigest()


@contextlib.contextmanager
def stamped(stamp, value):
    """Yield True when there is work to do; write the stamp only when it went well."""
    stamp = Path(stamp)
    if stamp.exists() and stamp.read_text() == value:
        yield False
        return
    yield True
    stamp.parent.mkdir(parents=True, exist_ok=True)
    stamp.write_text(value)


@contextlib.contextmanager
def alone():
    """Two runs in one checkout wait for each other instead of breaking each other's install."""
    VENV.mkdir(parents=True, exist_ok=True)
    with (VENV / ".lock").open("w") as lock:
        if fcntl:
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


# --- Python ---------------------------------------------------------------------------------------------


def choose_python():
    """This interpreter, or a newer one beside it on the PATH; macOS still ships 3.9 as python3."""
    if sys.version_info >= PYTHON_AT_LEAST:
        return sys.executable
    for minor in (13, 14, 12, 11):
        found = shutil.which(f"python3.{minor}")
        if found:
            return found
    return fail(
        "Python {}.{} or newer is needed, this is {}.\n  Debian/Ubuntu: apt install python3   "
        "macOS: brew install python@3.13".format(*PYTHON_AT_LEAST, sys.version.split()[0])
    )


def make_venv():
    python = choose_python()
    say("virtual environment in " + os.path.relpath(str(VENV), str(ROOT)))
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}

    def tried(*command):
        return subprocess.call([str(part) for part in command], **quiet) == 0 and (BIN / "pip").exists()

    if tried(python, "-m", "venv", VENV):
        return
    # Debian splits ensurepip off; each of these is a way round that needs no root, the last one does.
    if tried(python, "-m", "virtualenv", VENV):
        return
    if shutil.which("virtualenv") and tried("virtualenv", "-p", python, VENV):
        return
    if shutil.which("uv") and tried("uv", "venv", "--allow-existing", "--seed", "-p", python, VENV):
        return
    if is_debian_root():
        apt_install(["python3-venv"])
        if tried(python, "-m", "venv", VENV):
            return
    fail(
        "this Python cannot make virtual environments.\n"
        "  Debian/Ubuntu: sudo apt install python3-venv\n"
        "  without root:  python3 -m pip install --user --break-system-packages virtualenv"
    )


def pip_install(lock):
    environment = dict(os.environ, PIP_DISABLE_PIP_VERSION_CHECK="1", PIP_NO_INPUT="1", PIP_ROOT_USER_ACTION="ignore")
    run(BIN / "python", "-m", "pip", "install", "--quiet", "--require-hashes", "-r", lock, env=environment)


def install_python(dev):
    with alone():
        if not (BIN / "python").exists() or not (BIN / "pip").exists():
            make_venv()
        version = subprocess.check_output([str(BIN / "python"), "-V"]).decode()
        name = "requirements-dev.txt" if dev else "requirements.txt"
        value = digest(version, ROOT / name)
        with stamped(VENV / (".stamp-" + name), value) as needed:
            if needed:
                say("Python packages from " + name)
                pip_install(ROOT / name)


# --- Node -----------------------------------------------------------------------------------------------


def node_version(node):
    with contextlib.suppress(OSError, ValueError, subprocess.CalledProcessError):
        text = subprocess.check_output([str(node), "--version"], stderr=subprocess.DEVNULL).decode()
        return tuple(int(part) for part in text.strip().lstrip("v").split(".")[:2])
    return None


def good_node(node):
    version = node_version(node)
    return bool(version and version >= NODE_AT_LEAST and version[0] % 2 == 0)


def node_bin():
    """The folder of a Node that is new enough and of its npm, or None."""
    for node in (shutil.which("node"), str(BIN / "node")):
        if node and Path(node).exists() and good_node(node) and (Path(node).parent / "npm").exists():
            return Path(node).parent
    return None


def install_node():
    if node_bin() is None:
        if not (BIN / "pip").exists():
            install_python(dev=False)
        with alone():
            if node_bin() is None:
                say("Node from PyPI (none on this machine is {}.{} or a later even version)".format(*NODE_AT_LEAST))
                pip_install(ROOT / "deploy" / "requirements-node.txt")
    folder = node_bin()
    return folder or fail("Node was installed but does not run on this machine")


def npm(*arguments):
    folder = install_node()
    path = os.pathsep.join([str(folder), os.environ.get("PATH", "")])
    run(folder / "npm", *arguments, cwd=str(PWA), env=dict(os.environ, PATH=path))


def install_pwa():
    folder = install_node()
    with alone():
        value = digest(PWA / "package-lock.json", PWA / "package.json", node_version(folder / "node"))
        with stamped(PWA / "node_modules" / ".stamp-install", value) as needed:
            if needed:
                say("npm packages from pwa/package-lock.json")
                npm("ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error")


def build_pwa():
    install_pwa()
    inputs = [PWA / name for name in BUILD_INPUTS] + [ROOT / name for name in BUILD_INPUTS_OUTSIDE]
    stamp = PWA / "node_modules" / ".stamp-build"
    with alone():
        if not (PWA / "dist" / "index.html").exists():
            stamp.unlink(missing_ok=True)
        with stamped(stamp, digest(*inputs)) as needed:
            if needed:
                say("building the PWA")
                npm("run", "--silent", "build")


# --- What the tests need of the machine -----------------------------------------------------------------


def is_debian_root():
    return hasattr(os, "geteuid") and os.geteuid() == 0 and shutil.which("apt-get") is not None


def apt_install(packages):
    environment = dict(os.environ, DEBIAN_FRONTEND="noninteractive")
    say("apt-get install " + " ".join(packages))
    options = ["-qq", "-o", "Acquire::Retries=3", "-o", "Dpkg::Use-Pty=0"]
    with Path(os.devnull).open("w") as silence:
        run("apt-get", *options, "update", env=environment, stdout=silence)
        run("apt-get", *options, "install", "-y", "--no-install-recommends", *packages, env=environment, stdout=silence)


def is_there(signs):
    return any(glob.glob(sign) if "/" in sign else shutil.which(sign) for sign in signs)


def install_system():
    missing = [package for package, signs in DEBIAN.items() if not is_there(signs)]
    if missing and is_debian_root():
        apt_install(missing)
        missing = [package for package, signs in DEBIAN.items() if not is_there(signs)]
    if missing:
        text = "not on this machine: {}; tests that need them are skipped".format(", ".join(missing))
        if os.environ.get("CI") == "true":
            fail(text.split(";")[0])
        say(text)


def main(arguments):
    what, rest = (arguments or ["help"])[0], arguments[1:]
    if what == "npm":
        install_pwa()
        return npm(*rest)
    if what == "node-bin":
        return print(install_node())
    steps = {
        "python": lambda: install_python(dev="--dev" in rest),
        "node": install_node,
        "pwa": install_pwa,
        "build": build_pwa,
        "system": install_system,
    }
    return steps.get(what, lambda: sys.exit(__doc__))()


if __name__ == "__main__":
    main(sys.argv[1:])
