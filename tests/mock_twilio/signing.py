"""Signs webhooks as Twilio does, written from its description and not with its library, which we test
with this.
"""

import base64
import hashlib
import hmac
from collections.abc import Mapping


def sign(token: str, url: str, form: Mapping[str, str], algorithm: str = "sha1") -> str:
    """Base64 of the HMAC over the URL followed by every key and value, sorted by key."""
    text = url + "".join(key + form[key] for key in sorted(form))
    return base64.b64encode(hmac.new(token.encode(), text.encode(), getattr(hashlib, algorithm)).digest()).decode()
