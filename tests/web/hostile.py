"""What people with bad intentions, bad keyboards or bad luck send in place of a field's value."""

RTL = "\u202eanmoT\u202c"
HOSTILE = {
    "too long": "a" * 4500,
    "a control character": "a\x07b",
    "a script": "<script>alert(1)</script>",
    "a right-to-left override": RTL,
    "an emoji": "\N{GRINNING FACE} \N{FAMILY}",
    "SQL": "'; drop table trips; --",
    "of another type": "[1, {}]",
    "a large number": "9" * 25,
}
