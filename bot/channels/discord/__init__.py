"""The Discord channel: an adapter of discord.py events to the desk's messages, and of its replies to Discord's.

    bot.py         the client: events in
    reading.py     Discord's messages and interactions → `Message`
    commands.py    slash commands; menus.py context menus; forms.py pop-up forms
    channel.py     `Reply` → what is sent, edited and done
    rendering.py   what a reply looks like within Discord's limits
    buttons.py     buttons that work after a restart
    threads.py     help threads: solved, reminded, closed
    missed.py      what was written while Lobby was away
    permissions.py what Lobby needs in a channel
    service.py     start and stop, with one clear line when it cannot
    health.py      what `lobby doctor` says

Nothing outside of this package imports discord.py.
"""
