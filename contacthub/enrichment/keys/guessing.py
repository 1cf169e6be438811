"""What the columns of a file seem to be, from the words of their headers and from the values in them."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from contacthub.core.countries import find_country
from contacthub.core.text import fold
from contacthub.enrichment.keys.forms import find_form
from contacthub.enrichment.models import ColumnUse

# From these percentages on a guess is called certain, likely, a guess. Below, the column is not recognized.
CERTAIN, LIKELY, GUESS = 95, 75, 50
# The values looked at: the first rows, and then every so many, because files are often sorted.
FIRST_ROWS, EVERY = 1_000, 97
# A value alone says what it is: no text looks like one of these by chance.
UNMISTAKABLE = frozenset(
    {ColumnUse.CONTACT_ID, ColumnUse.EMAIL, ColumnUse.EMAIL_HASH, ColumnUse.LINKEDIN}
)
FORMS = UNMISTAKABLE | {ColumnUse.PHONE, ColumnUse.DOMAIN}
# Words of headers, as searches compare text and without anything but letters and digits, in English, German, French,
# Spanish, Italian, Portuguese, Dutch, the Nordic languages, Polish and Czech.
WORDS: dict[ColumnUse, tuple[str, ...]] = {
    ColumnUse.CONTACT_ID: (
        "contactid", "kontaktid", "kontaktnummer", "contactkey", "cbid", "buyerid", "buyertoken", "idcontact",
        "idcontacto", "idcontatto", "contactnummer",
    ),
    ColumnUse.EMAIL: (
        "email", "mail", "emailaddress", "mailaddress", "emailadresse", "mailadresse", "emailadres", "mailadres",
        "courriel", "adresseemail", "adressemail", "correo", "correoelectronico", "direccionemail", "postaelettronica",
        "indirizzoemail", "enderecodeemail", "epost", "epostadress", "epostadresse", "sahkoposti", "sahkopostiosoite",
        "workemail", "businessemail", "primaryemail", "adresemail", "emailwork", "emailbusiness",
    ),
    ColumnUse.EMAIL_HASH: (
        "emailhash", "mailhash", "hashedemail", "hash", "md5", "sha1", "sha256", "emailmd5", "emailsha1",
        "emailsha256", "md5email", "sha256email", "hem",
    ),
    ColumnUse.LINKEDIN: (
        "linkedin", "linkedinurl", "linkedinprofile", "linkedinprofil", "linkedinlink", "linkedinaddress", "profil",
        "profile", "profileurl", "profillink", "personlinkedinurl", "perfil", "profilo",
    ),
    ColumnUse.PHONE: (
        "phone", "phonenumber", "telephone", "telefon", "telefonnummer", "tel", "mobile", "mobil", "mobilnummer",
        "mobilephone", "handy", "handynummer", "telephonenumber", "numerodetelephone", "portable", "telefono",
        "movil", "cellulare", "celular", "telefone", "telemovel", "telefoon", "telefoonnummer", "gsm", "puhelin",
        "puhelinnumero", "directphone", "workphone", "cell", "cellphone", "durchwahl", "fon",
    ),
    ColumnUse.FULL_NAME: (
        "fullname", "name", "contactname", "personname", "vollername", "vollstandigername", "ansprechpartner",
        "kontakt", "contact", "nomcomplet", "nombrecompleto", "nomecompleto", "volledigenaam", "naam", "fulltnavn",
        "navn", "namn", "nimi", "imieinazwisko", "jmeno", "person", "kontaktperson", "contactperson",
    ),
    ColumnUse.FIRST_NAME: (
        "firstname", "givenname", "forename", "vorname", "prenom", "nombre", "nombredepila", "nome", "primeironome",
        "voornaam", "fornavn", "fornamn", "etunimi", "imie", "krestnijmeno", "first", "vname",
    ),
    ColumnUse.LAST_NAME: (
        "lastname", "surname", "familyname", "nachname", "familienname", "zuname", "nom", "nomdefamille", "apellido",
        "apellidos", "cognome", "sobrenome", "apelido", "achternaam", "etternavn", "efternavn", "efternamn",
        "sukunimi", "nazwisko", "prijmeni", "last", "nname",
    ),
    ColumnUse.DOMAIN: (
        "domain", "companydomain", "website", "web", "webseite", "internetseite", "homepage", "url", "companywebsite",
        "site", "siteweb", "sitioweb", "paginaweb", "sitoweb", "sitodeempresa", "hjemmeside", "nettside", "hemsida",
        "kotisivu", "strona", "accountdomain", "companyurl", "www", "dominio", "domaine",
    ),
    ColumnUse.COMPANY: (
        "company", "companyname", "organization", "organisation", "account", "accountname", "employer", "firma",
        "firmenname", "unternehmen", "unternehmensname", "arbeitgeber", "kunde", "entreprise", "societe",
        "nomdelentreprise", "empresa", "compania", "azienda", "societa", "ragionesociale", "bedrijf", "bedrijfsnaam",
        "organisatie", "selskap", "virksomhed", "foretag", "yritys", "spolecnost", "business", "legalname",
    ),
    ColumnUse.COUNTRY: (
        "country", "countrycode", "land", "landercode", "landercode", "pays", "pais", "paese", "nazione", "maa",
        "kraj", "zeme", "staat", "nation", "countryname", "landcode", "isocountry",
    ),
}  # fmt: skip
_LETTERS = re.compile(r"[^a-z0-9]+")
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


@dataclass
class ColumnSample:
    """The values of one column that were looked at: how many, how many of each form, and some of the others."""

    count: int = 0
    forms: Counter[str] = field(default_factory=Counter)
    named: int = 0
    countries: int = 0

    def add(self, value: str) -> None:
        """Look at a value that is not empty."""
        self.count += 1
        form = find_form(value)
        if form != ColumnUse.KEPT:
            self.forms[form.value] += 1
            # A phone without a plus may as well be another number.
            if form == ColumnUse.PHONE and value.lstrip().startswith(("+", "00", "tel:")):
                self.forms["plus"] += 1
        elif len(value) <= 60:
            self.named += _is_like_name(value)
            self.countries += find_country(value) is not None

    def share(self, use: str) -> float:
        """Return how many of the values are of a form, from 0 to 1."""
        return self.forms[use] / self.count if self.count else 0.0


def _is_like_name(value: str) -> bool:
    words = value.split()
    return 2 <= len(words) <= 4 and all(word[0].isupper() or word[0].islower() for word in words)


class Samples:
    """Looks at the values of some rows of a list, column by column."""

    def __init__(self) -> None:
        self.columns: list[ColumnSample] = []
        self._rows = 0

    def look_at(self, rows: Iterable[Sequence[str]]) -> None:
        """Look at those of the rows that are in the sample."""
        for cells in rows:
            self._rows += 1
            if self._rows <= FIRST_ROWS or self._rows % EVERY == 0:
                self._look_at(cells)

    def _look_at(self, cells: Sequence[str]) -> None:
        while len(self.columns) < len(cells):
            self.columns.append(ColumnSample())
        for sample, cell in zip(self.columns, cells, strict=False):
            if cell and not cell.isspace():
                sample.add(cell)


def guess_columns(header: Sequence[str], samples: Samples) -> list[tuple[str, int]]:
    """Return for each column the use that it seems to have, and how certain that is in percent.

    Each use stands once, where it is most certain; what is below GUESS is kept as it is.
    """
    padded = [*samples.columns, *[ColumnSample()] * (len(header) - len(samples.columns))]
    words = [_squeeze(name) for name in header]
    has_first = any(word in WORDS[ColumnUse.FIRST_NAME] for word in words)
    scored = [
        (percent, place, use)
        for place, (word, sample) in enumerate(zip(words, padded, strict=False))
        for use, percent in _score(word, sample, has_first=has_first)
    ]
    guesses: list[tuple[str, int]] = [("", 0)] * len(header)
    taken: set[str] = set()
    for percent, place, use in sorted(scored, key=lambda each: (-each[0], each[1])):
        if percent >= GUESS and not guesses[place][0] and use not in taken:
            guesses[place] = (use.value, percent)
            taken.add(use)
    return _drop_useless(guesses)


def _drop_useless(guesses: list[tuple[str, int]]) -> list[tuple[str, int]]:
    """Leave out what alone is no key, has nothing beside it to be one, and would not tell candidates apart."""
    useless = _list_useless({use for use, _ in guesses})
    return [("", 0) if use in useless else (use, percent) for use, percent in guesses]


def _list_useless(uses: set[str]) -> set[str]:
    useless: set[str] = set()
    parts = {ColumnUse.FIRST_NAME.value, ColumnUse.LAST_NAME.value}
    firms = {ColumnUse.DOMAIN.value, ColumnUse.COMPANY.value}
    if ColumnUse.FULL_NAME in uses or not parts <= uses:
        useless |= parts
    has_name = ColumnUse.FULL_NAME in uses or not parts & useless
    if not has_name:
        useless |= firms
    elif not firms & uses and not uses & (FORMS - {ColumnUse.DOMAIN, ColumnUse.CONTACT_ID}):
        useless |= {*parts, ColumnUse.FULL_NAME.value}
    if ColumnUse.PHONE not in uses:
        useless.add(ColumnUse.COUNTRY.value)
    return useless


def _squeeze(name: str) -> str:
    return _LETTERS.sub("", fold(_CAMEL.sub(" ", name)).replace("ø", "o"))


def _score(word: str, sample: ColumnSample, *, has_first: bool) -> Iterable[tuple[ColumnUse, int]]:
    for use in WORDS:
        header = _match_header(use, word)
        if use == ColumnUse.LAST_NAME and has_first and word == "name":
            header = 1.0
        if use == ColumnUse.FULL_NAME and has_first:
            header = 0.0
        percent = (
            _score_form(use, header, sample) if use in FORMS else _score_text(use, header, sample)
        )
        if percent >= GUESS:
            yield use, percent


def _match_header(use: ColumnUse, word: str) -> float:
    """Return 1 for a header that is one of the words, less for one that begins or ends with one."""
    if word in WORDS[use]:
        return 1.0
    long_words = [each for each in WORDS[use] if len(each) >= 4]
    is_part = any(word.startswith(each) or word.endswith(each) for each in long_words)
    return 0.6 if is_part else 0.0


def _score_form(use: ColumnUse, header: float, sample: ColumnSample) -> int:
    share = sample.share(use)
    if not sample.count:
        return 55 if header == 1 else 0
    if not share:
        return 0
    if use in UNMISTAKABLE:
        # All values are of the form: certain, whatever the header says.
        return min(99, round(20 * header + 77 * share + (2 if share == 1 else 0)))
    if use == ColumnUse.PHONE:
        return min(97, round(55 * header + 20 * share + 22 * sample.share("plus")))
    return min(97, round(42 * header + 55 * share))


def _score_text(use: ColumnUse, header: float, sample: ColumnSample) -> int:
    if not header or not sample.count:
        return 0
    if use == ColumnUse.COUNTRY:
        return round(40 * header + 57 * sample.countries / sample.count)
    # Values that are keys of another form are neither names nor companies.
    plain = 1 - sum(sample.share(form) for form in FORMS)
    bonus = 20 * sample.named / sample.count if use == ColumnUse.FULL_NAME else 12
    return min(92, round((78 * header + bonus) * plain)) if plain > 0.3 else 0


def word_of(percent: int) -> str:
    """Return what a percentage is called."""
    for least, word in ((CERTAIN, "Certain"), (LIKELY, "Likely"), (GUESS, "Guess")):
        if percent >= least:
            return word
    return "Not recognized"
