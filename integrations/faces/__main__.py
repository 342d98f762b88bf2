"""``python -m integrations.faces``: one instance of the face service."""

if __name__ == "__main__":  # workers read this module too, and are spared the server's imports
    import sys

    from integrations.faces.serve import main

    sys.exit(main())
