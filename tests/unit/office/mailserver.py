"""A real SMTP server on loopback with TLS and passwords, and ways in which it misbehaves."""

import asyncio
import os
import shutil
import signal
import ssl
import subprocess
import threading
from email import message_from_bytes
from email.policy import default

import pytest
from aiosmtpd.smtp import SMTP, AuthResult

USER, PASSWORD = "centre", "secret-1"


class Post:
    """What arrived: (recipients of the envelope, message). Hooks decide what goes wrong."""

    def __init__(self):
        self.accepted, self.refuse, self.drop_at, self.kill_at, self.victim = [], set(), set(), 0, 0
        self.seen = 0

    async def handle_RCPT(self, server, session, envelope, address, options):
        if address in self.refuse:
            return "550 5.1.1 no such user"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        self.seen += 1
        if self.seen in self.drop_at:
            server.transport.abort()
            return "421 gone"
        self.accepted.append((list(envelope.rcpt_tos), message_from_bytes(envelope.content, policy=default)))
        if self.seen == self.kill_at:
            os.kill(self.victim, signal.SIGKILL)
            await asyncio.sleep(0.2)
        return "250 OK"

    @property
    def schools(self):
        return [message["To"] for _, message in self.accepted]


def certificate(folder):
    """A key and a self-signed certificate for localhost; the certificate is its own authority."""
    if not shutil.which("openssl") and not os.environ.get("CI"):
        pytest.skip("no openssl on this machine")
    key, cert = folder / "key.pem", folder / "cert.pem"
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost"]
    command += ["-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1", "-keyout", key, "-out", cert]
    subprocess.run(command, check=True, capture_output=True)
    return key, cert


def _let_in(server, session, envelope, mechanism, data):
    return AuthResult(success=(data.login, data.password) == (USER.encode(), PASSWORD.encode()), handled=False)


class Running:
    """The server in a thread of its own; ``port`` is free on 127.0.0.1."""

    def __init__(self, post, key, cert):
        self.context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        self.context.load_cert_chain(cert, key)
        self.post, self.loop, self.ready = post, asyncio.new_event_loop(), threading.Event()
        self.thread = threading.Thread(target=self._run, daemon=True)

    def _run(self):
        asyncio.set_event_loop(self.loop)
        make = self.loop.create_server(self._protocol, "127.0.0.1", 0)
        self.server = self.loop.run_until_complete(make)
        self.port = self.server.sockets[0].getsockname()[1]
        self.ready.set()
        self.loop.run_forever()

    def _protocol(self):
        return SMTP(
            self.post, tls_context=self.context, require_starttls=True, auth_required=True, authenticator=_let_in,
            hostname="localhost", loop=self.loop,
        )  # fmt: skip

    def __enter__(self):
        self.thread.start()
        assert self.ready.wait(10)
        return self

    def __exit__(self, *_):
        self.loop.call_soon_threadsafe(self.server.close)
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join(10)

    def environment(self, cert):
        names = {"HOST": "localhost", "PORT": str(self.port), "TLS": "starttls", "USER": USER, "PASSWORD": PASSWORD}
        names |= {"FROM": "centre@mail.test", "CA": str(cert)}
        return {f"ORIENTIR_SMTP_{name}": value for name, value in names.items()}
