"""Onbon BX-5K and BX-6K cards: text by character codes, drawn from the card's own fonts.

Source: the maker's "BX-5K/6K protocol, user version" 1.4 of 2021-02-28; section numbers in
this folder's docstrings are that document's.
"""
