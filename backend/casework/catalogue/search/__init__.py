"""Finding an item the way people ask: by name, plain words, pinyin, initials, with typos, by life event."""
