"""The floor: the simplest Flask routes that do what the product's doors cannot avoid doing.

No sign-in, no permission, no merge, no feed: bytes in, bytes out, with the same durability and the same compression.
Served by the same gunicorn settings, so what the product costs beyond it is the product's own.
"""

from __future__ import annotations

import base64
import hashlib
import os
import zlib
from pathlib import Path

import orjson
from flask import Flask, Response, request

from server.api.sync import COMPRESS_LEVEL
from tests.bench.plain import Plain

app = Flask(__name__)
plain = Plain(os.environ["FLOOR_DATABASE"])
parts = Path(os.environ["FLOOR_FILES"])


@app.post("/push")
def push() -> Response:
    batch = orjson.loads(request.get_data())
    device = batch["device"]
    plain.store([(act["id"], device, act["n"], orjson.dumps(act).decode()) for act in batch["acts"]])
    return Response(orjson.dumps({"last": batch["acts"][-1]["n"]}), mimetype="application/json")


@app.post("/idle")
def idle() -> Response:
    asked = orjson.loads(request.get_data())
    rev, epoch = plain.ask()
    answer = {"epoch": epoch, "rev": rev, "cookie": asked["cookie"], "rows": []}
    return Response(orjson.dumps(answer), mimetype="application/json")


@app.post("/rows")
def rows() -> Response:
    asked = orjson.loads(request.get_data())
    found = plain.page(asked["owner"], asked["after"], asked["limit"])
    body = ",".join(
        f'{{"noun":"{noun}","id":"{row_id}","scope":"{scope}","rev":{rev},"body":{body or "null"}}}'
        for _, noun, row_id, scope, rev, body in found
    )
    after = found[-1][0] if found else asked["after"]
    answer = f'{{"after":{after},"more":{"true" if len(found) == asked["limit"] else "false"},"rows":[{body}]}}'
    packer = zlib.compressobj(COMPRESS_LEVEL, zlib.DEFLATED, zlib.MAX_WBITS | 16)
    packed = packer.compress(answer.encode()) + packer.flush()
    return Response(packed, mimetype="application/json", headers={"Content-Encoding": "gzip"})


@app.patch("/files/<name>")
def append(name: str) -> Response:
    """A piece of a file: its checksum is compared, the last one is brought to the disk."""
    data = request.get_data()
    wanted = request.headers["Upload-Checksum"].removeprefix("sha256 ")
    if base64.b64encode(hashlib.sha256(data).digest()).decode() != wanted:
        return Response(status=460)
    with (parts / name).open("ab") as file:
        file.write(data)
        if request.headers.get("Last") == "1":
            file.flush()
            os.fsync(file.fileno())
    return Response(status=204)
