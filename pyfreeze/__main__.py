"""`python -m pyfreeze`."""

from pyfreeze.cli import main

if __name__ == "__main__":
    main()
