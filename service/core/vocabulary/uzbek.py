"""Uzbek in both scripts, and Tajik: closed lists.

Apostrophes are folded away before; "w" often stands for "sh".
"""

from service.core.vocabulary.kinds import Kind

_GOOD = "(ya(x|h|kh)(sh|w)i|яхши|яхшы)"
_ALL = (
    "(hammasi|xammasi|hamasi|hammasi ham|hamma narsa|xamma narsa|barchasi|barcha narsa|bari|ҳаммаси|"
    "хамма нарса|ҳамаси|барчаси|барча нарса)"
)
_WELL = (
    f"({_GOOD}|juda {_GOOD}|joyida|zo'r|ok|okey|normalniy|normalno|norm|a'lo|tinch|tinchlik|ajoyib|yaxwi|"
    "жойида|зўр|ок|нормально|норм|аъло|тинч|тинчлик|жуда яхши)"
)
_SELF = (
    "(ya(x|h|kh)(sh|w)iman|omonman|xavfsizman|sog'man|tirikman|sog' salomatman|eson omonman|sog' omonman|"
    "joyidaman|"
    "zo'rman|okman|normalman|yaxshi yuribman|xavfsiz joydaman|salomatman|yaxshi yetib keldim|"
    "eson omon yetib keldim|"
    "sog' salomat yetib keldim|"
    "яхшиман|омонман|хавфсизман|соғман|тирикман|соғ саломатман|эсон омонман|жойидаман|зўрман|"
    "яхши юрибман|хавфсиз жойдаман|"
    "саломатман|эсон омон етиб келдим|яхши етиб келдим)"
)
_T_ALL = "(ҳамааш|ҳамаш|хамааш|ҳама чиз|хама чиз|ҳама кор|ҳамааш ҳам|hamaash|hamash|hama chiz)"
_T_WELL = "(хуб|хуб аст|нағз|нағз аст|дар ҷояш|ок|норм|нормально|бехатар|тинҷ|ором|khub|xub|naghz|nagz|khub ast|ok)"

