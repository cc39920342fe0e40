"""A receiver of web hooks for tests: prints its port, then each request as a line of JSON.

usage: webhook.py SECRET FAILURES

It checks the signature as docs/guide/channels.md says, and answers so many messages that are no tests with 500.
"""

import hashlib
import hmac
import json
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

secret = sys.argv[1].encode()
failures = int(sys.argv[2])


def is_signed(header, body):
    sent, sum = (part.split("=")[1] for part in header.split(","))
    right = hmac.new(secret, sent.encode() + b"." + body, hashlib.sha256).hexdigest()
    return hmac.compare_digest(right, sum) and abs(time.time() - int(sent)) < 300


class Handler(BaseHTTPRequestHandler):
    def do_POST(self):
        global failures
        body = self.rfile.read(int(self.headers["Content-Length"]))
        told = json.loads(body)
        status = 204
        if failures > 0 and not told["test"]:
            failures -= 1
            status = 500
        request = {
            "signed": is_signed(self.headers["Topmast-Signature"], body),
            "key": self.headers["Idempotency-Key"],
            "status": status,
            "told": told,
        }
        print(json.dumps(request), flush=True)
        self.send_response(status)
        self.end_headers()

    def log_message(self, *_):
        pass


server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
print(server.server_port, flush=True)
server.serve_forever()
