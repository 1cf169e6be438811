"""Countries: names that fit, cities with their postal codes, and unassigned telephone numbers."""

from dataclasses import dataclass
from random import Random


@dataclass(frozen=True)
class City:
    """A city, its state (only where addresses have one) and how its postal codes look (`#`: any digit)."""

    name: str
    state: str
    postal: str


@dataclass(frozen=True)
class Country:
    """A country as addresses write it, and how often it occurs.

    Source of the ranges: Ofcom (GB), PTS (SE), Bundesnetzagentur 148/2021 (DE), ARCEP (FR), ComReg (IE), NANPA
    555-01xx (US); Nkom keeps 01 free (NO). DK, FI, NL, ES, PT and PL have no such range: a 0 there cannot be dialled.
    """

    code: str
    name: str
    weight: int
    women: tuple[str, ...]
    men: tuple[str, ...]
    surnames: tuple[str, ...]
    cities: tuple[City, ...]
    streets: tuple[str, ...]
    # True: "12 High Street", else "Hovedgata 12".
    has_number_first: bool
    landlines: tuple[str, ...]
    mobiles: tuple[str, ...]


def fill_digits(rng: Random, pattern: str) -> str:
    """Return the pattern with a random digit for every `#`."""
    return "".join(str(int(rng.random() * 10)) if letter == "#" else letter for letter in pattern)


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


def _cities(*rows: str) -> tuple[City, ...]:
    return tuple(City(*row.split("|")) for row in rows)


