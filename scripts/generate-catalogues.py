#!/usr/bin/env python3
"""Turns Sources/StatusCodes/Catalogues/LANGUAGE/*.txt into Swift: what explanations say, one file a language.

  scripts/generate-catalogues.py            writes Sources/StatusCodes/Explanation/Texts/*.generated.swift
  scripts/generate-catalogues.py --check    writes nothing; says what is missing, unknown, repeated or left in English

Run it after editing a text and commit both; a test compares them line by line. The English files give the keys and
their order; every other language has the same. Needs Python 3 and nothing else.
"""
import csv, os, re, sys

top = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
source = f"{top}/Sources/StatusCodes/Catalogues"
target = f"{top}/Sources/StatusCodes/Explanation/Texts"
files = ["causes", "codes", "conditions", "replies"]
problems = []


def read(language):
    """The texts of a language by key, in the order of its files."""
    texts = {}
    for name in files:
        path = f"{source}/{language}/{name}.txt"
        for number, line in enumerate(open(path, encoding="utf-8").read().split("\n"), 1):
            if not line or line.startswith("#"):
                continue
            where = f"{language}/{name}.txt:{number}"
            key, equals, text = line.partition(" = ")
            if not equals or not text or text != text.strip() or any(ord(c) < 32 for c in text):
                problems.append(f"{where}: expected KEY = TEXT, found {line[:60]!r}")
            elif key in texts:
                problems.append(f"{where}: {key} occurs twice")
            else:
                texts[key] = text
    return texts


