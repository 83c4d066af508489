"""English: closed lists. A phrase that is not here means nothing; a missed OK costs one more reminder."""

from service.core.vocabulary.kinds import Kind

_WELL = "(ok|okay|o k|safe|fine|good|well|great|alright|all right|alive|in one piece|unharmed)"
_PAIRS = "((safe|alive) and (well|sound|healthy|kicking)|(ok|okay|fine|well|healthy) and safe|safe and (ok|okay|fine))"

PHRASES = {
    Kind.OK: """
        (ok|okay|okey|okei|okej|oky|oke|oki|okie|okee|okay|o key|o kay|o k|okok|okokok|okidoki|okeydokey)
        (ok|oki|okie|okey|okay|okee) (doki|dokie|dokey|doke|dokay)
        alright
        all right
        (im |)checking in
    """,
    Kind.FULL: f"""
        (i am|im|i m|we are|we re) [all|totally|perfectly|absolutely|still|very|really|also] ({_WELL}|
            {_PAIRS})
        (i am|im|we are) doing (ok|okay|fine|well|good|great|alright)
        (i am|im|we are) feeling (ok|okay|fine|well|good|great|safe)
        (i am|im|we are) [here|both|all] and (ok|okay|safe|fine|well)
        (i am|im|we are) (in|at) a safe place
        in a safe place
        i feel (ok|okay|fine|well|good|great|safe)
        (doing|feeling) (ok|okay|fine|well|good|great|alright)
        (all|everything|everything is|everythings|all is|alls) (ok|okay|o k|good|fine|well|alright|
            all right|great|gud|in order)
        (still|here) (ok|okay|safe|fine|alive|good)
        (ok|okay|safe|fine|good|well) here
        (i|we|) [have|] (arrived|landed) (safe|safely|ok|okay|fine|well|safe and sound)
        (i|we|) (got|made it) here (safe|safely|ok|okay|fine)
        (very|really) (well|good)
        (all|everything) is going (well|good|fine|ok)
    """,
    Kind.BARE: f"""
        (safe|alive|fine|good|{_PAIRS})
    """,
    Kind.HERE: """
        (here|with me|with us|on my side|on my end|today|tonight|this morning|this evening)
    """,
    Kind.DOING: """
        (arrived|landed|got here|made it|at work|at the (hotel|hostel|airport|station)|on the (way|road|bus|
            train))
    """,
    Kind.HOME_FULL: """
        (i am|im|we are) [back|safely|finally|already|now] home [safe|safely|now|already]
        (i|we|) [am|are] [just] (got|arrived|came|made it|reached|returned) [back] home [safe|safely|ok]
        [safely] back home [safe|safely]
        home (safe|safely|safe and sound|already)
        safe at home
        safely home
        (i am|im|we are) at home
    """,
    Kind.HOME_BARE: """
        (home|at home)
    """,
    Kind.GREETING: """
        (hi|hello|hey|hallo|hiya|good morning|good evening|good afternoon|good day|morning) [there|again]
        (hi|hello|hey) (hi|hello)
    """,
    Kind.VOCATIVE: """
        [my] [dear|dearest|sweet] (mom|mum|mommy|mummy|mama|mamma|mam|dad|daddy|papa|mother|father|parents)
        [my] [dear|dearest|little|big] (sis|sister|bro|brother|son|daughter|aunt|auntie|aunty|uncle|cousin)
        [my] [dear|dearest] (granny|grandma|grandpa|grandmother|grandfather|nan|nana|husband|wife)
        [my] (dear|darling|honey|hun|sweetie|sweetheart|babe|baby|love|dears|family|guys|everyone|everybody)
        (amigo|amiga|amigos)
        [ya] (habibi|habibti|habibty|yakhi|akhi)
    """,
    Kind.YES: """
        (yes|yeah|yep|yup)
    """,
    Kind.THANKS: """
        [many] (thanks|thank you|thank u|thx|thanx|tnx|ty) [a lot|so much|very much|for asking]
    """,
    Kind.PRAISE: """
        (thank god|thanks god|thanks to god|praise god|alhamdulillah|alhamdullilah|alhamdulilah|
            elhamdulillah|hamdulillah)
    """,
    Kind.CLOSING: """
        (x|xx|xxx|xxxx|xo|xoxo|xoxoxo|kiss|kisses|hug|hugs|hugs and kisses|kisses and hugs|ily)
        [i] (love|luv|miss) (you|u|ya) [all|both|so much|very much]
        [lots of] love
        (goodnight|gn|sweet dreams|good night|night night|nighty night)
    """,
    Kind.AND: "and",
    Kind.PLEASE: "(please|pls|plz)",
    Kind.SPOKEN: """
        (exclamation mark|exclamation|exclamation point|period|full stop|comma|dot|smiley|smiley face|smile)
    """,
    Kind.SOS: """
        (sos|s o s|soc|coc|help|mayday|emergency|save me|save us|rescue me|rescue us)
        (i|we) need help
        (i am|im|we are) in danger
        call the police
        need help
    """,
    Kind.STOP: """
        (stop|stopall|stop all|unsubscribe|cancel|end|quit|revoke|optout|opt out|unsubscribe me|stop it)
        stop (sms|messages|texts|messaging|texting|writing|sending|reminders) [me|to me]
        stop (messaging|texting|writing to|writing|sending to|bothering) me
        stop sending [me] (sms|messages|texts|reminders)
        (no more|do not send|dont send|dont send me|do not send me) (messages|texts|sms|reminders)
        (do not|dont) (text|message|write) me
    """,
    Kind.START: """
        (start|resume|restart|start again|subscribe|unpause)
    """,
    Kind.STATUS: """
        [my] (status|state) [now]
        (info|information)
        (what is|whats) (my|the) (status|state)
        (when is|whens) (my|the) next (check in|checkin|deadline|ok)
        (next check in|next checkin|when is next check in|when next check in)
        when (should|do|must) i (check in|reply|answer|text) [next]
    """,
    Kind.PAUSE: """
        (pause|take a pause|pause it|pause me|pause reminders)
    """,
    Kind.LATE: """
        (late|running late|delayed|be late|ill be late|delay)
        (i am|im|i will be|ill be|i m) [running] (late|delayed)
        (i am|im) going to be late
    """,
}

