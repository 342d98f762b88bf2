"""电子监察: rules that watch every case, lights, boards whose counts are kept, and orders that want an answer."""
