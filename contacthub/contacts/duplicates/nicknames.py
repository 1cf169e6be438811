"""Short and familiar forms of given names: each line is one name in the forms that people sign with."""

from contacthub.contacts.duplicates.sounds import sound_of

_FORMS = """
aleksandr alexander alex aleks sasha sascha sandro xander lex
alexandra alex sasha sandra lexi
alfred alf fred fredi
andreas andres andre andy
andrew andy drew
andrej andrei andrey andriy
anthony antony tony anton antonio toni
antoinette toni netta
barbara barb barbie basia
benjamin ben benny
bernard bernhard bernie bernd
bertram bert bertie
bogdan bohdan
carl karl charlie
caroline carolin karoline caro carrie
catherine katherine kathryn katarina katharina kate kathy katie cathy kati katja kasia katrin
charles charlie chuck chaz carlos
christian kristian chris
christina christine kristina kristin kristine chris tina kirsten christie
christopher kristoffer christoph chris topher kit kris
daniel dan danny
david dave davey
deborah debra deb debbie
dmitri dmitry dmitrij dimitri dmytro dima mitya
donald don donny
dorothea dorothy dora dot thea
edward edvard ed eddie ted ned eduard eduardo
elisabeth elizabeth elisa beth betty liz lisa lizzie lisbeth elise eliza libby bettina
emanuel manuel manny
emily emma em
ernest ernst ernie
eugene gene evgeni yevgeny evgeny jevgenij
evelyn eve evie
francesco francisco frank franz paco franco pancho cisco francis
frederick frederik friedrich fred freddy fritz fredrik rick
gabriel gabe
gabriele gabriela gabi gaby
georg george georgi georgy yuri jorge jurgen jorgen
gerald gerhard gerd gerry jerry
giovanni gianni vanni
giuseppe beppe peppe pino
gregory gregor greg grzegorz grigori
hans johannes johan john jan johann jens hannes
heinrich heinz heini hank henry harry henrik hendrik henk
helen helena helene lena leni elena nell
herbert herb bert
ian iain
ignacio nacho
igor ihor
isabel isabella isabelle bella izzy
ivan vanya iwan
jacob jakob jake kuba jakub
jacqueline jackie
james jim jimmy jamie jaime
janet jan jenny
jeffrey geoffrey jeff geoff
jennifer jen jenny jenn
jessica jess jessie
joachim jochen achim jo
joanna johanna joan jo hanna joasia asia
jonathan jon johnny nathan
jose pepe
joseph josef joe joey sepp jozef iosif
joshua josh
judith judy jutta
julia juliane julie jule
karoly karl
kenneth ken kenny
klaus nikolaus nicholas nikolas niklas nick nico nicolas niko mikolaj nikolai kolya claus
konstantin kostya
lawrence laurence larry lars laurent lorenzo
leonard leonhard leo len lenny
leopold leo poldi
louis luis ludwig lou louie lutz
magdalena magda lena
malgorzata gosia margaret
manfred manni fred
margaret margareta margarethe maggie meg peggy greta grete marge rita
maria mary marie mia maja masha
martin marty
matthew matthias mathias mats matt mateusz matteo mattias
maximilian max
michael mikael mike mick mickey michail mikhail misha mihail michal miguel michel miki
natalia natalie natasha nat
nicole nicola nicky niki
olga olya
oliver ollie olli
pamela pam
patricia pat patty trish tricia patti
patrick pat paddy
paul pavel pawel pablo paolo
peter petr pete piotr pedro pietro petter peder per
philip philipp phil pip filip
raymond ray
rebecca becky becca
richard rick rich dick ricky rikard ryszard riccardo ricardo
robert rob bob bobby robbie bert roberto robin
roger rodger
ronald ron ronnie
rosemarie rose rosie
rudolf rudolph rudi rudy
samuel sam sammy
samantha sam
sebastian seb basti bastian
sergei sergey sergej serhii serge sergio
siegfried sigi siggi
sofia sophia sophie sofie
stanislaw stanislav stan staszek
stephen steven stefan stephan steve esteban stefano stig
stephanie stefanie steph steffi
susan susanne suzanne sue susie susi sanne zuzanna
svetlana sveta
tatiana tatjana tanya tanja
theodor theodore ted theo teddy fyodor fedor
thomas tom tommy tomas tomasz tommaso
timothy tim timmy
tobias tobi toby
ursula ulla uschi
valentina valya
victor viktor vic
victoria viktoria vicky tori
vincent vince vinny vincenzo
vladimir volodymyr vova wladimir wlodzimierz
walter walt wally valter
wilhelm william bill billy will willy liam guillermo willem wim vilhelm
wolfgang wolf
yekaterina ekaterina katya catherine
zachary zach zack
"""
# Given names that are told apart by one letter from another one, without short forms of their own.
_OTHERS = """
anders anne annika astrid axel birgit birte britta carla dagmar dette dieter elin elke ellen emil erik erika esther eva
frida gerda gudrun guido gunnar hanna hannah hanne helga helge helle henry hilde hugo inga inge ingrid irene iris ivar
jana jane janne jasper jean jens jesper joan joel jonas jonna jorn juan karen karin karla kasper kurt lara lasse laura
lea lina linda lisbet lotta lotte luca lucas lucia lucie luisa lydia maja marco maren mareike marek mario marita marten
marta martha martina maura maya mette mika mikaela milan mina mira mona monica monika nadia nadja nina nora noah norah
olav ole oscar oskar otto pia petra ralf ramona rasmus regina rene renate renee rolf roman rosa rune ruth sabine sara
sarah silje silke silvia simon simone sonja soren sven svend tanja tea tim tina tom tone torben tove trine ulf ulrich
ulrike uwe vera verena vera willi yvonne yvette
"""
# For each name, by its sound, the lines that it stands in.
_LINES: dict[str, set[int]] = {}
for _line, _names in enumerate([*_FORMS.strip().splitlines(), *_OTHERS.split()]):
    for _name in _names.split():
        _LINES.setdefault(sound_of(_name), set()).add(_line)


def is_same_name(one: str, other: str) -> bool:
    """Return whether two given names are forms of one name: Bill and William."""
    return bool(_find(one) & _find(other))


def is_known(name: str) -> bool:
    """Return whether people have this given name, as far as the lists know."""
    return bool(_find(name))


def _find(name: str) -> set[int]:
    return _LINES.get(sound_of(name), set())
