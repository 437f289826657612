"""Administrators add webhooks, see the secret once, read the log, send again and end them."""

import re
from pathlib import Path

import pytest
from sqlalchemy import Engine, update

from earlyhelp.casework.webhooks import queue_deliveries
from earlyhelp.records.database import transaction
from earlyhelp.records.webhooks import WebhookDelivery
from tests.casework.watched_cases import MONDAY, contact, days
from tests.web.watched_site import Site, site_in

PAGE = "/administration/webhooks"
GOOD = {
    "name": "School <b>portal</b>",
    "address": "https://portal.example/told",
    "account": "service_manager@council.example",
    "topics": ["case.changed"],
}


@pytest.fixture
def site(engine: Engine, tmp_path: Path) -> Site:
    site = site_in(engine, tmp_path)
    site.now = MONDAY
    return site


def test_the_secret_is_shown_once(site: Site) -> None:
    administrator = site.signed_in("administrator")
    added = administrator.post(f"{PAGE}/new", data=GOOD).text
    secret = re.search(r"whsec_[\w+/=]+", added)
    assert secret is not None
    for path in (PAGE, f"{PAGE}/1"):
        page = administrator.get(path).text
        assert "School &lt;b&gt;portal" in page
        assert secret.group() not in page


def test_a_webhook_that_is_wrong_comes_back_filled_in(site: Site) -> None:
    answer = site.signed_in("administrator").post(f"{PAGE}/new", data=GOOD | {"address": "portal"})
    assert answer.status_code == 422
    assert "There is a problem" in answer.text
    assert "Enter an address like https://" in answer.text
    assert "service_manager@council.example" in answer.text


def test_what_failed_is_sent_again_and_an_ended_webhook_sends_nothing(site: Site) -> None:
    administrator = site.signed_in("administrator")
    administrator.post(f"{PAGE}/new", data=GOOD)
    with transaction(site.engine) as connection:
        reference = contact(connection, site.council)
        queue_deliveries(connection, now=MONDAY + days(1))
        connection.execute(update(WebhookDelivery).values(status="dead", last_error="<no answer>"))
    site.now = MONDAY + days(1)
    administrator = site.signed_in("administrator")
    log = administrator.get(f"{PAGE}/1").text
    assert reference in log
    assert "&lt;no answer&gt;" in log
    delivery = re.search(rf"{PAGE}/1/deliveries/(\d+)/send-again", log)
    assert delivery is not None
    assert "on its way again" in administrator.post(delivery.group(), follow_redirects=True).text
    assert "nothing more is sent" in administrator.post(f"{PAGE}/1/end", follow_redirects=True).text
    assert administrator.post(f"{PAGE}/1/end").status_code == 404
    assert administrator.get(f"{PAGE}/2").status_code == 404
