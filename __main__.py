"""``python -m parkloop``."""

from parkloop.analysis.cli import main

if __name__ == "__main__":
    main()
