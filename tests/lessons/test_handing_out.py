from __future__ import annotations

import json
from pathlib import Path

import pytest

from mailwidgets.errors import LessonError
from mailwidgets.lessons.handing_out import hand_out, notebooks, reset, translated


def test_a_learner_gets_copies_and_keeps_what_they_have(tmp_path: Path) -> None:
    folder = tmp_path / "ana" / "lessons"
    made = hand_out(folder)
    made[0].write_text("mine", "utf-8")

    assert [one.name for one in made] == [one.name for one in notebooks()]
    assert hand_out(folder) == []
    assert made[0].read_text("utf-8") == "mine"
    assert made[1].read_text("utf-8") == notebooks()[1].read_text("utf-8")


def test_one_call_gives_a_folder_its_first_state_and_loses_nothing(tmp_path: Path) -> None:
    made = hand_out(tmp_path)
    made[0].write_text("mine", "utf-8")
    (tmp_path / "results-ana.jsonl").write_text("tries", "utf-8")
    (tmp_path / "diary.txt").write_text("not a lesson's", "utf-8")

    aside = reset(tmp_path)

    assert aside is not None
    assert made[0].read_text("utf-8") == notebooks()[0].read_text("utf-8")
    assert (aside / made[0].name).read_text("utf-8") == "mine"
    assert (aside / "results-ana.jsonl").read_text("utf-8") == "tries"
    assert not (tmp_path / "results-ana.jsonl").exists()
    assert (tmp_path / "diary.txt").exists()


def test_a_language_that_is_not_spoken_is_refused(tmp_path: Path) -> None:
    with pytest.raises(LessonError, match="en, de, sl, not 'fr'"):
        hand_out(tmp_path, "fr")
    assert not any(tmp_path.iterdir())


@pytest.mark.parametrize("path", notebooks(), ids=lambda path: path.stem)
def test_a_translated_lesson_opens_in_its_language_and_has_the_same_code(path: Path) -> None:
    english = json.loads(path.read_text("utf-8"))
    german = json.loads(translated(path.read_text("utf-8"), "de"))

    pairs = list(zip(english["cells"], german["cells"], strict=True))
    code = [(one["source"], other["source"]) for one, other in pairs if one["cell_type"] == "code"]
    changed = [(one, other) for one, other in code if one != other]
    assert len(changed) == 1
    assert 'language="de")' in "".join(changed[0][1])


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", "utf-8")

    with pytest.raises(LessonError, match=r"file.* cannot be written"):
        hand_out(tmp_path / "file" / "below")
