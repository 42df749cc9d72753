"""Words in letters of five rows or more, so that a verdict is read across a hall."""

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
    "0": " ███ |█  ██|█ █ █|██  █| ███ ",
    "1": " █ |██ | █ | █ |███",
    "2": "████ |    █| ███ |█    |█████",
    "3": "████ |    █| ███ |    █|████ ",
    "4": "█  █ |█  █ |█████|   █ |   █ ",
    "5": "█████|█    |████ |    █|████ ",
    "6": " ███ |█    |████ |█   █| ███ ",
    "7": "█████|   █ |  █  | █   |█    ",
    "8": " ███ |█   █| ███ |█   █| ███ ",
    "9": " ███ |█   █| ████|    █| ███ ",
    " ": "  |  |  |  |  ",
}


def large(word: str, times: int = 1) -> list[str]:
    """The word in rows of equal width, five `times` high; letters A to Z, digits and spaces.

    Raises:
        KeyError: it has another character.
    """
    columns = [_FONT[letter].split("|") for letter in word]
    rows = [" ".join(column[row] for column in columns) for row in range(5)]
    return ["".join(each * times for each in row) for row in rows for _ in range(times)]
