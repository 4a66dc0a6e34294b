#!/bin/sh
# Start the whole product on this machine: migrations, the demo company on first start, the server, and a worker
# when REDIS_URL is set. Called by `make run`; everything it starts, it stops.
set -eu
cd "$(dirname "$0")/.."
PY="${VENV:-.venv}/bin/python"

PORT="${PORT:-8000}"
HOST="${HOST:-127.0.0.1}"
case "$HOST" in 0.0.0.0 | "::") ASK=localhost ;; *) ASK="$HOST" ;; esac
DATA_DIR="${DATA_DIR:-data}"
mkdir -p "$DATA_DIR"
DATA_DIR="$(cd "$DATA_DIR" && pwd)"
export PORT HOST DATA_DIR

# Asked first, or somebody else's server would be taken for ours below.
"$PY" - "$HOST" "$PORT" <<'END' || exit 1
import socket, sys
probe = socket.socket(socket.AF_INET6 if ":" in sys.argv[1] else socket.AF_INET)
probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
try:
    probe.bind((sys.argv[1], int(sys.argv[2])))
except OSError as problem:
    sys.exit(f"port {sys.argv[2]} cannot be used ({problem.strerror}); choose another: PORT=8080 make run")
END

flask() { "$PY" -m flask --app wsgi "$@"; }

flask db upgrade
flask demo-load --if-empty

server="" worker=""
finish() {
  trap - INT TERM EXIT
  for pid in $server $worker; do kill -TERM "$pid" 2>/dev/null || true; done
  for pid in $server $worker; do wait "$pid" 2>/dev/null || true; done
}
trap 'finish; exit 0' INT TERM
trap finish EXIT

start_worker() {
  "$PY" -m flask --app wsgi worker &
  worker=$!
}
if [ -n "${REDIS_URL:-}" ]; then start_worker; fi
"$PY" -m gunicorn --config deploy/gunicorn.conf.py wsgi:app &
server=$!

# The address is printed when somebody answers there, not before; a server that dies says why by itself.
until "$PY" -c "import socket, sys; socket.create_connection((sys.argv[1], int(sys.argv[2])), 1)" "$ASK" "$PORT" 2>/dev/null; do
  kill -0 "$server" 2>/dev/null || exit 1
  sleep 0.2
done
flask welcome

# A worker that died is started again; without one, photos would stay unverified until somebody notices.
while kill -0 "$server" 2>/dev/null; do
  if [ -n "$worker" ] && ! kill -0 "$worker" 2>/dev/null; then
    echo "serve.sh: the worker has ended and is started again" >&2
    start_worker
  fi
  sleep 2 &
  wait $!
done
wait "$server"
