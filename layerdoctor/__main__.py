"""``python -m layerdoctor`` and the command ``layerdoctor``."""

from layerdoctor.cli.commands import main

if __name__ == "__main__":
    main()
