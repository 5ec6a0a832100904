"""Waiting with a deadline, and the one HTTP call the tooling makes."""

import time
import urllib.error
import urllib.request

# No proxy from the environment: everything asked for here listens on 127.0.0.1.
OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def until(condition, seconds, step_s=0.05):
    """Calls `condition` until it is true or `seconds` have passed; returns its last answer."""
    deadline = time.monotonic() + seconds
    while True:
        answer = condition()
        if answer or time.monotonic() >= deadline:
            return answer
        time.sleep(step_s)


def http_status(url, timeout_s=2.0):
    """(status, body text); (0, reason) when nothing answers."""
    try:
        with OPENER.open(url, timeout=timeout_s) as r:
            return r.status, r.read().decode("utf-8", "replace")
    except urllib.error.HTTPError as e:
        return e.code, e.read().decode("utf-8", "replace")
    except OSError as e:
        return 0, str(e)
