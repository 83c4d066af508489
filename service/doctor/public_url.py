"""The public URL: whether it leads to us from here, and whether what a provider signs for it is believed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Protocol, runtime_checkable
from urllib.parse import urlencode, urlsplit
from uuid import uuid4

from notifiers.base import Notifier, providers_of
from notifiers.plain_http import NoAnswer, request
from notifiers.registry import is_loopback, outside
from service.doctor.findings import Finding, look, ok, wrong
from service.settings import Settings

URL, SIGNATURE = "public URL", "signature"
SECONDS = 10.0
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
NOT_BEHIND_IT = (502, 504)


@runtime_checkable
class SignsRequests(Protocol):
    """A provider's notifier that can sign as the provider does."""

    def sign_request(self, url: str, params: Mapping[str, str]) -> dict[str, str]: ...


def look_at_public_url(settings: Settings, active: Mapping[str, Notifier]) -> Iterator[Finding]:
    """GET /readyz by the public URL; then, when it is us, two reports of a message that does not exist: one signed as
    the provider signs, which must be answered "unknown", and one unsigned, which must be refused. Neither is kept."""
    url = settings.public_url
    yield from _look_at_its_form(url, active, trusts_a_proxy=bool(settings.trusted_proxies))
    answer = request(f"{url}/readyz", SECONDS)
    if isinstance(answer, NoAnswer):
        if answer.reason in ("ConnectionRefusedError", "TimeoutError"):
            yield look(
                URL, f"Nobody answers at {url} ({answer.reason}).", "Is Amanba running, and does the proxy lead to it?"
            )
        else:
            do = "See whether the name leads here and the certificate is good."
            yield wrong(URL, f"{url} cannot be called ({answer.reason}).", do)
        return
    if 300 <= answer.status < 400:
        do = "Set AMANBA_PUBLIC_URL to where it leads: a provider's signature counts for one address only."
        yield wrong(URL, f"{url} leads elsewhere (HTTP {answer.status}).", do)
    elif answer.status in NOT_BEHIND_IT:
        yield look(URL, f"A proxy answers at {url}, and nobody behind it (HTTP {answer.status}).", "Is Amanba running?")
    elif answer.status == 503:
        do = "See /readyz there: it says why; the log says more."
        yield wrong(URL, f"{url} answers that it is not ready (HTTP 503).", do)
    elif answer.status != 200 or answer.body.strip() != b"ok":
        yield wrong(URL, f"Something else answers at {url} (HTTP {answer.status}).", "Lead that address to amanba web.")
    else:
        yield ok(URL, f"{url} leads to Amanba, and it is ready.")
        for notifier in providers_of(active.values()):
            if isinstance(notifier, SignsRequests):
                yield _look_at_signature(url, notifier)


def _look_at_its_form(url: str, active: Mapping[str, Notifier], *, trusts_a_proxy: bool) -> Iterator[Finding]:
    if is_loopback(url):
        if outside(active):
            do = "Set it to https://…, as people and providers call it."
            yield wrong(URL, f"AMANBA_PUBLIC_URL is {url}: links in messages would lead to the reader's own phone.", do)
    elif urlsplit(url).scheme != "https":
        do = "Put a TLS proxy before it, and write https://."
        yield wrong(URL, f"{url} is not encrypted: anybody on the way can read links that open a person's pages.", do)
    elif not trusts_a_proxy:
        do = "Set it to the address of the proxy that speaks TLS for us."
        yield look(URL, "AMANBA_TRUSTED_PROXIES is not set: codes cannot be limited for each visitor alone.", do)


def _look_at_signature(public_url: str, notifier: SignsRequests) -> Finding:
    url = f"{public_url}/hooks/twilio/status/{uuid4()}"
    form = {"MessageSid": "SM" + "0" * 32, "MessageStatus": "delivered"}
    body = urlencode(form).encode()
    signed = request(url, SECONDS, body=body, headers={**FORM, **notifier.sign_request(url, form)})
    unsigned = request(url, SECONDS, body=body, headers=FORM)
    if isinstance(signed, NoAnswer) or isinstance(unsigned, NoAnswer):
        return wrong(SIGNATURE, "The hook for the provider's reports does not answer.", "Lead /hooks/ to amanba web.")
    match signed.status, unsigned.status:
        case 404, 403:
            return ok(SIGNATURE, "A report signed for the public URL is believed, and an unsigned one is refused.")
        case 403, 403:
            do = "Give the web the AMANBA_PUBLIC_URL and the token that are set here; let the proxy change no path."
            return wrong(SIGNATURE, "A report that is signed as the provider signs is refused.", do)
        case both:
            said = f"The hook for the provider's reports answers strangely (HTTP {both[0]} signed, {both[1]} unsigned)."
            return wrong(SIGNATURE, said, "Lead /hooks/ to amanba web, unchanged, and set the provider up there too.")
