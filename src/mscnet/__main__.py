"""``python -m mscnet`` is the command ``mscnet``."""

import sys

from mscnet.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
