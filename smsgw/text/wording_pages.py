"""What the page of a message says, by language: it is read by customers, so it speaks theirs and not the browser's."""

from __future__ import annotations

_ORDER = ("en", "sl", "ru", "fa", "de", "hr", "it")


def _in(*sentences: str) -> dict[str, str]:
    return dict(zip(_ORDER, sentences, strict=True))


MESSAGE_PAGES: dict[str, dict[str, str]] = {
    "page_title": _in(
        "A message for you", "Sporočilo za vas", "Сообщение для вас", "پیامی برای شما",
        "Eine Nachricht für Sie", "Poruka za vas", "Un messaggio per Lei",
    ),
    "page_from": _in(
        "From: {name}", "Pošilja: {name}", "От: {name}", "از: {name}", "Von: {name}", "Šalje: {name}", "Da: {name}",
    ),
    "page_until": _in(
        "You can open it until {date}.", "Odprete ga lahko do {date}.", "Его можно открыть до {date}.",
        "تا {date} می‌توانید آن را باز کنید.", "Sie können sie bis {date} öffnen.", "Možete je otvoriti do {date}.",
        "Può aprirlo fino al {date}.",
    ),
    "page_show": _in(
        "Show the message", "Pokaži sporočilo", "Показать сообщение", "نمایش پیام", "Nachricht zeigen",
        "Prikaži poruku", "Mostra il messaggio",
    ),
    "page_pin": _in(
        "Code", "Koda", "Код", "کد", "Code", "Kod", "Codice",
    ),
    "page_pin_note": _in(
        "This message is protected. Type the code that we agreed on, or that we sent you.",
        "Sporočilo je zaščiteno. Vpišite dogovorjeno kodo ali kodo, ki smo vam jo poslali.",
        "Сообщение защищено. Введите код, о котором мы договорились или который мы вам прислали.",
        "این پیام محافظت شده است. کدی را که توافق کرده‌ایم یا برایتان فرستاده‌ایم وارد کنید.",
        "Diese Nachricht ist geschützt. Geben Sie den vereinbarten oder zugesandten Code ein.",
        "Poruka je zaštićena. Upišite dogovoreni kod ili kod koji smo vam poslali.",
        "Questo messaggio è protetto. Inserisca il codice concordato o che Le abbiamo inviato.",
    ),
    "page_pin_wrong": _in(
        "This is not the code. Tries left: {left}", "To ni prava koda. Preostali poskusi: {left}",
        "Код неверный. Осталось попыток: {left}", "کد درست نیست. دفعات باقی‌مانده: {left}",
        "Das ist nicht der Code. Verbleibende Versuche: {left}", "To nije pravi kod. Preostalo pokušaja: {left}",
        "Il codice non è giusto. Tentativi rimasti: {left}",
    ),
    "page_locked": _in(
        "There were too many wrong codes. Please call us or write to us.",
        "Preveč napačnih kod. Prosimo, pokličite nas ali nam pišite.",
        "Слишком много неверных кодов. Позвоните или напишите нам.",
        "کد نادرست بیش از حد وارد شد. لطفاً با ما تماس بگیرید یا بنویسید.",
        "Es gab zu viele falsche Codes. Bitte rufen Sie uns an oder schreiben Sie uns.",
        "Previše pogrešnih kodova. Nazovite nas ili nam pišite.",
        "Troppi codici sbagliati. La preghiamo di chiamarci o di scriverci.",
    ),
    "page_picture": _in(
        "Picture {number}", "Slika {number}", "Изображение {number}", "تصویر {number}", "Bild {number}",
        "Slika {number}", "Immagine {number}",
    ),
    "page_sound": _in(
        "Sound {number}", "Posnetek {number}", "Звук {number}", "صدا {number}", "Ton {number}", "Zvuk {number}",
        "Audio {number}",
    ),
    "page_video": _in(
        "Video {number}", "Video {number}", "Видео {number}", "ویدیو {number}", "Video {number}", "Video {number}",
        "Video {number}",
    ),
    "page_file": _in(
        "File {number}", "Datoteka {number}", "Файл {number}", "پرونده {number}", "Datei {number}",
        "Datoteka {number}", "File {number}",
    ),
    "page_save": _in(
        "Save ({kind}, {size})", "Shrani ({kind}, {size})", "Сохранить ({kind}, {size})", "ذخیره ({kind}، {size})",
        "Speichern ({kind}, {size})", "Spremi ({kind}, {size})", "Salva ({kind}, {size})",
    ),
    "page_answer": _in("Answer", "Odgovorite", "Ответить", "پاسخ دهید", "Antworten", "Odgovorite", "Rispondere"),
    "page_by_sms": _in(
        "Answer by SMS", "Odgovor po SMS", "Ответить по SMS", "پاسخ با پیامک", "Per SMS antworten",
        "Odgovor SMS-om", "Rispondere per SMS",
    ),
    "page_by_mail": _in(
        "Answer by e-mail", "Odgovor po e-pošti", "Ответить по почте", "پاسخ با ایمیل", "Per E-Mail antworten",
        "Odgovor e-poštom", "Rispondere per e-mail",
    ),
    "page_by_call": _in("Call us", "Pokličite nas", "Позвонить", "تماس با ما", "Anrufen", "Nazovite nas", "Chiamare"),
    "page_your_text": _in(
        "Your answer", "Vaš odgovor", "Ваш ответ", "پاسخ شما", "Ihre Antwort", "Vaš odgovor", "La Sua risposta",
    ),
    "page_your_files": _in(
        "Pictures or other files (at most {most}, each up to {megabytes} MB)",
        "Slike ali druge datoteke (največ {most}, vsaka do {megabytes} MB)",
        "Фото или другие файлы (не больше {most}, каждый до {megabytes} МБ)",
        "عکس یا پرونده (حداکثر {most}، هر یک تا {megabytes} مگابایت)",
        "Bilder oder andere Dateien (höchstens {most}, je bis {megabytes} MB)",
        "Slike ili druge datoteke (najviše {most}, svaka do {megabytes} MB)",
        "Immagini o altri file (al massimo {most}, ciascuno fino a {megabytes} MB)",
    ),
    "page_send": _in("Send", "Pošlji", "Отправить", "فرستادن", "Senden", "Pošalji", "Inviare"),
    "page_sent": _in(
        "Thank you. Your answer has arrived.", "Hvala. Vaš odgovor je prispel.", "Спасибо. Ваш ответ получен.",
        "سپاس. پاسخ شما رسید.", "Danke. Ihre Antwort ist angekommen.", "Hvala. Vaš je odgovor stigao.",
        "Grazie. La Sua risposta è arrivata.",
    ),
    "page_another": _in(
        "Write another answer", "Napišite še en odgovor", "Написать ещё", "پاسخ دیگری بنویسید",
        "Noch eine Antwort schreiben", "Napišite još jedan odgovor", "Scrivere un'altra risposta",
    ),
    "page_empty": _in(
        "Please write something or choose a file.", "Napišite kaj ali izberite datoteko.",
        "Напишите что-нибудь или выберите файл.", "لطفاً چیزی بنویسید یا پرونده‌ای برگزینید.",
        "Bitte schreiben Sie etwas oder wählen Sie eine Datei.", "Napišite nešto ili odaberite datoteku.",
        "Scriva qualcosa o scelga un file.",
    ),
    "page_too_long": _in(
        "Your text has {length} letters, and {most} are the most.",
        "Besedilo ima {length} znakov, največ jih je lahko {most}.",
        "В тексте {length} знаков, а можно не больше {most}.", "متن {length} نویسه دارد و حداکثر {most} مجاز است.",
        "Ihr Text hat {length} Zeichen, höchstens {most} sind möglich.",
        "Tekst ima {length} znakova, a može najviše {most}.",
        "Il testo ha {length} caratteri, il massimo è {most}.",
    ),
    "page_too_many": _in(
        "These are more than {most} files. Please send the rest in a second answer.",
        "To je več kot {most} datotek. Preostale pošljite v drugem odgovoru.",
        "Файлов больше, чем {most}. Остальные пришлите вторым ответом.",
        "بیش از {most} پرونده است. بقیه را در پاسخ دیگری بفرستید.",
        "Das sind mehr als {most} Dateien. Bitte schicken Sie die übrigen in einer zweiten Antwort.",
        "To je više od {most} datoteka. Ostale pošaljite u drugom odgovoru.",
        "Sono più di {most} file. Mandi gli altri in una seconda risposta.",
    ),
    "page_too_large": _in(
        "{name} is too large: up to {megabytes} MB are possible.", "{name} je prevelika: mogoče je do {megabytes} MB.",
        "{name}: файл слишком велик, можно до {megabytes} МБ.", "{name} بیش از حد بزرگ است: تا {megabytes} مگابایت.",
        "{name} ist zu groß: bis {megabytes} MB sind möglich.", "{name} je prevelika: moguće je do {megabytes} MB.",
        "{name} è troppo grande: fino a {megabytes} MB.",
    ),
    "page_wrong_kind": _in(
        "{name} is no picture, sound, video, PDF or card that we can take.",
        "{name} ni slika, zvok, video, PDF ali vizitka, ki jo lahko sprejmemo.",
        "{name}: это не фото, звук, видео, PDF или визитка, которые мы принимаем.",
        "{name} عکس، صدا، ویدیو، PDF یا کارت قابل پذیرش نیست.",
        "{name} ist kein Bild, Ton, Video, PDF oder Kontakt, wie wir sie annehmen.",
        "{name} nije slika, zvuk, video, PDF ili posjetnica koju primamo.",
        "{name} non è un'immagine, un audio, un video, un PDF o un contatto che accettiamo.",
    ),
    "page_too_fast": _in(
        "These were many answers. Please wait a little, or call us.",
        "To je bilo veliko odgovorov. Počakajte malo ali nas pokličite.",
        "Ответов было много. Подождите немного или позвоните нам.",
        "پاسخ‌ها زیاد بود. کمی صبر کنید یا تماس بگیرید.",
        "Das waren viele Antworten. Bitte warten Sie etwas oder rufen Sie uns an.",
        "To je bilo mnogo odgovora. Pričekajte malo ili nas nazovite.",
        "Sono state molte risposte. Attenda un poco o ci chiami.",
    ),
    "page_stale": _in(
        "Please send it once more: this form was too old.", "Pošljite še enkrat: obrazec je bil prestar.",
        "Отправьте ещё раз: форма устарела.", "لطفاً دوباره بفرستید: این فرم قدیمی بود.",
        "Bitte schicken Sie es noch einmal: Das Formular war zu alt.", "Pošaljite još jednom: obrazac je bio prestar.",
        "Lo mandi ancora una volta: il modulo era troppo vecchio.",
    ),
    "page_try_again": _in(
        "It could not be stored just now. Please try again in a minute.",
        "Trenutno ni bilo mogoče shraniti. Poskusite znova čez minuto.",
        "Сейчас не удалось сохранить. Попробуйте через минуту.", "اکنون ذخیره نشد. یک دقیقه دیگر دوباره تلاش کنید.",
        "Es konnte gerade nicht gespeichert werden. Bitte versuchen Sie es in einer Minute noch einmal.",
        "Trenutačno se nije moglo spremiti. Pokušajte ponovno za minutu.",
        "Al momento non è stato possibile salvare. Riprovi fra un minuto.",
    ),
    "page_gone": _in(
        "This link does not work", "Ta povezava ne deluje", "Ссылка не работает", "این پیوند کار نمی‌کند",
        "Dieser Link führt nirgendwohin", "Ova poveznica ne radi", "Questo link non funziona",
    ),
    "page_gone_note": _in(
        "Perhaps its time is over, or it was not copied whole. Please ask whoever sent it to you.",
        "Morda se je iztekla ali ni bila prepisana v celoti. Vprašajte pošiljatelja.",
        "Возможно, срок истёк или ссылка скопирована не полностью. Спросите отправителя.",
        "شاید زمانش گذشته یا کامل کپی نشده است. لطفاً از فرستنده بپرسید.",
        "Vielleicht ist er abgelaufen oder nicht ganz kopiert. Bitte fragen Sie, wer ihn geschickt hat.",
        "Možda je istekla ili nije prepisana cijela. Pitajte pošiljatelja.",
        "Forse è scaduto o non è stato copiato per intero. Chieda a chi l'ha inviato.",
    ),
    "page_wait": _in(
        "Too many requests", "Preveč zahtev", "Слишком много запросов", "درخواست‌های بیش از حد", "Zu viele Anfragen",
        "Previše zahtjeva", "Troppe richieste",
    ),
    "page_wait_note": _in(
        "Please wait a minute and try again.", "Počakajte minuto in poskusite znova.",
        "Подождите минуту и попробуйте снова.", "یک دقیقه صبر کنید و دوباره تلاش کنید.",
        "Bitte warten Sie eine Minute und versuchen Sie es noch einmal.", "Pričekajte minutu i pokušajte ponovno.",
        "Attenda un minuto e riprovi.",
    ),
}  # fmt: skip