COUNTRIES = (
    Country(
        "NO", "Norway", 12,
        _words("Ingrid Camilla Silje Marit Hanne Kari Solveig Astrid Ragnhild Tone Marte Heidi Nora Thea Sunniva Guro"),
        _words("Jonas Thomas Lars Henrik Anders Magnus Eirik Sindre Kristian Odd Terje Espen Håkon Sverre Vegard Tor"),
        _words("Solheim Eide Brekke Ruud Haugen Bakken Moen Lien Dahl Berge Strand Fossum Nygård Tveit Aasen Hovland "
               "Rønning Myhre Sørlie Kvam Sætre Vik Engen Løken"),
        _cities("Oslo||0###", "Bergen||50##", "Trondheim||70##", "Stavanger||40##", "Kristiansand||46##",
                "Tromsø||90##", "Halden||17##"),
        _words("Storgata Kirkegata Strandveien Industriveien Skolegata Havnegata Bjørkeveien"), False,
        ("+4701######",), ("+4701######",),
    ),
    Country(
        "SE", "Sweden", 14,
        _words("Sofia Linnea Elin Anna Karin Johanna Frida Malin Ebba Astrid Ingrid Maja Wilma Annika Kerstin Moa"),
        _words("Anders Oskar Erik Johan Gustav Nils Fredrik Mattias Viktor Axel Emil Lars Henrik Björn Karl Håkan"),
        _words("Lindgren Bergqvist Åkesson Nyström Svensson Lindström Ekström Sjöberg Hallberg Wikström Nordin "
               "Sandberg Öberg Engström Forsberg Holmgren Lundin Blomqvist Söderlund Dahlin Fransson Hedlund"),
        _cities("Stockholm||11# ##", "Göteborg||41# ##", "Malmö||21# ##", "Uppsala||75# ##", "Linköping||58# ##",
                "Lund||22# ##", "Gävle||80# ##"),
        _words("Storgatan Kungsgatan Drottninggatan Industrigatan Hamngatan Skolgatan Vasagatan"), False,
        ("+463139006##", "+464062804##", "+468465004##"),
        ("+4670174061#", "+4670174064#", "+4670174067#", "+4670174069#"),
    ),
    Country(
        "DK", "Denmark", 8,
        _words("Helle Maria Mette Louise Camilla Pernille Signe Ida Freja Kirsten Anne Tine Emilie Katrine"),
        _words("Mikkel Søren Rasmus Jens Lars Kasper Frederik Morten Henrik Jesper Anders Niels Magnus Christian"),
        _words("Nygaard Thorsen Kjær Mortensen Holm Lund Skov Bach Vestergaard Bruun Frandsen Winther Krogh Juhl "
               "Damgaard Østergaard Dalsgaard Munk Lauridsen Brandt"),
        _cities("København||21##", "Aarhus||80##", "Odense||50##", "Aalborg||90##", "Esbjerg||67##", "Kolding||60##"),
        _words("Vestergade Nørregade Havnegade Industrivej Skovvej Strandgade Søndergade"), False,
        ("+450#######",), ("+450#######",),
    ),
    Country(
        "FI", "Finland", 7,
        _words("Katja Aino Sanna Minna Päivi Tiina Kaisa Laura Emilia Hanna Marjut Riikka Veera Saara"),
        _words("Petteri Eero Mikko Juha Antti Ville Tuomas Janne Lauri Heikki Markus Kalle Timo Sami"),
        _words("Virtanen Koskinen Laine Mäkinen Nieminen Heikkilä Salonen Rantanen Lehtonen Järvinen Hämäläinen "
               "Karjalainen Niemi Ojala Kallio Pelkonen Tuominen Väisänen Aaltonen Hakala"),
        _cities("Helsinki||001##", "Espoo||021##", "Tampere||331##", "Turku||201##", "Oulu||901##", "Lahti||151##"),
        _words("Mannerheimintie Kauppakatu Hämeenkatu Satamatie Koulukatu Teollisuuskatu"), False,
        ("+3580########",), ("+3580########",),
    ),
    Country(
        "DE", "Germany", 14,
        _words("Anna Katharina Julia Sabine Lena Petra Franziska Miriam Claudia Heike Johanna Svenja Birgit Nadine"),
        _words("Thomas Stefan Jan Matthias Florian Jürgen Andreas Tobias Lukas Markus Uwe Christoph Sebastian Dirk"),
        _words("Vogt Brandt Schröder Lehmann Krämer Albrecht Seidel Böhm Winkler Ziegler Hartmann Kühn Pohl Engel "
               "Friedrich Scholz Möller Jansen Arnold Thiel Busch Haas"),
        _cities("Berlin||10###", "Hamburg||20###", "München||80###", "Köln||50###", "Frankfurt am Main||60###",
                "Trier||54###", "Leipzig||04###"),
        _words("Hauptstraße Bahnhofstraße Gartenstraße Industriestraße Schulstraße Hafenstraße Lindenallee"), False,
        ("+493023125###", "+496990009###", "+494066969###", "+492214710###", "+498999998###"), ("+4917139200##",),
    ),
    Country(
        "GB", "United Kingdom", 13,
        _words("Priya Olivia Charlotte Amelia Grace Fiona Nadia Rachel Hannah Zara Eleanor Imogen Shreya Megan"),
        _words("Tom Oliver James Callum Rhys Alasdair Imran Daniel George Kwame Edward Gareth Nikhil Samuel"),
        _words("Becker Whitfield Okafor Ashworth Patel Sinclair Bramley Hargreaves Llewellyn Khan Fairclough Doherty "
               "Pemberton Rahman Thackeray Wainwright Mistry Galbraith Adeyemi Holloway"),
        _cities("London||EC#A #AB", "Leeds||LS# #AA", "Manchester||M# #AX", "Bristol||BS# #DJ", "Edinburgh||EH# #AB",
                "Birmingham||B# #HQ"),
        ("High Street", "Station Road", "Mill Lane", "Church Road", "Victoria Street", "Canal Street"), True,
        ("+442079460###", "+441134960###", "+441614960###", "+441174960###", "+441314960###", "+441214960###"),
        ("+447700900###",),
    ),
    Country(
        "US", "United States", 16,
        _words("Jennifer Maya Danielle Amara Rebecca Alicia Megan Stephanie Keisha Lauren Monica Tiffany Grace Elena"),
        _words("Michael Jamal Brian Carlos Kevin Tyler Andre Ethan Marcus Jason Diego Patrick Nathan Ravi"),
        _words("Whitaker Delgado Hollis Brennan Castillo Nakamura Prescott Okonkwo Mercer Ramirez Sutton Kaplan Vance "
               "Lindqvist Barrett Nguyen Calloway Ortega Sheridan Raman Pruitt Weiss"),
        _cities("New York|New York|100##", "Austin|Texas|787##", "Chicago|Illinois|606##", "Seattle|Washington|981##",
                "Denver|Colorado|802##", "Boston|Massachusetts|021##", "Atlanta|Georgia|303##",
                "San Francisco|California|941##"),
        ("Main Street", "Oak Avenue", "2nd Street", "Market Street", "Park Avenue", "Cedar Lane"), True,
        ("+121255501##", "+151255501##", "+131255501##", "+120655501##", "+130355501##", "+161755501##"),
        ("+141555501##", "+140455501##"),
    ),
    Country(
        "NL", "Netherlands", 7,
        _words("Sanne Lotte Fleur Anouk Marloes Femke Eva Roos Iris Nienke Willemijn Maartje"),
        _words("Jeroen Bas Daan Sander Pieter Thijs Ruben Maarten Joost Wouter Lars Koen"),
        ("de Vries", "van den Berg", "Bakker", "Visser", "Mulder", "Dekker", "van Leeuwen", "Kuiper", "Hoekstra",
         "Postma", "Veenstra", "Schouten", "van Dam", "Wolters"),
        _cities("Amsterdam||101# AB", "Rotterdam||301# CD", "Utrecht||351# EF", "Eindhoven||561# GH", "Breda||481# JK"),
        _words("Hoofdstraat Kerkstraat Dorpsstraat Havenweg Stationsweg Molenweg"), False,
        ("+310########",), ("+310########",),
    ),
    Country(
        "FR", "France", 6,
        _words("Camille Élodie Claire Manon Sylvie Aurélie Chloé Nathalie Juliette Margaux Inès Hélène"),
        _words("Julien Thierry Antoine Mathieu Nicolas Guillaume Hugo Rémi Olivier Pascal Étienne Baptiste"),
        _words("Lefèvre Moreau Girard Bonnet Faure Rousseau Mercier Blanchard Garnier Chevalier Perrin Gauthier "
               "Lacroix Barbier Renaud Colin"),
        _cities("Paris||750##", "Lyon||690##", "Marseille||130##", "Lille||590##", "Toulouse||310##", "Nantes||440##"),
        ("rue de la Gare", "avenue Victor Hugo", "rue du Port", "rue des Écoles", "boulevard Carnot"), True,
        ("+3319900####", "+3326191####", "+3335301####", "+3346571####", "+3353649####"), ("+3363998####",),
    ),
    Country(
        "IE", "Ireland", 3,
        _words("Aoife Niamh Siobhán Ciara Orla Gráinne Róisín Maeve Sinéad Clodagh"),
        _words("Seán Cian Oisín Declan Eoin Padraig Fergus Conor Ronan Diarmuid"),
        ("Byrne", "O'Sullivan", "Doyle", "Kavanagh", "Nolan", "Brennan", "O'Neill", "Keane", "Mahony", "Fitzgerald"),
        _cities("Dublin||D0# XY0#", "Cork||T1# AB0#", "Galway||H91 CD0#", "Limerick||V94 EF0#"),
        ("Main Street", "Quay Street", "Bridge Street", "Abbey Road", "Patrick Street"), True,
        ("+35320910####",), ("+35320910####",),
    ),
)  # fmt: skip

