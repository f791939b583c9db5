"""What the answers of a profile are called, and how they are asked for."""

from dataclasses import dataclass

from upheld.platform.i18n import mark


@dataclass(frozen=True)
class Question:
    """One answer of a profile: how it is asked for, and how a browser can help."""

    label: str
    ask: str
    hint: str
    kind: str = "text"
    autocomplete: str = "off"
    width: str = ""


QUESTIONS = {
    "full_name": Question(
        mark("Name"),
        mark("What is your name?"),
        mark("As you want employers to address you."),
        autocomplete="name",
    ),
    "headline": Question(
        mark("Headline"),
        mark("What do you do, in one line?"),
        mark("Such as “Nurse, intensive care”."),
        autocomplete="organization-title",
    ),
    "email": Question(
        mark("E-mail address"),
        mark("Where can employers write to you?"),
        mark("It may differ from the address you sign in with."),
        kind="email",
        autocomplete="email",
    ),
    "phone": Question(
        mark("Phone number"),
        mark("Where can employers call you?"),
        mark("With the country in front, such as +44 20 7946 0958."),
        kind="tel",
        autocomplete="tel",
        width="short",
    ),
    "location": Question(
        mark("Place"),
        mark("Where do you live?"),
        mark("A city is enough."),
        autocomplete="address-level2",
    ),
    "summary": Question(
        mark("Summary"),
        mark("What have you done, and what do you look for?"),
        mark("A few sentences, up to 4,000 characters."),
        kind="text_area",
    ),
}
"""By the name of the field, in the order in which people read them."""

MESSAGES = {
    "full_name": mark("Shorten the name to 120 characters."),
    "headline": mark("Shorten the headline to 160 characters."),
    "email": mark("Enter an e-mail address like name@example.org, or leave it empty."),
    "phone": mark("Enter a phone number like +44 20 7946 0958, with nothing but digits and spaces."),
    "location": mark("Shorten the place to 120 characters."),
    "summary": mark("Shorten the summary to 4,000 characters."),
}
"""What to change when an answer does not fit."""
