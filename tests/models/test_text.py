from __future__ import annotations

import pytest

from graphflow_nodes.models.text import Chunk, Piece, chunks, embedding_names, segments

BOS, EOS = 1000, 1001


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a red house", [("a red house", 1.0)]),
        ("(b)", [("b", 1.1)]),
        ("((b))", [("b", 1.21)]),
        ("((b:1.5) x:2)", [("b", 1.5), (" x", 2.0)]),
        ("(a (b:0.5) c:1.2)", [("a ", 1.2), ("b", 0.5), (" c", 1.2)]),
        ("(a:1.2, b)", [("a:1.2, b", 1.1)]),
        ("(:1.3)", [(":1.3", 1.1)]),
        ("[x]", [("[x]", 1.0)]),
        ("(a", [("(a", 1.0)]),
    ],
)
def test_the_cases_of_the_reference(text: str, expected: list[tuple[str, float]]) -> None:
    found = segments(text)

    assert [each.text for each in found] == [each for each, _ in expected]
    assert [each.weight for each in found] == pytest.approx([weight for _, weight in expected])


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", []),
        ("()", []),
        ("a (b:1.2) c", [("a ", 1.0), ("b", 1.2), (" c", 1.0)]),
        ("(a:1.2)(b:0)", [("a", 1.2), ("b", 0.0)]),
        ("(a:-1)", [("a", -1.0)]),
        ("(a: 1.5 )", [("a", 1.5)]),
        ("(a:b:1.5)", [("a:b", 1.5)]),
        ("((a:1.5))", [("a", 1.5)]),
        ("(((a)))", [("a", 1.331)]),
        ("(a:nan)", [("a:nan", 1.1)]),
        ("(a:inf)", [("a:inf", 1.1)]),
        (r"a \(b\)", [("a (b)", 1.0)]),
        (r"(\(b\):1.5)", [("(b)", 1.5)]),
        (r"(b\):1.5)", [("b)", 1.5)]),
        (r"\(b:1.5)", [("(b:1.5)", 1.0)]),
        ("a) (b:1.2)", [("a) ", 1.0), ("b", 1.2)]),
        ("(a (b:1.2)", [("(a ", 1.0), ("b", 1.2)]),
        (":) (b)", [(":) ", 1.0), ("b", 1.1)]),
    ],
)
def test_weights_nest_and_what_is_no_weight_is_text(text: str, expected: list[tuple[str, float]]) -> None:
    found = segments(text)

    assert [each.text for each in found] == [each for each, _ in expected]
    assert [each.weight for each in found] == pytest.approx([weight for _, weight in expected])


def test_ten_thousand_parentheses_are_no_reason_to_fail() -> None:
    (segment,) = segments("(" * 10_000 + "a:0.5" + ")" * 10_000)

    assert segment == ("a", 0.5)


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("embedding:cat", [("cat",)]),
        ("a embedding:cat, b\nembedding:sub/dog c", [("cat,", "cat"), ("sub/dog",)]),
        ("(embedding:cat:1.2)", [("cat",)]),
        ("((embedding:cat, x))", [("cat,", "cat")]),
        ("embedding:cat.safetensors", [("cat.safetensors",)]),
        ("an-embedding:cat, xembedding:dog", []),
        ("embedding: cat", []),
        ("embedding:,", [(",",)]),
    ],
)
def test_embeddings_are_named_at_the_beginning_or_after_a_space(text: str, names: list[tuple[str, ...]]) -> None:
    assert embedding_names(text) == names


def inner(chunk: Chunk) -> list[int]:
    assert (len(chunk.tokens), len(chunk.weights), chunk.tokens[0], chunk.tokens[-1]) == (77, 77, BOS, EOS)
    return [token for token in chunk.tokens if token not in (BOS, EOS)]


def pieces(*lengths: int) -> list[Piece]:
    return [Piece([number] * length, 1 + number / 10) for number, length in enumerate(lengths, 1)]


@pytest.mark.parametrize(
    ("lengths", "expected"),
    [
        ([], [[]]),
        ([75], [[75]]),
        ([76], [[75], [1]]),
        ([150], [[75], [75]]),
        ([151], [[75], [75], [1]]),
        ([70, 5], [[70, 5]]),
        ([70, 7], [[70], [7]]),
        ([70, 8], [[70, 5], [3]]),
        ([74, 7, 60], [[74], [7, 60]]),
        ([75, 8], [[75], [8]]),
        ([75, 1], [[75], [1]]),
        ([73, 7, 7], [[73], [7, 7]]),
    ],
)
def test_pieces_of_fewer_than_8_tokens_stay_whole(lengths: list[int], expected: list[list[int]]) -> None:
    filled = [inner(chunk) for chunk in chunks(pieces(*lengths), BOS, EOS)]

    assert [[tokens.count(number) for number in dict.fromkeys(tokens)] for tokens in filled] == expected
    assert [token for tokens in filled for token in tokens] == [
        token for piece in pieces(*lengths) for token in piece.tokens
    ]


def test_weights_stand_beside_their_tokens_and_marks_weigh_1() -> None:
    first, second = chunks(pieces(70, 7), BOS, EOS)

    assert first.weights == [1.0, *[1.1] * 70, *[1.0] * 6]
    assert second.weights == [1.0, *[1.2] * 7, *[1.0] * 69]
