"""Words in letters of five rows, so that a verdict is read across a hall."""

from typing import Final

_FONT: Final = {
    "A": " ███ |█   █|█████|█   █|█   █",
    "B": "████ |█   █|████ |█   █|████ ",
    "C": " ████|█    |█    |█    | ████",
    "D": "████ |█   █|█   █|█   █|████ ",
    "E": "█████|█    |████ |█    |█████",
    "F": "█████|█    |████ |█    |█    ",
    "G": " ████|█    |█  ██|█   █| ████",
    "H": "█   █|█   █|█████|█   █|█   █",
    "I": "███| █ | █ | █ |███",
    "J": "  ███|    █|    █|█   █| ███ ",
    "K": "█   █|█  █ |███  |█  █ |█   █",
    "L": "█    |█    |█    |█    |█████",
    "M": "█   █|██ ██|█ █ █|█   █|█   █",
    "N": "█   █|██  █|█ █ █|█  ██|█   █",
    "O": " ███ |█   █|█   █|█   █| ███ ",
    "P": "████ |█   █|████ |█    |█    ",
    "Q": " ███ |█   █|█ █ █|█  █ | ██ █",
    "R": "████ |█   █|████ |█  █ |█   █",
    "S": " ████|█    | ███ |    █|████ ",
    "T": "█████|  █  |  █  |  █  |  █  ",
    "U": "█   █|█   █|█   █|█   █| ███ ",
    "V": "█   █|█   █|█   █| █ █ |  █  ",
    "W": "█   █|█   █|█ █ █|██ ██|█   █",
    "X": "█   █| █ █ |  █  | █ █ |█   █",
    "Y": "█   █| █ █ |  █  |  █  |  █  ",
    "Z": "█████|   █ |  █  | █   |█████",
    " ": "  |  |  |  |  ",
}


def large(word: str) -> list[str]:
    """The word in five rows of equal width; letters A to Z and spaces.

    Raises:
        KeyError: it has another character.
    """
    columns = [_FONT[letter].split("|") for letter in word]
    return [" ".join(column[row] for column in columns) for row in range(5)]
