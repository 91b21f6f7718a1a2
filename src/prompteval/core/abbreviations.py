"""Words after which a full stop does not end a sentence, in lower case."""

_TITLES = """
mr mrs ms messrs dr prof gen lt col capt sgt maj cmdr adm gov sen rep hon rev pres supt st mt ft hr fr frl
dra sra srta ing mag dipl mme mlle sig dott dhr mevr doç проф акад им ул e.g i.e vs cf z.b d.h bzw vgl ca
bspw evtl ggf inkl approx св рис см стр p.ex bijv np tzw ul
"""
_MAY_END = """
etc al inc ltd co corp bros dept est ed eds sr jr jan feb mar apr jun jul aug sep sept oct nov dec ave blvd
rd usw u.a o.ä str mio mrd jh sog hrsg ecc enz av boul ud uds ee uu vb bkz др пр тыс млн млрд руб гг вв обл
"""
_BEFORE_NUMBERS = """
no nos nr fig figs eq eqs vol pp p art sec ch chap abs pág núm num pag tab
"""
_BEGIN = """
the a an this that these those he she it they we you i in on at but and however there when if as his her its
their our my what who where why how after before during for from by with while although since then also no
yes most some der die das er sie es wir ich ein eine dieser diese dieses aber und doch im am sein seine ihr
auch wenn nach bei mit le la les il elle ils elles un une ce cette ces mais et en nous je on dans el los las
una este esta pero y lo он она оно они это в на но и мы я его её их после при как что
"""
_BEFORE_ORDINALS = """
am im vom zum zur beim der die das dem den des ab bis seit jeder jede jeden ein eine einem einen einer mein
sein ihr unser und oder til den det på i fra
"""
_MONTHS = """
januar jänner februar märz april mai juni juli august september oktober november dezember marts maj desember
"""

# Before a name or a number, never at the end of a sentence.
TITLES = frozenset(_TITLES.split())
# They end a sentence where a word that begins one follows.
MAY_END = frozenset(_MAY_END.split())
# An abbreviation only before a number.
BEFORE_NUMBERS = frozenset(_BEFORE_NUMBERS.split())
BEGIN = frozenset(_BEGIN.split())
# What stands before an ordinal number, or behind it, in languages that write it with a full stop.
BEFORE_ORDINALS = frozenset(_BEFORE_ORDINALS.split())
MONTHS = frozenset(_MONTHS.split())
