"""Products from files: read, check, apply; one engine for the command, the screen and the demo.

`reading` turns bytes into rows, `checking` rows into products, `applying` writes one
product and its page, `operations` runs a whole file and can go on where it stopped.
"""
