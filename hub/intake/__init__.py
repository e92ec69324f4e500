"""What may come in: Excel sheets, text files, notices as JSON, pictures. Bounded, then checked.

Everything that a person or another system hands in passes here before the privacy gate sees it.
Nothing is guessed silently: what cannot be read for sure is asked back with a sentence.
"""
