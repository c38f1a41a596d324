"""A register of members that medlem can ask and tell: the whole contract of docs/register.md, for you to begin with.

    REGISTER_TOKEN=… REGISTER_SIGNING_SECRET=… python examples/register_server.py 8070

It keeps its members in memory, where you have a database. Put it behind TLS.
"""

import base64
import hashlib
import hmac
import json
import os
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

MEMBERS, HEARD = {}, set()  # by our id; the keys of what was heard


class Register(BaseHTTPRequestHandler):
    """POST /lookup, /members and /changes."""

    token, secret = "", b""

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if not self.is_medlem(body):
            return self.answer(401, {})
        said = json.loads(body)
        if self.path == "/lookup":
            found = next((one for one in MEMBERS.values() if one["phone"] == said["phone"]), None)
            return self.answer(200, {"phone": said["phone"], "member": found})
        if self.headers["Idempotency-Key"] not in HEARD:
            HEARD.add(self.headers["Idempotency-Key"])
            self.hear(said["member"])
        return self.answer(200, {})

    def hear(self, member):
        for other in [one["id"] for one in MEMBERS.values() if one["phone"] == member["phone"]]:
            del MEMBERS[other]  # a number reaches one member
        MEMBERS.pop(member["id"], None)
        if member["left_at"] is None and member["phone"] is not None:
            kept = {"id": member["id"], "sub": member["sub"], "phone": member["phone"], "since": member["joined_at"]}
            MEMBERS[member["id"]] = kept | {"member_number": member["member_number"], **member["profile"]}

    def is_medlem(self, body):
        signed = f"{self.headers['webhook-id']}.{self.headers['webhook-timestamp']}.".encode() + body
        expected = "v1," + base64.b64encode(hmac.digest(self.secret, signed, hashlib.sha256)).decode()
        right = hmac.compare_digest(self.headers["webhook-signature"] or "", expected)
        return right and hmac.compare_digest(self.headers["Authorization"] or "", f"Bearer {self.token}")

    def answer(self, status, message):
        body = json.dumps(message).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


if __name__ == "__main__":
    Register.token, Register.secret = os.environ["REGISTER_TOKEN"], os.environ["REGISTER_SIGNING_SECRET"].encode()
    ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Register).serve_forever()
