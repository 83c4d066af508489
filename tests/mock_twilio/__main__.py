"""`python -m tests.mock_twilio --port 4010 --app-url http://127.0.0.1:8000`: a Twilio to try the
service against.
"""

import argparse
import signal
import threading

from tests.mock_twilio import MockTwilio, Text


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.mock_twilio", description=__doc__)
    parser.add_argument("--port", type=int, default=4010)
    parser.add_argument("--app-url", default="http://127.0.0.1:8000", help="public URL of the service")
    parser.add_argument("--auto-deliver", action="store_true", help="report every text as delivered")
    chosen = parser.parse_args()
    over = threading.Event()
    for one in (signal.SIGINT, signal.SIGTERM):
        signal.signal(one, lambda *_: over.set())
    with MockTwilio(app_url=chosen.app_url, port=chosen.port) as twilio:

        def deliver(text: Text) -> None:
            threading.Thread(target=twilio.deliver, args=(text.sid,), daemon=True).start()

        if chosen.auto_deliver:
            twilio.on_accept = deliver
        for name, value in twilio.env().items():
            print(f"{name}={value}", flush=True)
        over.wait()


if __name__ == "__main__":
    main()
