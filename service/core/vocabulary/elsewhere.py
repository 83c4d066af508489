"""What is the same in every language, and a handful of phrases in the languages of the countries of work."""

from service.core.vocabulary.kinds import Kind

PHRASES = {
    Kind.OK: """
        (+|👍|👌|✔|✅|☑|✓|🆗)
        (tamam|تمام|اوكي|اوكى|حسنا|好的|オーケー|오케이)
    """,
    Kind.FULL: """
        [ben] [cok] (iyiyim|guvendeyim|iyiyiz)
        [her] (sey|şey) (yolunda|iyi|tamam)
        her (şey|sey) (yolunda|iyi|tamam)
        انا [تمام] بخير
        انا (تمام|بخير الحمد لله|في امان)
        كل شيء (تمام|بخير|على ما يرام)
        [u mnie|u nas] wszystko [jest] (ok|okej|dobrze|w porzadku|w porządku)
        [jestem] (bezpieczna|bezpieczny)
        (jestem cala i zdrowa|jestem caly i zdrowy)
        [bei mir] [ist] alles (ok|okay|gut|in ordnung)
        mir geht es gut
        (ich bin in sicherheit|ich bin ok|ich bin okay)
        (estoy|todo) bien
        (sto|tutto) bene
        tutto ok
        (je vais bien|tout va bien|je suis ok)
        (我很好|我平安|一切都好|一切平安|我很安全)
        (잘 지내요|잘 있어요|저는 괜찮아요|안전해요)
    """,
    Kind.BARE: """
        (بخير|平安|안전|iyi|guvende)
    """,
    Kind.GREETING: "(merhaba|selam|مرحبا|السلام عليكم|czesc|hej|hallo)",
    Kind.VOCATIVE: """
        (anne|annecim|baba|babacim|abla|abi|canim|ماما|بابا|امي|يا امي|حبيبي|حبيبتي|mamo|mamusiu|tato)
    """,
    Kind.THANKS: "(🙏|tesekkurler|tesekkur ederim|sagol|شكرا|dziekuje|dzieki|danke)",
    Kind.PRAISE: "(الحمد لله|الحمدلله|cok sukur|allaha sukur|sukur)",
    Kind.AND: "(ve|и)",
    Kind.SOS: """
        (🆘|imdat|yardim edin|yardim|النجدة|ساعدوني|ساعدني|救命|살려주세요|도와주세요|ratunku|pomocy|hilfe)
    """,
    Kind.STOP: "(dur|durdur|توقف|dość)",
}

DISTRESS = "(🆘|imdat|yardim|النجدة|ساعدوني|ساعدني|救命|살려주세요|도와주세요|ratunku|pomocy|hilfe)"

NEGATION = "(degil|degilim|hayir|yok|لا|ليس|لست|nie|nicht|kein|keine|nein|不|没|没有|아니)"

WITHHELD = ""

# Signs of good cheer: they neither say nor take back anything, wherever they stand.
FRIENDLY = (
    "😊🙂😀😃😄😁😆😇☺😉😍🥰😘😗😙😚🤗😎😋😌🤩🥳😽😻❤🧡💛💚💙💜💕💖💗💓💞💝💋♥♡💐🌹🌸🌷🌺🌻🌞☀🌈✨⭐🌟🎉🎊💪👏🤝✌🫶👋🤲"
)

# Signs that ask, in whatever letters.
ASKING = frozenset("?؟⁇⁈⁉‽¿⸮՞፧❓❔🤔\u037e")

# Devices that a phone's own signature names ("Sent from my …").
SIGNATURE = (
    r"(?:sent (?:from|via)(?: my)?|отправлено (?:с|из|через)(?: моего| мобильной| мобильного)?|get outlook for|"
    r"(?:менин )?(?:iphone|ipad)[ -]?(?:нан|дан) жиберилди|yuborildi|жиберилди) "
    r"(?:iphone|ipad|apple|samsung|galaxy|android|huawei|honor|xiaomi|redmi|poco|mi|oppo|vivo|realme|nokia|sony|lg|"
    r"motorola|moto|tecno|infinix|pixel|oneplus|asus|zte|meizu|mobile|phone|телефона|смартфона|устроиства|яндекс|"
    r"yandex|mail|почты|gmail|outlook|yahoo|windows|blackberry|whatsapp|ios)(?:[ .]?[a-zа-я0-9+.-]+){0,5}[.!]?"
)
