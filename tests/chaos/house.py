"""The packaged product as `make run` starts it, and what can be done to it."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from tests.services import Postgres, Redis, as_postgres, find_binary, free_port, start_postgres, start_redis

ROOT = Path(__file__).resolve().parent.parent.parent
DISK_MB = 768  # of the small disk
START_SECONDS = 240  # on a machine that does other things as well
FOREIGN = ("DATABASE_URL", "REDIS_URL", "DATA_DIR", "PORT", "HOST", "WEB_WORKERS", "WEB_THREADS", "SECRET_KEY", "VENV")


class House:
    """Server, worker, database, Redis and a disk that can be filled."""

    def __init__(self, folder: Path, db: str, stack: ExitStack) -> None:
        self.folder, self.db, self.stack = folder, db, stack
        self.data, self.backups, self.log = folder / "data", folder / "backups", folder / "server.log"
        self.data.mkdir()
        self.small_disk = stack.enter_context(_small_disk(self.data))
        self.port = free_port()
        self.process: subprocess.Popen[bytes] | None = None
        self.postgres: Postgres | None = None
        self.redis: Redis | None = None
        self.redis_life = ExitStack()
        stack.callback(self.redis_life.close)
        self.url = f"sqlite:///{self.data / 'service.db'}"
        settings = {"HOST": "127.0.0.1", "PORT": str(self.port), "DATA_DIR": str(self.data), "VENV": sys.prefix}
        settings |= {"TASK_LEASE_SECONDS": "5"}
        if db == "postgresql":
            self.postgres = stack.enter_context(start_postgres(durable=True))
            self.url = self.postgres.create_database("chaos")
            self.redis = self.redis_life.enter_context(start_redis())
            settings |= {"WEB_WORKERS": "2", "REDIS_URL": self.redis.url()}
        settings["DATABASE_URL"] = self.url
        self.environment = {n: v for n, v in os.environ.items() if n not in FOREIGN} | settings
        stack.callback(self.kill)

    # --- The server ---------------------------------------------------------------------------------------

    def start(self) -> None:
        """As `make run` does, and waits until it says it is well."""
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                ["sh", "deploy/serve.sh"], cwd=ROOT, env=self.environment, stdin=subprocess.DEVNULL, stdout=log,
                stderr=log, start_new_session=True,
            )  # fmt: skip
        deadline = time.monotonic() + START_SECONDS
        while not self.is_well():
            if time.monotonic() > deadline or self.process.poll() is not None:
                raise RuntimeError(f"the server did not start:\n{self.log.read_text(errors='replace')[-3000:]}")
            time.sleep(0.1)

    def is_well(self) -> bool:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/health", timeout=5) as answer:
                return bool(answer.status == 200)
        except OSError:
            return False

    def processes(self) -> dict[int, str]:
        """Everything the start began, by process id: also what has lost its parent."""
        if self.process is None:
            return {}
        listing = subprocess.run(["ps", "-A", "-o", "pid=,args="], capture_output=True, text=True, check=True).stdout
        found = {}
        for line in listing.splitlines():
            pid, _, command = line.strip().partition(" ")
            with suppress(ProcessLookupError, PermissionError):
                if os.getsid(int(pid)) == self.process.pid:
                    found[int(pid)] = command
        return found

    def web(self) -> list[int]:
        """gunicorn's workers: the first of its processes is their parent."""
        return sorted(pid for pid, command in self.processes().items() if "gunicorn" in command)[1:]

    def kill(self) -> None:
        """SIGKILL to all of it at once."""
        while found := self.processes():
            for pid in found:
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            if self.process is not None:
                self.process.wait()
            time.sleep(0.05)

    def stop(self) -> None:
        """As Ctrl-C does."""
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()
            with suppress(subprocess.TimeoutExpired):
                self.process.wait(30)
        self.kill()

    def flask(self, *command: str) -> subprocess.CompletedProcess[str]:
        """A command of the product, in its environment."""
        whole = [sys.executable, "-m", "flask", "--app", "wsgi", *command]
        return subprocess.run(whole, cwd=ROOT, env=self.environment, capture_output=True, text=True, check=False)

    # --- Around it ----------------------------------------------------------------------------------------

    def restart_postgres(self, how: signal.Signals) -> None:
        """Ends the database, gently or not, and starts it again on the same files and port."""
        assert self.postgres is not None
        pid_file = self.postgres.folder / "data" / "postmaster.pid"
        pid = int(pid_file.read_text().split()[0])
        os.kill(pid, how)
        while _is_alive(pid):
            time.sleep(0.05)
        time.sleep(0.5)
        server = find_binary("postgres")
        assert server is not None
        for _ in range(100):  # a killed one's children may hold the memory a moment longer
            with (self.folder / "postgres.log").open("ab") as log:
                process = subprocess.Popen(
                    as_postgres([server, "-D", str(self.postgres.folder / "data")]), cwd=self.postgres.folder,
                    stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
                )  # fmt: skip
            for _ in range(100):
                time.sleep(0.05)
                if process.poll() is not None:
                    break
                with suppress(Exception):
                    self.postgres.execute("SELECT 1")
                    self.stack.callback(_end, process, pid_file)
                    return
        raise RuntimeError("PostgreSQL did not come back")

    def restart_redis(self, how: signal.Signals) -> None:
        """Ends Redis, which forgets everything, and starts an empty one on its port."""
        assert self.redis is not None
        os.kill(self.redis.pid, how)
        time.sleep(1)
        self.redis_life.close()
        self.redis = self.redis_life.enter_context(start_redis(self.redis.port))

    def fill_disk(self) -> None:
        """Leaves no byte free."""
        with (self.data / "filler").open("wb", buffering=0) as file, suppress(OSError):
            for size in (1024 * 1024, 4096, 512):
                with suppress(OSError):
                    while file.write(bytes(size)) == size:
                        pass

    def free_disk(self) -> None:
        (self.data / "filler").unlink(missing_ok=True)


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    with suppress(OSError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    return True


def _end(process: subprocess.Popen[bytes], pid_file: Path) -> None:
    if process.poll() is not None:
        return
    with suppress(OSError, ValueError, IndexError):
        os.kill(int(pid_file.read_text().split()[0]), signal.SIGINT)
    with suppress(subprocess.TimeoutExpired):
        process.wait(15)


@contextmanager
def _small_disk(folder: Path) -> Iterator[bool]:
    """A disk of its own at `folder`, where root may mount one; else the machine's, which is never filled."""
    mount = shutil.which("mount")
    options = ["-t", "tmpfs", "-o", f"size={DISK_MB}m,mode=700", "tmpfs", str(folder)]
    mounted = bool(mount) and os.geteuid() == 0 and subprocess.run(
        [str(mount), *options], capture_output=True, check=False
    ).returncode == 0  # fmt: skip
    try:
        yield mounted
    finally:
        if mounted:
            subprocess.run(["umount", "-l", str(folder)], capture_output=True, check=False)
