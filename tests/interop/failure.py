"""The two ways in which a case ends other than well."""


class Failure(Exception):
    """What the case is about did not hold; the text says what was awaited or seen."""


class NotRun(Exception):
    """The machine lacks what the case needs, so it says nothing about starling."""
