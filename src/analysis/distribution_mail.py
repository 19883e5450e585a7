"""Send parcels over SMTP: one message per school, not too fast, written down before and after."""

from __future__ import annotations

import os
import smtplib
import ssl
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from mimetypes import guess_type

from analysis.distribution import Parcel, is_address, same_address
from analysis.distribution_journal import Journal
from analysis.letters import one_line
from analysis.workspace import RequestError

PREFIX = "ORIENTIR_SMTP_"
SECONDS = 60.0  # for the server's answer
TRIES = 2  # of one message when the connection breaks
_LOCAL = ("localhost", "127.0.0.1", "::1")
_PORTS = {"starttls": 587, "tls": 465, "none": 25}


@dataclass(frozen=True)
class Server:
    """Where and as whom to send. The password is kept out of every text."""

    host: str
    port: int
    tls: str  # starttls, tls, or none (only on this machine)
    sender: str
    user: str = ""
    password: str = field(default="", repr=False)
    authority: str = ""  # a file with the certificate authority of the server, when it is the institution's own


def server_from(environment: Mapping[str, str]) -> Server:
    """The server from ORIENTIR_SMTP_HOST, _PORT, _TLS, _USER, _PASSWORD, _FROM, _CA. Raises RequestError."""
    values = {key.removeprefix(PREFIX): text for key, text in environment.items() if key.startswith(PREFIX)}
    host, tls, user = values.get("HOST", ""), values.get("TLS", "starttls").lower(), values.get("USER", "")
    if not host:
        raise RequestError(
            f"Не задан почтовый сервер: укажите переменные окружения {PREFIX}HOST, _USER, _PASSWORD (docs/guide.md)."
        )
    if tls not in _PORTS:
        raise RequestError(f"{PREFIX}TLS=«{tls}»: допустимы starttls, tls, none.")
    if tls == "none" and host not in _LOCAL:
        raise RequestError(
            f"{PREFIX}TLS=none допустимо только для сервера на этом компьютере: иначе письма видны всем."
        )
    port = values.get("PORT", "") or str(_PORTS[tls])
    if not port.isdigit() or not 0 < int(port) < 65536:
        raise RequestError(f"{PREFIX}PORT=«{port}»: нужен номер порта.")
    sender = values.get("FROM", "") or user
    if not is_address(sender):
        raise RequestError(f"{PREFIX}FROM=«{sender}»: нужен адрес, от которого идут письма.")
    password = values.get("PASSWORD", "") or _from_keyring(user)
    if user and not password:
        raise RequestError(
            f"Нет пароля для {user}: задайте {PREFIX}PASSWORD или сохраните его в системе: "
            f"keyring set orientir {user} (docs/guide.md)."
        )
    if not (user + password).isascii():
        raise RequestError("Имя или пароль почты содержат не латинские буквы: Python такие серверу не передаёт.")
    return Server(host, int(port), tls, sender, user, password, values.get("CA", ""))


def _from_keyring(user: str) -> str:
    """The system's store of passwords, where the keyring package is installed and works."""
    if not user:
        return ""
    try:
        import keyring  # type: ignore[import-not-found]
    except ImportError:
        return ""
    try:
        return keyring.get_password("orientir", user) or ""
    except keyring.errors.KeyringError:
        return ""


def message_of(parcel: Parcel, sender: str) -> EmailMessage:
    """The parcel as a message to its school alone. Equal parcels to one address have equal Message-IDs."""
    message = EmailMessage(policy=SMTP)
    message["From"], message["To"] = sender, parcel.address
    message["Subject"] = one_line(parcel.letter.subject)
    message["Date"] = format_datetime(datetime.now(UTC))
    domain = sender.rpartition("@")[2]
    message["Message-ID"] = f"<{parcel.digest[:32]}.{_word(parcel.topic)}.{_word(parcel.school_id)}@{domain}>"
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(parcel.letter.text)
    for name in sorted(parcel.attachments):
        kind = (guess_type(name)[0] or "application/octet-stream").split("/")
        message.add_attachment(parcel.attachments[name], maintype=kind[0], subtype=kind[1], filename=name)
    check_recipient(message, parcel)
    return message


def _word(text: str) -> str:
    return text.encode("ascii", "xmlcharrefreplace").decode().translate(str.maketrans("", "", "&#; "))