# Where only the vendor of the sandbox knows anyone.
COUNTRIES_OF_VENDOR = (
    Country(
        "ES", "Spain", 5,
        _words("Lucía Marta Carmen Elena Nuria Pilar Inés Rocío Alba Beatriz Teresa Silvia Irene Noelia"),
        _words("Javier Álvaro Sergio Pablo Diego Andrés Rubén Íñigo Hugo Víctor Gonzalo Marcos Raúl Jaime"),
        _words("Serrano Iglesias Cortés Navarro Ibáñez Pascual Herrero Vidal Marín Lozano Cabrera Montero Ferrer "
               "Núñez Prieto Carrasco"),
        _cities("Madrid||280##", "Barcelona||080##", "Valencia||460##", "Sevilla||410##", "Bilbao||480##",
                "Zaragoza||500##"),
        ("Calle Mayor", "Calle del Puerto", "Avenida de la Estación", "Calle Nueva", "Calle de la Fuente"), False,
        ("+340########",), ("+340########",),
    ),
    Country(
        "PT", "Portugal", 2,
        _words("Inês Beatriz Mariana Catarina Joana Leonor Sofia Rita Matilde Filipa Carolina Teresa"),
        _words("João Tiago Miguel Rui Nuno Duarte Gonçalo Vasco Henrique Afonso Pedro Bruno"),
        _words("Carvalho Teixeira Moreira Azevedo Pinheiro Tavares Figueiredo Nogueira Barros Leitão Sequeira"),
        _cities("Lisboa||11##-0##", "Porto||41##-1##", "Braga||47##-2##", "Coimbra||30##-0##", "Faro||80##-1##"),
        ("Rua Direita", "Rua do Comércio", "Avenida da Liberdade", "Rua da Estação", "Rua Nova"), False,
        ("+3510########",), ("+3510########",),
    ),
    Country(
        "PL", "Poland", 4,
        _words("Agnieszka Katarzyna Magdalena Zofia Joanna Ewa Hanna Natalia Alicja Małgorzata Karolina Weronika"),
        _words("Piotr Krzysztof Tomasz Paweł Jakub Marcin Michał Wojciech Łukasz Adam Rafał Grzegorz"),
        _words("Wójcik Kamiński Lewandowski Zieliński Szymański Dąbrowski Mazur Krawczyk Piotrowski Grabowski Pawlak "
               "Król Wróbel Sikora"),
        _cities("Warszawa||00-0##", "Kraków||30-0##", "Wrocław||50-0##", "Gdańsk||80-0##", "Poznań||60-0##",
                "Łódź||90-0##"),
        _words("Długa Ogrodowa Kościelna Szkolna Lipowa Polna"), False,
        ("+480########",), ("+480########",),
    ),
)  # fmt: skip
