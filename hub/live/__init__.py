"""Live speech from the desk: a microphone in the browser, the horns of the villages."""
