"""``python -m layerdoctor`` and the command ``layerdoctor``."""

from layerdoctor.cli.program import main

if __name__ == "__main__":
    main()
