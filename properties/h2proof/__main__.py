"""`python -m h2proof` is the command `h2proof`."""

import sys

from h2proof.properties.command import main

if __name__ == "__main__":
    sys.exit(main())
