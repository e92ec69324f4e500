"""The loudspeaker: script, voice, programme, queue, mixer, sinks and amplifier."""
