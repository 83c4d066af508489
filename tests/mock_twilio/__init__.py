"""A Twilio of our own on loopback: its protocol, its traps, and a ledger that tells tests what really
happened.
"""

from tests.mock_twilio.ledger import Text
from tests.mock_twilio.mock import MockTwilio
from tests.mock_twilio.phone import Phone
from tests.mock_twilio.signing import sign

__all__ = ["MockTwilio", "Phone", "Text", "sign"]
