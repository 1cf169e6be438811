"""Names of the planted catalog: short forms, two other alphabets, twins, and typing errors."""

import unicodedata
from random import Random

from contacthub.core.text import fold

TITLES = (
    "Vice President Sales", "Chief Technology Officer", "Senior Software Engineer", "Marketing Manager",
    "Director of Operations", "Head of Procurement", "Financial Controller", "Product Owner", "Data Analyst",
    "Key Account Manager", "Legal Counsel", "Office Manager", "Plant Manager", "Recruiter", "Security Architect",
    "Treasurer", "Logistics Planner", "Copywriter", "Nurse", "Founder",
)  # fmt: skip
NICKNAMES = (
    ("William", ("Bill", "Will", "Billy")), ("Robert", ("Bob", "Rob")), ("Elizabeth", ("Liz", "Beth", "Betty")),
    ("Alexander", ("Alex", "Sasha")), ("Margaret", ("Peggy", "Maggie")), ("Thomas", ("Tom", "Tommy")),
    ("Katharina", ("Kathi", "Kati", "Katja")), ("Michael", ("Mike", "Mick")), ("Joseph", ("Joe", "Sepp")),
    ("Nikolaus", ("Klaus", "Niko")), ("Theodore", ("Ted", "Theo")), ("Francisco", ("Paco", "Pancho")),
    ("Stephanie", ("Steffi", "Steph")), ("Benjamin", ("Ben", "Benny")), ("Charles", ("Chuck", "Charlie")),
    ("Małgorzata", ("Gosia",)), ("Christopher", ("Chris", "Kit")), ("Victoria", ("Vicky", "Tori")),
    ("Jonathan", ("Jon", "Johnny")), ("Susanne", ("Susi", "Sanne")),
)  # fmt: skip
_Names = tuple[tuple[str, tuple[str, ...]], ...]
OTHER_ALPHABETS: tuple[tuple[_Names, _Names], ...] = (
    (
        (
            ("Иван", ("Ivan", "Iwan")), ("Ольга", ("Olga",)), ("Юлия", ("Yulia", "Julia", "Yuliya")),
            ("Дмитрий", ("Dmitry", "Dmitri", "Dmitrij")), ("Сергей", ("Sergey", "Sergei")),
            ("Наталья", ("Natalya", "Natalia")), ("Евгений", ("Evgeny", "Yevgeny", "Jewgeni")),
            ("Алексей", ("Alexey", "Aleksei", "Alexei")), ("Татьяна", ("Tatyana", "Tatiana", "Tatjana")),
        ),
        (
            ("Чернов", ("Chernov", "Tschernow", "Czernow")), ("Жуков", ("Zhukov", "Shukow", "Zukov")),
            ("Петров", ("Petrov", "Petrow", "Petroff")), ("Шевченко", ("Shevchenko", "Schewtschenko")),
            ("Соколов", ("Sokolov", "Sokolow")), ("Хрущов", ("Khrushchov", "Chruschtschow")),
            ("Яковлев", ("Yakovlev", "Jakowlew")), ("Морозова", ("Morozova", "Morosowa")),
        ),
    ),
    (
        (
            ("Γιώργος", ("Giorgos", "Yiorgos")), ("Μαρία", ("Maria",)), ("Νίκος", ("Nikos",)),
            ("Ελένη", ("Eleni",)), ("Δημήτρης", ("Dimitris",)), ("Κώστας", ("Kostas", "Costas")),
        ),
        (
            ("Παπαδόπουλος", ("Papadopoulos",)), ("Βασιλείου", ("Vassiliou", "Vasileiou")),
            ("Γεωργίου", ("Georgiou",)), ("Νικολάου", ("Nikolaou", "Nicolaou")), ("Αντωνίου", ("Antoniou",)),
        ),
    ),
    (
        (
            ("Jürgen", ("Juergen", "Jurgen")), ("Søren", ("Soeren", "Soren")), ("Björn", ("Bjoern", "Bjorn")),
            ("Günther", ("Guenther", "Gunter")), ("Åse", ("Aase", "Ase")), ("Jörg", ("Joerg", "Jorg")),
        ),
        (
            ("Müller", ("Mueller", "Muller")), ("Weiß", ("Weiss",)), ("Kjær", ("Kjaer", "Kjær")),
            ("Schröder", ("Schroeder", "Schroder")), ("Østergård", ("Oestergaard", "Ostergard")),
            ("Größmann", ("Groessmann", "Grossmann")), ("Łukasiewicz", ("Lukasiewicz",)),
        ),
    ),
)  # fmt: skip
TWINS = (
    ("Anna", "Anne"), ("Maria", "Marie"), ("Daniel", "Daniela"), ("Karin", "Karen"), ("Jan", "Jon"),
    ("Martin", "Martina"), ("Lars", "Lara"), ("Paul", "Paula"), ("Marta", "Maria"), ("Tina", "Nina"),
    ("Simon", "Simone"), ("Erika", "Erik"), ("Hanna", "Hanne"), ("Jonas", "Jonna"), ("Emil", "Emily"),
    ("Mette", "Dette"), ("Franz", "Frank"), ("Louis", "Louise"), ("Mikael", "Mikaela"), ("Kasper", "Jesper"),
)  # fmt: skip
# As a keyboard without their letters writes them.
PLAIN = str.maketrans(
    {"ø": "o", "Ø": "O", "æ": "ae", "å": "a", "Å": "A", "ö": "o", "Ö": "O", "ä": "a", "ü": "u"}
)


def slug(text: str) -> str:
    """Return the ASCII letters of a name, as addresses have them; other alphabets become a made-up word."""
    letters = "".join(each for each in fold(text) if each.isascii() and each.isalpha())
    if letters:
        return letters
    return "".join(unicodedata.name(each).split()[-1][:1].lower() for each in fold(text))


def make_typo(rng: Random, word: str) -> str:
    """Return a word with one error as people make them: a letter dropped, doubled, swapped or mistaken."""
    if len(word) < 4:
        return word + word[-1]
    place = rng.randrange(1, len(word) - 1)
    kind = rng.choice("dropped doubled swapped mistaken".split())  # noqa: SIM905
    if kind == "dropped":
        return word[:place] + word[place + 1 :]
    if kind == "doubled":
        return word[:place] + word[place] + word[place:]
    if kind == "swapped":
        return word[:place] + word[place + 1] + word[place] + word[place + 2 :]
    return word[:place] + rng.choice("aeioulnrst") + word[place + 1 :]
