"""The service in a process of its own: python tests/provider/serve.py --seconds 5 prints its address and runs until it is stopped."""

from __future__ import annotations

import argparse
import signal
import sys
from pathlib import Path

sys.path[:1] = [str(Path(__file__).parent.parent)]

from provider import Life, provider  # noqa: E402

if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=5.0)
    parser.add_argument("--up-to-seconds", type=float)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--validates", action="store_true", help="judge by OpenAI's document")
    args = parser.parse_args()
    with provider(Life(args.seconds, args.up_to_seconds), port=args.port, validates=args.validates) as running:
        print(running.base_url, flush=True)
        signal.sigwait({signal.SIGINT, signal.SIGTERM})