def rows(name):
    with open(f"{top}/Registry/{name}.csv", newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


# What there is to say, in the order in which it is kept. Steps are numbered from 1; each cause has at least one of each.
faults = ("recipient recipient-system sender-address sender-account our-address our-domain content intermediary network "
          "us unknown none").split()
# What a mail about a mail can be, other than a report on delivery, in the order of Catalogue.Notice.
mails = ["complaint", "auto-reply", "receipt"]
english = read("en")
languages = ["en"] + sorted(name for name in os.listdir(source) if name != "en")


def steps(cause, kind):
    count = 0
    while f"cause.{cause}.{kind}.{count + 1}" in english:
        count += 1
    if not count:
        problems.append(f"en/causes.txt: cause.{cause}.{kind}.1 is missing")
    return count


def code_key(code):
    digit, subject, detail = map(int, code.split("."))
    return digit << 24 | subject << 12 | detail


causes = [row["name"] for row in rows("causes")]
codes = sorted({key.split(".title")[0].removeprefix("code.") for key in english if re.match(r"code\..*\.title$", key)}, key=code_key)
conditions = [row["condition_id"] for row in rows("conditions")]
replies, seen = [], {}
standard = sorted({row["code"] for row in rows("reply-codes") if row["standard"] == "yes"})
for row in rows("reply-codes"):
    if row["standard"] == "no":
        seen[row["code"]] = seen.get(row["code"], 0) + 1
        replies.append(row["code"] + (f"-{seen[row['code']]}" if seen[row["code"]] > 1 else ""))
order = ["label.sender", "label.operator"] + [f"fault.{name}.turn" for name in faults] + [f"class.{digit}.outlook" for digit in (2, 4, 5)]
cause_layout = []
for cause in causes:
    sender, operator = steps(cause, "sender"), steps(cause, "operator")
    cause_layout.append((len(order), sender, operator))
    order += [f"cause.{cause}.title", f"cause.{cause}.what"]
    order += [f"cause.{cause}.sender.{number}" for number in range(1, sender + 1)]
    order += [f"cause.{cause}.operator.{number}" for number in range(1, operator + 1)]
starts = {}
for kind, names in (("code", codes), ("condition", conditions), ("reply", replies), ("mail", mails), ("number", standard)):
    starts[kind] = len(order)
    order += [f"{kind}.{name}.{part}" for name in names for part in ("title", "what")]


def kind(key):
    """Texts of one kind must differ from one another: two causes may not be explained by the same sentence."""
    return key.split(".")[0] + "." + re.sub(r"\d+$", "step", key.rsplit(".", 1)[1]) if "." in key else key


def check(language, texts):
    for key in order:
        if key not in texts:
            problems.append(f"{language}: {key} is missing")
    for key in texts.keys() - set(order):
        problems.append(f"{language}: {key} is not a text of any explanation")
    said = {}
    for key, text in texts.items():
        first = said.setdefault((kind(key), text), key)
        if first != key and key.split(".")[-1] in ("title", "what"):
            problems.append(f"{language}: {key} says the same as {first}")
        if language != "en" and text == english.get(key) and len(text.split()) > 3:
            problems.append(f"{language}: {key} is left in English")


def swift_name(language):
    first, *rest = language.split("-")
    return first + "".join(word.capitalize() for word in rest)


def write(name, lines):
    os.makedirs(target, exist_ok=True)
    head = ["// Generated by scripts/generate-catalogues.py from Sources/StatusCodes/Catalogues; edit those files.", "",
            "// swift-format-ignore-file", ""]
    with open(f"{target}/{name}.generated.swift", "w", encoding="utf-8") as file:
        file.write("\n".join(head + lines) + "\n")


def numbers(values, width=16):
    values = [str(value) for value in values]
    return [f"        {', '.join(values[first:first + width])}," for first in range(0, len(values), width)]


catalogues = {language: english if language == "en" else read(language) for language in languages}
for language, texts in catalogues.items():
    check(language, texts)
if problems:
    sys.exit("\n".join(problems[:200]) + (f"\n… and {len(problems) - 200} more" if len(problems) > 200 else ""))
if "--check" in sys.argv[1:]:
    print(f"{len(languages)} languages, {len(order)} texts each")
    sys.exit(0)
write("CatalogueLayout", [
    "extension Catalogue {",
    "    /// Where the texts of what stand, in every language the same.",
    "    enum Layout {",
    f"        /// How many texts a language has.", f"        static let count = {len(order)}",
    "        /// The first text of whose turn it is, one a fault.", "        static let turns = 2",
    "        /// The first text of the classes' outlooks.", f"        static let outlooks = {2 + len(faults)}",
    *[f"        /// The first text of the {name}: title and explanation of each, in the order of the keys or of the table.\n"
      f"        static let {name} = {starts[kind]}" for kind, name in (
          ("code", "codes"), ("condition", "conditions"), ("reply", "replies"), ("mail", "mails"), ("number", "numbers"))],
    "        /// The first text of each cause: title, explanation, steps.", "        static let causes: [UInt16] = [",
    *["    " + line for line in numbers(start for start, _, _ in cause_layout)], "        ]",
    "        /// How many steps the sender has (tens) and whoever runs the sending server (ones).", "        static let steps: [UInt8] = [",
    *["    " + line for line in numbers(sender * 10 + operator for _, sender, operator in cause_layout)], "        ]",
    "        /// Class, subject and detail of each code in one word, ascending.", "        static let codeKeys: [UInt32] = [",
    *["    " + line for line in numbers((code_key(code) for code in codes), 10)], "        ]",
    "        /// The digits of each meaning of a reply code outside the standard, in the order of the table.",
    "        static let replyKeys: [UInt16] = [", *["    " + line for line in numbers(name[:3] for name in replies)], "        ]",
    "        /// The digits that a standard gives a meaning, ascending.",
    "        static let numberKeys: [UInt16] = [", *["    " + line for line in numbers(standard)], "        ]",
    "    }", "",
    "    /// Every language that is built in, English first.",
    f"    public static let all: [Self] = [{', '.join('.' + swift_name(language) for language in languages)}]", "}"])
for language, texts in catalogues.items():
    name = swift_name(language)
    write(f"Catalogue-{language}", [
        "extension Catalogue {", f"    /// The texts in the language `{language}`.",
        f'    public static let {name} = Self(language: "{language}", lines: {name}Lines)', "",
        f"    private static let {name}Lines: StaticString = ##\"\"\"", *[texts[key] for key in order], "\"\"\"##", "}"])
