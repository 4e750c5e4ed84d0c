"""What a careless model gives for a paraphrase, and what a careful one does."""

from __future__ import annotations

import pytest
from tiny import chat

from ftexp.augmentation import refusing as r
from ftexp.augmentation.refusing import cleaned, refusal
from ftexp.augmentation.slots import slots_of
from ftexp.backends.results import Reply

ENGLISH = "Where is my order A-48213? I paid 30 dollars on Monday and nothing came, says Mr. Chen."
CHINESE = "我上週買了兩個電子鍋，訂單 ABC123 還沒收到，請問什麼時候會送到？"
ITEMS = (
    "電子鍋有點貴，可以分期嗎？",
    "吹風機有點貴，可以分期嗎？",
    "My rice cooker stopped working today.",
    "My fan heater stopped working today.",
)


def why(question: str, text: str, answer: str = "It is on its way.", tokens_out: int = 5, error: str = "") -> str:
    reply = Reply(text=text, tokens_in=1, tokens_out=tokens_out, error=error)
    return refusal(question, reply, chat(question, answer), 100, slots_of(ITEMS))


@pytest.mark.parametrize(
    ("question", "text"),
    [
        (ENGLISH, "Could you tell me where order A-48213 has gone? Mr. Chen paid 30 dollars for it on Monday, yet I got nothing."),
        (ENGLISH, "On Monday I gave you 30 dollars for A-48213, but nothing arrived, Mr. Chen tells me. Any idea where it is?"),
        (CHINESE, "想問一下，上週訂的兩個電子鍋到現在都沒有寄來，編號是 ABC123，幾時會到貨？"),
        (CHINESE, "我的訂單 ABC123 有兩個電子鍋，上週下單的，到現在都沒到，大概何時能收到？"),
        ("The courier says that my street does not exist.", "Your courier claims there's no such street as mine."),
        ("My rice cooker stopped working today.", "Today my rice cooker broke down."),
        ("發票可以補打統一編號嗎？", "統一編號能不能之後再加到發票上？"),
        ("我想把送貨地址改到公司。", "請幫我把收件地點換成我公司。"),
        ("I would like to return it.", "May I send this back? I want to return it."),
        ("What do I write to {support_email}?", "Which words should I send to {support_email}?"),
    ],
)
def test_a_careful_paraphrase_gets_in(question: str, text: str) -> None:
    assert why(question, text) == ""


