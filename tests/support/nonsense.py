"""Texts that programs stumble over: of ours, short, one of each kind."""

NONSENSE = [
    "\0",
    "mug\0",
    "\ud800",  # half of a pair
    "\x1b[31m\x07\r\n",
    "\ufeff\u200b\u202e",
    "é" * 300,
    "x" * 2000,
    "9" * 40,
    "-1",
    "1e309",
    "NaN",
    "٣",  # a digit, elsewhere
    "½",
    "../../etc/passwd",
    "..\\..\\boot.ini",
    "' OR 1=1 --",
    '"; DROP TABLE cart; --',
    "<script>alert(1)</script>",
    "{{ 7|add:7 }}{% csrf_token %}",
    "%s%d%n",
    "${jndi:ldap://x}",
    "=cmd|'/c calc'!A1",
    "javascript:alert(1)",
    "//attacker.example/",
    "http://[::1",
    "\\",
    "Z̷͖͐a̶l̴g̵o̸",
    "👩🏽‍🚀",
    "None",
    "[]",
]
