from __future__ import annotations

from tiny import chat

from ftexp.augmentation.apart import ANOTHER, HELD_OUT, NEAR_ANOTHER, NEAR_HELD_OUT, apart
from ftexp.augmentation.rows import Made, Provenance, Row
from ftexp.augmentation.slots import slots_of, swapped
from ftexp.data.messages import Splits
from ftexp.validation.checks import Near

TRAIN = (chat("When does the shop in Taipei open in the morning?", "At nine."), chat("我的訂單什麼時候會到？", "明天。"))
HELD = (chat("Who answers the phone in the Tainan office today?", "We do."), chat("請問退貨的運費誰付？", "我們付。"))
SPLITS = Splits(TRAIN, HELD[:1], HELD[1:])


def refused(*texts: str, only_new_words: bool = True) -> dict[str, int]:
    rows = [(TRAIN[0], Row(chat(text, "At nine."), Provenance(source="x", kind="paraphrase", seed=0, split="train"))) for text in texts]
    return dict(apart(Made(pairs=rows), SPLITS, Near(), only_new_words).refused)


def test_a_held_out_question_never_gets_in_however_it_is_typed() -> None:
    assert refused("WHO ANSWERS the phone in the Tainan  office today?") == {HELD_OUT: 1}
    assert refused("請問退貨的運費誰付?") == {HELD_OUT: 1}
    assert refused("Who answers the phone in the Tainan office today, please?") == {NEAR_HELD_OUT: 1}
    assert refused("Who answers the phone in the Tainan office today, um", only_new_words=False) == {NEAR_HELD_OUT: 1}


def test_nor_what_another_row_asks_or_nearly() -> None:
    assert refused("我的訂單什麼時候會到?") == {ANOTHER: 1}
    assert refused("When does the shop in Taipei open in the early morning?") == {NEAR_ANOTHER: 1}
    assert refused("At which hour can I come to your place in Taipei?", "At which hour can I come to your place in Taipei now?") == {
        NEAR_ANOTHER: 1
    }


def test_noise_may_be_near_its_original() -> None:
    assert refused("um, When does the shop in Taipei open in the morning", only_new_words=False) == {}


def test_things_that_stand_in_one_place_are_told_apart() -> None:
    slots = slots_of(
        [
            "My rice cooker stopped working today.",
            "My fan heater stopped working today.",
            "電子鍋有點貴，能分期嗎？",
            "吹風機有點貴，能分期嗎？",
        ]
    )
    assert slots["rice cooker"] == {"fan heater"} and slots["電子鍋"] == {"吹風機"}
    assert swapped("The rice cooker is new.", "A new fan heater it is.", slots) and not swapped(
        "The rice cooker is new.", "It is new.", slots
    )
    assert not swapped("The rice cooker is new.", "A new rice cooker, not a fan heater.", slots)