@pytest.mark.parametrize(
    ("question", "text", "reason"),
    [
        (ENGLISH, "Could you say where A-48213 is? Mr. Chen paid 40 dollars on Monday, and nothing arrived for me.", r.NUMBER),
        (ENGLISH, "Could you say where A-48213 is? Mr. Chen paid three dollars on Monday, and nothing arrived for me.", r.NUMBER),
        (ENGLISH, "Could you say where A-48231 is? Mr. Chen paid 30 dollars on Monday, and nothing arrived for me.", r.EXACT),
        (ENGLISH, "Could you say where it is? Mr. Chen paid 30 dollars on Monday, and nothing arrived for me.", r.EXACT),
        (ENGLISH, "Could you say where A-48213 is? Mr. Lee paid 30 dollars on Monday, and nothing arrived for me.", r.NAME),
        (ENGLISH, "Could you say where A-48213 is? Mr. Chen paid 30 dollars on Tuesday, and nothing arrived for me.", r.DAY),
        (ENGLISH, "Could you say where A-48213 is? Mr. Chen paid 30 dollars on Monday, and now it came to me.", r.NEGATION),
        (CHINESE, "上週買的三個電子鍋，訂單 ABC123 都沒寄來，何時會到貨？", r.NUMBER),
        (CHINESE, "上週買的兩個電子鍋，訂單 ABC124 都沒寄來，何時會到貨？", r.EXACT),
        (CHINESE, "昨天買的兩個電子鍋，訂單 ABC123 都沒寄來，何時會到貨？", r.DAY),
        (CHINESE, "上週買的兩個吹風機，訂單 ABC123 都沒寄來，何時會到貨？", r.THING),
        (CHINESE, "我上周买了两个电饭锅，订单 ABC123 还没收到，请问什么时候会送到？", r.OTHER_LANGUAGE),
        (CHINESE, "I bought two rice cookers last week, order ABC123, and they did not come. When will they arrive?", r.OTHER_LANGUAGE),
        (ENGLISH, "Wo ist meine Bestellung A-48213? Mr. Chen hat am Monday 30 Dollar bezahlt, aber es kam nichts.", r.OTHER_LANGUAGE),
        ("Where is my parcel?", "Wo ist denn mein kleines Paket geblieben?", r.OTHER_LANGUAGE),
        (ENGLISH, ENGLISH, r.COPY),
        (ENGLISH, ENGLISH.replace("Where is", "And where is"), r.COPY),
        (CHINESE, CHINESE.replace("請問", ""), r.COPY),
        (ENGLISH, "  \n", r.EMPTY),
        (ENGLISH, "asdf zxcv A-48213 qwrt 30 Monday Mr. Chen not zzxx?", r.GARBAGE),
        (ENGLISH, "where where where where where where where where", r.GARBAGE),
        (ENGLISH, "@@@ ### A-48213 !!! ??? ((( ))) *** ^^^ %%% 30 Monday", r.GARBAGE),
        (ENGLISH, "Where is <|im_start|> A-48213 with 30 dollars, Mr. Chen?", r.GARBAGE),
        (ENGLISH, "Where?", r.TOO_SHORT),
        (ENGLISH, "I wonder where order A-48213 is. " * 9, r.TOO_LONG),
        (ENGLISH, "1. Where is A-48213?\n2. Which way did A-48213 go?", r.SEVERAL),
        (ENGLISH, "Sure! Where did A-48213 go? Mr. Chen paid 30 dollars on Monday and nothing arrived.", r.ABOUT),
        (CHINESE, "以下是改寫：上週買的兩個電子鍋，訂單 ABC123 都沒寄來，何時會到貨？", r.ABOUT),
        (ENGLISH, "I'm sorry, but I can't help with order A-48213.", r.ANSWERS),
        (ENGLISH, "It is in the depot; we ship A-48213 on Monday, Mr. Chen gets 30 dollars back.", r.ANSWERS),
        (CHINESE, "兩個電子鍋的訂單 ABC123 上週沒有寄出，明天會送達。", r.ANSWERS),
        ("I cannot open my account.", "You are not able to get into your account.", r.PERSON),
        ("What do I write to {support_email}?", "Which words should I send to support?", r.EXACT),
        ("Write to ann@example.com for me, please.", "Kindly send mail for me to anne@example.com.", r.EXACT),
        ("Look at https://shop.example/a please.", "Please visit https://shop.example/b for me.", r.EXACT),
        ('What does "blue moon" mean here?', 'Here, what is meant by "blue sun"?', r.EXACT),
        ("My rice cooker stopped working today.", "Today my fan heater broke down.", r.THING),
        ("The invoice is wrong again.", "Purple bicycles dance slowly tonight.", r.DAY),
        ("The invoice is wrong again.", "Purple bicycles dance very slowly.", r.UNRELATED),
    ],
)  # fmt: skip
def test_a_careless_one_does_not(question: str, text: str, reason: str) -> None:
    assert why(question, text) == reason


def test_what_was_cut_off_or_never_came_is_none() -> None:
    assert why(ENGLISH, "Could you say where", tokens_out=100) == r.CUT_OFF
    assert why(ENGLISH, "", error="timed out") == r.NO_ANSWER


def test_what_the_answer_takes_from_the_question_has_to_stay() -> None:
    question = "please book a table in tainan for my family"
    assert why(question, "reserve a table for my family, please", '{"city": "tainan"}') == r.TAKEN
    assert why(question, "reserve us a table down in tainan for my family", '{"city": "tainan"}') == ""
    assert (
        why(
            "我是王小明，要改地址。",
            "我要換一個收件的地址。",
            "王小明先生您好，請提供新的地址，我們會為您更新會員資料與所有未出貨的訂單，謝謝您的耐心等候。",
        )
        == r.TAKEN
    )


def test_the_answer_of_the_row_is_no_question() -> None:
    answer = "Please open the account page and choose a new password there."
    assert (
        why("Please tell me how I change my old password", "Please open the account page and choose a new password there?", answer)
        == r.ANSWERS
    )


def test_a_question_with_its_answer_behind_it_is_none_either() -> None:
    answer = "Your parcel is in the depot."
    assert why("Where is my parcel now, please?", "Could you say where it is, my parcel? Your parcel is in the depot.", answer) == r.ANSWERS


def test_quotation_marks_around_all_of_it_are_taken_off() -> None:
    assert cleaned(' "Where is it?"\n', "Where?") == "Where is it?"
    assert cleaned('"a" or "b"', "x") == '"a" or "b"'
    assert cleaned("「在哪裡」", "「哪裡」") == "「在哪裡」"
