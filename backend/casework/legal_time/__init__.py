"""Legal time: announced calendars, the clocks of every case, times at which they stand still, extensions."""
