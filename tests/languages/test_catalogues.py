from __future__ import annotations

import ast
import gettext
import io
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from catalogues import (
    FOLDER,
    LESSONS,
    PACKAGE,
    TRANSLATED,
    compiled,
    in_use,
    prose_template,
    read,
    template,
    unclear,
    unfit,
    untranslated,
)

from mailwidgets.languages import texts

MODULES = sorted(PACKAGE.rglob("*.py"))
CODE = """
from mailwidgets.languages.texts import N_, _, ngettext
title = _("A title")
told = ngettext("{count} line", "{count} lines", 2).format(count=2)
shown = f"<b>{escape(_('Within {braces}').format(braces='it'))}</b>"
# Translators: what an
# applicant says
declared = N_("Declared")
"""
SLOVENE = """
msgid ""
msgstr ""
"Language: sl\\n"
"Content-Type: text/plain; charset=utf-8\\n"
"Plural-Forms: nplurals=4; plural=(n%100==1 ? 0 : n%100==2 ? 1 : n%100==3 || n%100==4 ? 2 : 3);\\n"

msgid "A title"
msgstr "Naslov"

msgid "{count} line"
msgid_plural "{count} lines"
msgstr[0] "{count} vrstica"
msgstr[1] "{count} vrstici"
msgstr[2] "{count} vrstice"
msgstr[3] "{count} vrstic"

msgid "Within {braces}"
msgstr "V {braces}"

msgid "Declared"
msgstr "Prijavljeno"
"""


@pytest.fixture
def code(tmp_path: Path) -> Path:
    (tmp_path / "sample.py").write_text(CODE, "utf-8")
    return tmp_path


def test_a_translated_catalogue_is_complete(code: Path) -> None:
    assert not list(untranslated(template(code), read("sl", SLOVENE)))
    assert not list(unfit(read("sl", SLOVENE)))


def test_texts_are_found_wherever_they_stand_with_what_is_said_to_translators(code: Path) -> None:
    found = {str(one.id): one.auto_comments for one in template(code) if one.id}
    assert found == {
        "A title": [],
        "('{count} line', '{count} lines')": [],
        "Within {braces}": [],
        "Declared": ["what an", "applicant says"],
    }


@pytest.mark.parametrize(
    ("was", "now", "told"),
    [
        ('msgid "Declared"\nmsgstr "Prijavljeno"', "", "not translated: 'Declared'"),
        ('msgstr "Naslov"', 'msgstr ""', "not translated: 'A title'"),
        ("{count} vrstice", "", "not translated: ('{count} line', '{count} lines')"),
        ('msgid "A title"', '#, fuzzy\nmsgid "A title"', "fuzzy: 'A title'"),
        (
            'msgid "A title"',
            'msgid "Gone"\nmsgstr "Ni"\n\nmsgid "A title"',
            "not in the code: 'Gone'",
        ),
        (
            'msgid "A title"',
            '#~ msgid "Gone"\n#~ msgstr "Ni"\n\nmsgid "A title"',
            "not in the code",
        ),
    ],
)
def test_a_text_that_is_missing_empty_fuzzy_or_gone_is_named(
    code: Path, was: str, now: str, told: str
) -> None:
    changed = SLOVENE.replace(was, now)
    assert changed != SLOVENE
    (fault,) = untranslated(template(code), read("sl", changed))
    assert fault.startswith(told)


@pytest.mark.parametrize(
    ("was", "now", "told"),
    [
        ("{count} vrstice", "{number} vrstice", "other placeholders: '{number} vrstice'"),
        ('msgstr "Naslov"', 'msgstr "Naslov {name}"', "other placeholders: 'Naslov {name}'"),
    ],
)
def test_a_translation_that_cannot_be_filled_in_is_named(was: str, now: str, told: str) -> None:
    changed = SLOVENE.replace(was, now)
    assert changed != SLOVENE
    assert any(fault.startswith(told) for fault in unfit(read("sl", changed)))


def test_a_form_for_one_or_two_may_say_the_number_in_a_word() -> None:
    assert not list(unfit(read("sl", SLOVENE.replace("{count} vrstici", "dve vrstici"))))


def test_a_compiled_catalogue_speaks_all_forms() -> None:
    spoken = gettext.GNUTranslations(io.BytesIO(compiled(read("sl", SLOVENE))))
    told = [spoken.ngettext("{count} line", "{count} lines", count) for count in (1, 2, 4, 5, 101)]
    assert [one.removeprefix("{count} ") for one in told] == [
        *("vrstica", "vrstici", "vrstice", "vrstic", "vrstica"),
    ]


def test_a_language_that_is_spoken_has_every_text() -> None:
    found = template()
    faults = {
        language: list(untranslated(found, read(language)))
        for language in texts.COMPLETE
        if language != "en"
    }
    assert not any(faults.values()), faults


