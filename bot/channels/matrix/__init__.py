"""The Matrix channel: an adapter of matrix-nio's events to the desk's messages, and of its replies to Matrix events.

    bot.py         what goes on: sync, hand over, start and stop
    client.py      one homeserver: every response checked, back-off, encryption
    cursor.py      up to where everything is answered; survives a restart
    reading.py     Matrix' events → `Message`; formatted.py reads HTML, files.py what is attached
    channel.py     `Reply` → what is sent, edited and done
    rendering.py   what a reply looks like, within an event's size
    threads.py     what was said in a thread, to learn from
    signs.py       reactions as buttons, also after a restart
    rooms.py       invitations, modes, who is who
    missed.py      what did not fit into one sync after a long absence
    service.py     start and stop, with one clear line when it cannot
    health.py      what `lobby doctor` says

Nothing outside of this package imports matrix-nio.
"""