def check_recipient(message: EmailMessage, parcel: Parcel) -> None:
    """A message has one recipient, its school's, and no second one in any header. Raises AssertionError otherwise."""
    named = [str(message[name]) for name in ("To", "Cc", "Bcc") if message[name] is not None]
    if named != [parcel.address] or not is_address(parcel.address) or parcel.problem:
        raise AssertionError(f"посылка школы {parcel.school_id} адресована не ей")


class Postman:
    """An open connection that is opened again when it breaks."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self._connection: smtplib.SMTP | None = None

    def deliver(self, message: EmailMessage, address: str) -> None:
        """Hand one message to the server. Raises SMTPException or OSError."""
        if self._connection is None:
            self._connection = self._open()
        self._connection.send_message(message, self.server.sender, [address])

    def _open(self) -> smtplib.SMTP:
        server = self.server
        context = ssl.create_default_context(cafile=server.authority or None)
        if server.tls == "tls":
            connection: smtplib.SMTP = smtplib.SMTP_SSL(server.host, server.port, timeout=SECONDS, context=context)
        else:
            connection = smtplib.SMTP(server.host, server.port, timeout=SECONDS)
        try:
            if server.tls == "starttls":
                connection.starttls(context=context)
            if server.user:
                connection.login(server.user, server.password)
        except BaseException:
            connection.close()
            raise
        return connection

    def close(self) -> None:
        """Say goodbye where there is someone to hear it."""
        if self._connection is not None:
            try:
                self._connection.quit()
            except (smtplib.SMTPException, OSError):
                self._connection.close()
            self._connection = None

    def drop(self) -> None:
        """Forget a connection that broke or is in doubt."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None


def send_parcels(
    parcels: Sequence[Parcel],
    addresses: Mapping[str, str],
    server: Server,
    journal: Journal,
    per_minute: int,
    progress: Callable[[str, int, int], None],
    pause: Callable[[float], None] = time.sleep,
) -> dict[str, str]:
    """Send parcels one after another; returns what was not sent: school_id → why.

    ``addresses`` are those of schools.csv by school_id: a parcel addressed elsewhere is never sent. When the server
    cannot be reached or does not let us in, the rest is not tried.
    """
    postman, failures = Postman(server), {}
    broken = ""
    for number, parcel in enumerate(parcels):
        if not same_address(addresses.get(parcel.school_id, ""), parcel.address):
            raise AssertionError(f"посылка школы {parcel.school_id} адресована не ей")
        if number and not broken:
            pause(60.0 / per_minute)
        reason, broken = (broken, broken) if broken else _send_one(parcel, postman, journal)
        if reason:
            failures[parcel.school_id] = reason
        progress("Отправка", number + 1, len(parcels))
    postman.close()
    return failures


def _send_one(parcel: Parcel, postman: Postman, journal: Journal) -> tuple[str, str]:
    """(why this message was not sent, why no other would be); both empty when it was."""
    message = message_of(parcel, postman.server.sender)
    lasting = ""
    for _ in range(TRIES):
        _note(journal, "begun", parcel)
        try:
            postman.deliver(message, parcel.address)
        except (smtplib.SMTPRecipientsRefused, smtplib.SMTPSenderRefused, smtplib.SMTPDataError) as error:
            postman.drop()
            reason = f"сервер отказал: {_answer(error)}"
            _note(journal, "refused", parcel, reason)
            return reason, ""
        except smtplib.SMTPAuthenticationError as error:
            lasting = f"сервер не принял имя или пароль: {_answer(error)}"
            break
        except (smtplib.SMTPException, OSError) as error:
            postman.drop()
            lasting = f"нет связи с сервером {postman.server.host}: {one_line(str(error)) or type(error).__name__}"
        else:
            _note(journal, "sent", parcel)
            return "", ""
    _note(journal, "failed", parcel, lasting)
    return lasting, lasting


def _answer(error: smtplib.SMTPException) -> str:
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        code, text = next(iter(error.recipients.values()))
    else:
        code, text = error.smtp_code, error.smtp_error  # type: ignore[attr-defined]
    words = text.decode("utf-8", "replace") if isinstance(text, bytes) else str(text)
    return one_line(f"{code} {words}")[:200]


def _note(journal: Journal, event: str, parcel: Parcel, reason: str = "") -> None:
    row = {"event": event, "topic": parcel.topic, "school_id": parcel.school_id, "address": parcel.address}
    row |= {"digest": parcel.digest, "at": datetime.now(UTC).isoformat(timespec="seconds")}
    journal.add(**row, **({"reason": reason} if reason else {}))


def server_of_environment() -> Server:
    """The server of this process's environment. Raises RequestError."""
    return server_from(os.environ)