PHRASES = {
    Kind.FULL: f"""
        {_ALL} {_WELL}
        [men|мен] [juda|hozir|жуда] {_SELF}
        (men|мен) ({_GOOD}|ok|zo'r|joyida|norm)
        [mening|менинг|] (ishlar|ishlarim|ahvolim|ahvol|axvolim|sog'lig'im|ишлар|ишларим|аҳволим|аҳвол|
            ахволим|соғлиғим) {_WELL}
        [biz|hammamiz|биз|ҳаммамиз] (yaxshimiz|omonmiz|sog' salomatmiz|eson omonmiz|яхшимиз|омонмиз|
            соғ саломатмиз|эсон омонмиз)
        {_T_ALL} {_T_WELL}
        [ман|man] (хубам|нағзам|сиҳатам|зиндаам|зинда ҳастам|саломатам|сиҳату саломатам|сиҳат саломатам|
            хуб ҳастам|бехатарам|дар амонам|дар бехатарӣ ҳастам|тинҷам|окам|khubam|xubam|naghzam|nagzam|zindaam|
            salomatam)
        ман (хуб|нағз)
        [аҳволам|аҳволи ман|корҳо|корҳоям] (хуб|нағз) аст
        (аҳволам|корҳоям|ahvolam) {_T_WELL}
    """,
    Kind.BARE: """
        (sog' salomat|eson omon|omon eson|соғ саломат|эсон омон|tinchlik|тинчлик|сиҳату саломат|саломат)
    """,
    Kind.PLAIN: f"""
        [juda|жуда] {_GOOD}
        [juda|жуда] (zo'r|зўр)
        (a'lo|аъло|joyida|жойида|normalno|хуб|нағз|бисёр хуб|khub|naghz)
    """,
    Kind.HERE: """
        (menda|bizda|bu yerda|shu yerda|bugun|менда|бизда|бу ерда|шу ерда|бугун|дар ин ҷо|имрӯз)
    """,
    Kind.DOING: """
        (yetib keldim|yetib keldik|keldim|yo'lda|yo'ldaman|ishda|ishdaman|етиб келдим|келдим|йўлда|йўлдаман|
            ишда|ишдаман|расидам)
    """,
    Kind.HOME_FULL: """
        [men|мен] (uydaman|uyga keldim|uyga yetib keldim|uyga yetdim|uyga qaytdim|уйдаман|уйга келдим|
            уйга етиб келдим|уйга қайтдим)
        [ман|man] (дар хонаам|дар хона ҳастам|ба хона расидам|ба хона омадам|dar khonaam)
    """,
    Kind.HOME_BARE: "(uyda|уйда|дар хона)",
    Kind.GREETING: """
        (salom|assalomu alaykum|assalomu aleykum|assalom|salom alaykum|assalomalaykum|салом|
            ассалому алайкум|ассалом|салом алейкум|ассалому алейкум|салом алайкум)
        (xayrli tong|hayrli tong|xayrli kun|xayrli kech|хайрли тонг|хайрли кун|хайрли кеч|субҳ ба хайр|
            шаб ба хайр|рӯз ба хайр)
    """,
    Kind.VOCATIVE: """
        [aziz|азиз] (ona|onajon|onam|oyi|oyijon|oyim|aya|ayajon|opa|opajon|opam|ota|otajon|otam|dada|
            dadajon|dadam|adajon|ada|aka|akajon|akam|uka|ukajon|ukam|singlim|buvi|buvijon|bobo|bobojon|xola|
            amaki|jonim|azizim|qizim|o'g'lim|bolam|ayam|yaqinlarim)
        (она|онажон|онам|ойи|ойижон|ойим|ая|аяжон|опа|опажон|ота|отажон|отам|дада|дадажон|адажон|ака|акажон|
            акам|ука|укажон|укам|синглим|буви|бувижон|бобо|бобожон|хола|амаки|жоним|азизим|қизим|ўғлим|болам)
        (модар|модарҷон|модарам|очаҷон|оча|ая ҷон|очам|падар|падарҷон|додо|бобоҷон|бибиҷон|ака ҷон|акаҷон|
            апаҷон|додар|хоҳар|азизам|ҷонам|бачам|духтарам|писарам|modar|modarjon|padar|padarjon|dodar|azizam|
            jonam|ochajon)
    """,
    Kind.YES: "ha",
    Kind.THANKS: """
        [katta|катта] (rahmat|raxmat|раҳмат|рахмат|tashakkur|ташаккур) [katta|sizga|senga|сизга|сенга]
    """,
    Kind.PRAISE: """
        (xudoga shukur|allohga shukur|shukur|xudoga shukr|alhamdulilloh|худога шукур|аллоҳга шукур|
            оллоҳга шукур|шукур|алҳамдулиллоҳ|шукр|худоро шукр|шукри худо|аллохга шукр)
    """,
    Kind.CLOSING: """
        (sog'indim|sog'inib qoldim|sevaman|o'paman|yaxshi ko'raman|соғиндим|севаман|ўпаман|яхши кўраман)
        (sizni|sizlarni|seni|сизни|сизларни|сени) (sog'indim|sevaman|yaxshi ko'raman|соғиндим|севаман|
            яхши кўраман)
        (xayrli tun|hayrli tun|хайрли тун|шаби хуш)
    """,
    Kind.AND: "(va|ва)",
    Kind.PLEASE: "(iltimos|илтимос|лутфан|хоҳиш мекунам)",
    Kind.SPOKEN: "(nuqta|vergul|undov belgisi|нуқта|вергул)",
    Kind.SOS: """
        (yordam|yordam bering|yordam beringlar|yordam ber|yordam kerak|menga yordam bering|
            menga yordam kerak|yordamga|qutqaring|qutqaringlar|qutqar|meni qutqaring|xavf|xavfdaman|
            men xavfdaman)
        (ёрдам|ёрдам беринг|ёрдам беринглар|ёрдам бер|ёрдам керак|менга ёрдам беринг|менга ёрдам керак|
            ёрдамга|қутқаринг|қутқаринглар|қутқар|мени қутқаринг|хавфдаман|мен хавфдаман)
        (кумак|кӯмак|кӯмак кунед|кӯмак расонед|ёрӣ|ёрӣ диҳед|ёрдам кунед|ба ман кӯмак лозим|наҷот диҳед|
            маро наҷот диҳед|kumak|kumak kuned|yori dihed|najot dihed)
    """,
    Kind.STOP: """
        (to'xta|to'xtat|to'xtating|to'xtang|to'xtatish|bekor qilish|bekor qiling|bekor qil|
            obunani bekor qilish|yozmang|menga yozmang|xabar yubormang|bas|yetarli)
        (тўхта|тўхтат|тўхтатинг|тўхтанг|бекор қилиш|бекор қилинг|ёзманг|менга ёзманг|хабар юборманг)
        (бас|бас кунед|қатъ кунед|нависед не|обунаро бекор кунед)
    """,
    Kind.START: """
        (boshla|boshlash|boshlang|davom ettirish|davom et|бошла|бошлаш|бошланг|давом эттириш|оғоз|
        оғоз кунед)
    """,
    Kind.STATUS: """
        [mening|менинг] (holat|holatim|status|ҳолат|ҳолатим|статус) [qanday|қандай]
        keyingi (belgi|javob|tekshiruv) [qachon]
        қачон жавоб беришим керак
        qachon javob berishim kerak
        (ҳолати ман|ҳолат чист)
    """,
    Kind.PAUSE: """
        (tanaffus|tanaffus kerak|tanaffus qil|pauza qil|танаффус|танаффус керак|пауза қил|таваққуф|
        танаффус кунед)
    """,
    Kind.LATE: """
        [men|мен] (kechikaman|kechikyapman|kechikayapman|kech qolaman|kech qolyapman|kechroq yozaman|
            кечикаман|кечикяпман|кеч қоламан|кеч қоляпман)
        (дер мекунам|дер мемонам|ман дер мекунам)
    """,
}