DISTRESS = """
    (sos|soc|coc|help|helpme|emergency|mayday|danger|dangerous|rescue|hostage|kidnap|kidnapped|kidnapping|
        abducted)
    (trapped|locked|rape|raped|raping|beat|beaten|beating|beats|hit|hurt|hurts|injured|bleeding|attacked|
        attack)
    (threat|threats|threaten|threatened|threatening|afraid|scared|scary|fear|kill|killed|killing|dying|die|
        murder)
    (police|prison|jail|arrested|detained|deported|hospital|ambulance|accident|robbed|stolen|trafficked|
        violence)
    (took|taken|takes) [away] [my|our|the] (passport|passports|documents|phone|papers)
    (took|taken|takes) me
    (wont|dont|doesnt|didnt|not|will not|do not|does not) let (me|us) (go|out|leave)
    (cant|cannot|can not) (leave|escape|get out|go out)
    against my will
"""

NEGATION = """
    (no|not|nope|never|none|nothing|nobody|isnt|isn t|arent|aint|wasnt|dont|doesnt|didnt|wont|without|
        cancelled|canceled)
    (by mistake|mistake|accidentally|false|false alarm|test|testing|joke|joking|ignore|nevermind)
"""

# A negation that withholds something from her takes no distress back.
WITHHELD = """
    (cant|cannot|can not|couldnt|could not)
    (dont|do not|doesnt|does not|didnt|did not|wont|will not|not|never) (let|let me|let us|pay|paid|give|
        gave|know|answer|allow|allowed|open|feed)
    (no|without) (money|food|water|passport|passports|documents|exit|way out|phone|battery|charge|air|
        doctor|heating)
    (nobody|noone|no one|nothing) [is] (here|answers|to eat|helps|comes|to drink)
"""