@pytest.mark.parametrize("language", TRANSLATED)
def test_the_lessons_prose_is_translated_with_the_same_code_in_it(language: str) -> None:
    catalogue = read(language, of=LESSONS)

    assert not list(untranslated(prose_template(), catalogue))
    for message in catalogue:
        if message.id:
            ours, theirs = (re.findall("`[^`]+`", str(one)) for one in (message.id, message.string))
            assert sorted(ours) == sorted(theirs), message.string
    kept = (FOLDER / f"{LESSONS}{language}.mo").read_bytes()
    assert in_use(kept) == in_use(compiled(catalogue))


@pytest.mark.parametrize("language", TRANSLATED)
def test_what_is_translated_can_be_filled_in(language: str) -> None:
    assert not list(unfit(read(language)))


@pytest.mark.parametrize("language", TRANSLATED)
def test_the_compiled_catalogue_is_what_the_readable_one_says(language: str) -> None:
    kept = (FOLDER / f"{language}.mo").read_bytes()
    assert in_use(kept) == in_use(compiled(read(language)))


@pytest.mark.parametrize("language", TRANSLATED)
def test_the_plural_forms_are_the_language_s_own(language: str) -> None:
    head = (FOLDER / f"{language}.po").read_text("utf-8").partition("\n\n")[0]
    assert f"nplurals={ {'de': 2, 'sl': 4}[language] }" in head


def test_every_gap_in_a_text_has_a_name() -> None:
    assert not list(unclear(template()))


def vague(tree: ast.AST) -> Iterator[str]:
    """Yield calls of gettext with anything else than text that can be extracted.

    ``N_`` and ``ngettext`` take literal text alone. ``_`` takes literal text, or what was
    declared with ``N_`` under a name: a name, an attribute, an entry of a table; never text that
    is put together.
    """
    looked_up = (ast.Name, ast.Attribute, ast.Subscript)
    for node in ast.walk(tree):
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Name)):
            continue
        name = node.func.id
        texts_of = {"_": 1, "N_": 1, "ngettext": 2}.get(name, 0)
        for one in node.args[:texts_of] or [node] * (texts_of > 0):
            literal = isinstance(one, ast.Constant) and isinstance(one.value, str) and one.value
            if not literal and not (name == "_" and isinstance(one, looked_up)):
                yield f"line {node.lineno}: {ast.unparse(node)}"


def hidden(tree: ast.AST) -> Iterator[str]:
    """Yield functions that call ``_`` and also keep something under that name."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            names = [one for one in ast.walk(node) if isinstance(one, ast.Name) and one.id == "_"]
            taken = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
            taken += filter(None, [node.args.vararg, node.args.kwarg])
            # A comprehension's names are its own.
            inner = [part.target for part in ast.walk(node) if isinstance(part, ast.comprehension)]
            own = [one for target in inner for one in ast.walk(target)]
            kept = any(isinstance(one.ctx, ast.Store) and one not in own for one in names)
            kept = kept or "_" in {one.arg for one in taken}
            calls = [one.func for one in ast.walk(node) if isinstance(one, ast.Call)]
            if kept and any(one in calls for one in names):
                yield f"line {node.lineno}: {node.name}"


@pytest.mark.parametrize("module", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_texts_are_literal(module: Path) -> None:
    tree = ast.parse(module.read_text("utf-8"))
    assert not [*vague(tree), *hidden(tree)]


@pytest.mark.parametrize(
    "call",
    [
        *('_(f"{x}")', '_("a" + x)', '_("a".format(x))', "_(x())", '_("")', "_()", "N_(x)"),
        *('ngettext(x, "b", 2)', 'ngettext("a", x, 2)', '_("a" if x else "b")'),
    ],
)
def test_a_text_that_is_put_together_is_found(call: str) -> None:
    assert list(vague(ast.parse(call)))


@pytest.mark.parametrize(
    "call", ['_("a")', "_(x)", "_(self.x)", "_(x[y])", 'N_("a" "b")', 'ngettext("a", "b", n)']
)
def test_literal_and_declared_texts_are_fine(call: str) -> None:
    assert not list(vague(ast.parse(call)))


def test_a_name_that_hides_gettext_is_found() -> None:
    assert list(hidden(ast.parse("def f(x):\n    a, _ = x\n    return _('a')")))
    assert list(hidden(ast.parse("def f(x, *_):\n    return _('a')")))
    assert not list(hidden(ast.parse("def f(x):\n    a, _ = x\n    return a")))
    assert not list(hidden(ast.parse("def f(x):\n    return [_('a') for a, _b in x]")))
    assert not list(hidden(ast.parse("def f(x):\n    b = [a for a, _ in x]\n    return _('a')")))