DISTRESS = """
    (yordam|qutqaring|qutqar|qutqaringlar|xavf|xavfli|xavfdaman|qo'rqaman|qo'rqyapman|qo'rqinchli|urdi|
        urishdi|kaltakladi|zo'rladi|o'ldiradi|o'ldirishadi|qamab|qamashdi|politsiya|militsiya|qamoq|qamoqda|
        kasalxona|kasalxonada|ushlashdi|ushladi|o'g'irladi)
    (ёрдам|қутқаринг|қутқар|хавфли|хавфдаман|қўрқаман|қўрқяпман|урди|калтаклади|зўрлади|ўлдиради|қамаб|
        қамашди|қамоқ|қамоқда|касалхона|касалхонада|ушлашди|ушлади|ўғирлади)
    (pasportimni|pasportni|telefonimni|паспортимни|паспортни) (olib qo'ydi|olib qo'yishdi|oldi|tortib oldi|
        олиб қўйди|олиб қўйишди|олди)
    (кӯмак|кумак|ёрӣ|наҷот|хатар|хатарнок|метарсам|тарс|мезананд|куштанд|мекушанд|зиндон|бемористон|
        бемористонам|маҳбус)
"""

NEGATION = """
    (emas|emasman|emassan|yo'q|yoq|yomon|hech|hech kim|hech narsa|kerak emas|xato|adashib|sinov|эмас|
        эмасман|йўқ|йук|ёмон|ҳеч|хато|синов)
    (не|нест|нестам|бад|ҳеҷ|лозим нест|хато)
"""

WITHHELD = """
    (pul|pulim|ovqat|suv|pasport|pasportim|hujjat|aloqa|пул|пулим|овқат|сув|паспорт) (yo'q|йўқ)
    (hech kim|ҳеч ким) (yordam bermayapti|yo'q|йўқ)
    (пул|нон|об|паспорт) (надорам|нест)
"""
