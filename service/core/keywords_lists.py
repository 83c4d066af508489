"""The closed lists of what can be asked by a text. No word is one that a carrier answers itself: HELP, INFO, STOP, …

Written as `vocabulary.kinds.expand` reads them, one template a line, folded before use.
"""

from service.core.vocabulary.letters import fold


def _set(words: str) -> frozenset[str]:
    return frozenset(fold(words).split())


MENU = """
    (menu|menue|menyu|command|commands|words)
    (меню|мню|команды|команда|слова)
    (мәзір|мазір|мазир|mazir|командалар|сөздер|sozder)
"""

NUMBERS = """
    [phone|telephone|emergency] (numbers|number|nums|numbres)
    numers
    (номера|номер|номеры) [телефонов|телефона|телефонные]
    (телефонные|экстренные) номера
    нумера
    [телефон] (нөмірлер|нөмір|нөмірлері|нөмірін|нөмірлерін|номерлер|номерлері|номері|номерлерін|нөмерлер|нөмерлері)
    (nomera|nomer|nomery|numera|nomirler|nomir|nomirleri|nomerler|nomerleri|nomeri)
"""
"""Telephones alone are not on it: "my phone", "телефон сел" is news of hers."""

ONE_NUMBER = _set("number номер нөмір нөмірі нөмірін нөмірім номері nomer nomir nomeri")
"""Behind one of these stands what happened to it as often as a country: "номер новый"."""

KINDS_OF_NUMBERS = _set(
    """
    police ambulance fire emergency emergencies embassy consulate mission hotline phone telephone local
    полиции полиция полицию скорой скорая пожарных посольства посольство консульства консульство консула
    экстренные экстренных экстренной служб службы помощи горячей линии телефон телефона
    полиция полицияның жедел жәрдем елшілік елшіліктің елшілігі консулдық консулдықтың шұғыл қызмет
    policii politsii posolstva konsulstva skoroy
    """
)
"""Which of them is asked for: the answer names all."""

FILLERS = _set(
    """
    please pls plz send give text tell show get need want i me us the what whats are is my
    пожалуйста пж плиз прошу пришли пришлите скинь скиньте дай дайте скажи скажите покажи какие какой нужны нужен мне
    өтінемін өтініш керек қандай жіберіңіз жіберіңізші жібер жіберші беріңіз беріңізші бер берші айт айтыңыз маған
    pozhaluysta daite dai nuzhny nuzhen kerek jiber zhiber
    """
)

PLACE = _set(
    """
    in for of to at from country
    в во на для по из страна страны
    үшін бойынша елі елінің
    v vo na dlya po
    """
)
"""What stands between the word and the country."""

AD = """
    (offer|offers|ofer|offr)
    (job|work) offer
    (vacancy|vacancies|vacansy)
    (вакансия|вакансию|вакансии|вакансиясы|вакансияны|ваканция|оффер|офер)
    (жұмыс ұсынысы|бос жұмыс орны|бос орын)
    (vakansiya|vakansiia|vakansia|vakanciya|vacansiya)
    (zhumys|jumys) usynysy
"""

AD_SET_APART = """
    (job|ad|advert|work|check|check offer|check job|check ad)
    (работа|объявление|предложение|предложение работы|проверь|проверить|проверьте)
    (жұмыс|жумис|хабарландыру|ұсыныс|тексер|тексеріңіз)
    (rabota|zhumys|jumys|usynys)
"""
"""Words with which news of hers may begin as well: taken for a keyword only when they are set apart from the rest."""

HERSELF = _set(
    """
    i im ive id ill me my myself mine was were turned moved took taken lied cheated deceived fake scam
    я меня мне мной мой моя моё мои мою обман обманули обманул обманула оказалась оказался оказалось оказались
    увезли привезли перевезли забрали отобрали соврали врут развод вранье
    мені маған менің менде алдады алдап алданды алданып өтірік әкетті алып
    ya menya mne moi moya obman obmanuli
    """
)
"""What tells of her and stands in few ads: behind a word for one that nothing sets apart, it is news of hers."""

UNMISTAKABLE = """
    (sos|сос|🆘|mayday|помогите|памагите|помагите|спасите|pomogite|spasite)
    (көмектесіңіз|көмектесіңіздер|көмектесіңізші|көмектесіңдер|құтқарыңыз|құтқарыңыздар|құтқарыңдар|құтқар)
    (kidnapped|kidnaped|hostage|trapped|raped|похитили|изнасиловали|заперли|удерживают|избили|избивают)
"""
