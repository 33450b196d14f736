"""`python -m runbook_tui`."""

from runbook_tui.cli import main

if __name__ == "__main__":
    main()
