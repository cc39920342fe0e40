"""A mail server for tests: prints its port, then each mail as a line of JSON.

usage: smtp.py CERTIFICATE KEY   offers STARTTLS and then asks for topmast's password
       smtp.py                   neither
"""

import asyncio
import json
import ssl
import sys

from aiosmtpd.smtp import SMTP, AuthResult


class Handler:
    async def handle_RCPT(self, server, session, envelope, address, options):
        if address.startswith("gone@"):
            return "550 5.1.1 no such mailbox"
        if address.startswith("later@"):
            return "451 4.7.1 greylisted, come again"
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 ok"

    async def handle_DATA(self, server, session, envelope):
        text = envelope.content.decode("utf-8")
        mail = {
            "from": envelope.mail_from,
            "to": envelope.rcpt_tos,
            "hello": session.host_name,
            "tls": session.ssl is not None,
            "text": text,
        }
        print(json.dumps(mail), flush=True)
        if "refuse this" in text:
            return "554 5.7.1 looks like spam"
        return "250 2.0.0 queued as 4711"


def authenticate(server, session, envelope, mechanism, data):
    right = data.login == b"topmast" and data.password == b"hush"
    return AuthResult(success=right, handled=False)


async def main():
    arguments = {}
    if len(sys.argv) > 1:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(sys.argv[1], sys.argv[2])
        arguments = {
            "tls_context": context,
            "require_starttls": True,
            "auth_required": True,
            "authenticator": authenticate,
        }
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: SMTP(Handler(), **arguments), "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


asyncio.run(main())
