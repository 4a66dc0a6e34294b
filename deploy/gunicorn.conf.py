"""gunicorn's settings, for `make run` and for production. Numbers can be changed by environment."""

import contextlib
import gc
import os
import resource

# localhost unless told: the demo's passwords are known to all. Phones need TLS in front anyway (nginx.conf).
bind = f"{os.environ.get('HOST', '127.0.0.1')}:{os.environ.get('PORT', '8000')}"

# One process keeps SQLite's single writer and the live stream's listeners in one place; with PostgreSQL and Redis
# any number may run. Threads are many because a slow upload holds one; a live stream holds none (server/live/hub.py).
worker_class = "gthread"
workers = int(os.environ.get("WEB_WORKERS", "1"))
threads = int(os.environ.get("WEB_THREADS", "64"))

timeout = 120  # s without a sign of life from a worker; a gthread worker gives one while requests run
graceful_timeout = 3  # s for requests under way when stopping: pushes are short, uploads resume, streams reconnect
keepalive = 30  # s; longer than nginx keeps an idle upstream, so that nginx is the one that closes

max_requests = 0  # no recycling: a restart would cut uploads and streams for nothing
control_socket_disable = True  # else it makes a folder in the home of whoever runs it
accesslog = None
loglevel = os.environ.get("LOG_LEVEL", "warning")
forwarded_allow_ips = os.environ.get("FORWARDED_ALLOW_IPS", "127.0.0.1")

# The collector looks through all that lives whenever 700 objects more were made than freed: several times a push, and
# in a process that holds a hundred thousand from its start. What the start made stays, so it is looked at no more, and
# a request's own rings (an ORM makes some) wait for a few pushes. A tenth of the CPU of a push (docs/performance.md).
OBJECTS_BETWEEN_COLLECTIONS = 50_000


def post_worker_init(worker):
    gc.collect()
    gc.freeze()
    gc.set_threshold(OBJECTS_BETWEEN_COLLECTIONS, 20, 20)


# Each open browser holds a descriptor for its stream. The soft limit of many systems is 1,024, the hard one larger.
OPEN_FILES = 65_536
_soft, _hard = resource.getrlimit(resource.RLIMIT_NOFILE)
if _soft != resource.RLIM_INFINITY and _soft < OPEN_FILES:
    _wanted = OPEN_FILES if _hard == resource.RLIM_INFINITY else min(OPEN_FILES, _hard)
    with contextlib.suppress(OSError, ValueError):  # some systems allow less than their hard limit says
        resource.setrlimit(resource.RLIMIT_NOFILE, (max(_soft, _wanted), _hard))
