"""The passwords of one run directory: made once, kept in secrets.json (0600), so that a second start finds its data again."""

import json
from pathlib import Path

from common import Failure, new_secret, write_private_json


class Secrets:
    """name → password. A name asked for the first time gets 128 random bits and is written at once."""

    def __init__(self, path):
        self.path = Path(path)
        self.words = {}
        if self.path.exists():
            try:
                self.words = json.loads(self.path.read_text(encoding="utf-8"))
            except ValueError:
                raise Failure(f"{self.path} is damaged; the passwords in it are lost. Remove the run directory to start with an empty one") from None

    def get(self, name):
        if name not in self.words:
            self.words[name] = new_secret()
            write_private_json(self.path, self.words)
        return self.words[name]
