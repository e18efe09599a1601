"""Words that come from names and schemas: paths as phrases, plurals, articles, what is not said."""

import pytest

from toolflow_graph.models.offline.phrases import core_object, phrase_of
from toolflow_graph.models.offline.resting import rest_phrase
from toolflow_graph.models.offline.views import view_of
from toolflow_graph.models.offline.words import article, is_plural, pluralise
from toolflow_graph.types import Tool


@pytest.mark.parametrize(
    ("name", "phrase"),
    [
        ("PostCustomersCustomerCards", ("create", "a card for a customer")),
        ("PostDisputesDispute", ("update", "a dispute")),
        ("PostChargesChargeDisputeClose", ("close", "the dispute of a charge")),
        ("PostPaymentIntentsIntentCancel", ("cancel", "a payment intent")),
        ("GetInvoicesInvoiceLines", ("get", "the lines of an invoice")),
        ("DeletePlansPlan", ("delete", "a plan")),
        ("addCardsLabelsByIdCard", ("add", "labels to a card")),
        ("deleteCardsIdLabelsByIdCardByIdLabel", ("delete", "a label from a card")),
        ("getCardsBoardByIdCard", ("get", "the board of a card")),
        ("deleteLabelsByIdLabel", ("delete", "a label")),
        ("updateBoardsPrefsVotingByIdBoard", ("update", "the preferences voting of a board")),
    ],
)
def test_a_path_is_said_as_people_say_it(name: str, phrase: tuple[str, str]) -> None:
    assert rest_phrase(name) == phrase


@pytest.mark.parametrize(
    "name",
    ["create_calendar_event", "list_orders", "getTasksForUserTaskList", "get_user_by_id", "PostCustomers", "run"],
)
def test_other_names_are_no_paths(name: str) -> None:
    assert rest_phrase(name) is None


def test_a_description_that_repeats_the_name_says_no_more_than_it() -> None:
    assert phrase_of("getCardsBoardByIdCard", "Get cards board by id card.").text == "get the board of a card"
    assert phrase_of("getCardsBoardByIdCard", "Show where a card hangs.").text == "show where a card hangs"
    assert phrase_of("PostQuotes", "").text == "create a quote"


def test_a_clause_about_a_thing_keeps_its_preposition() -> None:
    phrase = phrase_of("getProjectsForTask", "Get projects a task is in. Returns the projects.")
    assert phrase.text == "get projects a task is in"
    assert core_object(phrase.rest) == "projects"


def test_plurals_and_articles() -> None:
    assert is_plural("tax IDs")
    assert pluralise("tax IDs") == "tax IDs"
    assert article("usage record") == article("user") == "a"
    assert article("unusual thing") == article("usher") == "an"


def test_a_path_parameter_named_after_its_thing_is_an_identifier() -> None:
    tool = Tool(
        name="GetIssuingSettlementsSettlement",
        description="Retrieves an issuing settlement.",
        parameters={
            "type": "object",
            "properties": {"settlement": {"type": "string"}},
            "required": ["settlement"],
        },
        effect="read",
    )
    leaf = view_of(tool).param("settlement")
    assert leaf is not None
    assert (leaf.field.kind, leaf.field.entity, leaf.field.label) == ("id", "settlement", "settlement ID")


def test_the_order_whose_details_are_asked_for_is_an_order() -> None:
    tool = Tool(
        name="GetOrdersId",
        description="Retrieves the details of an existing order.",
        parameters={"type": "object", "properties": {"id": {"type": "string"}}, "required": ["id"]},
        effect="read",
    )
    leaf = view_of(tool).param("id")
    assert leaf is not None
    assert leaf.field.label == "order ID"
