"""Every claim is tried in both forms on PostgreSQL, and in the form that needs no row locks on SQLite."""

import pytest

from service.db.claims import Form


@pytest.fixture(params=["sqlite compare", "postgresql compare", "postgresql skip_locked"])
def kind_and_form(request: pytest.FixtureRequest) -> tuple[str, Form]:
    kind, form = request.param.split()
    return kind, Form(form)


@pytest.fixture
def database_url(request: pytest.FixtureRequest, kind_and_form: tuple[str, Form]) -> str:
    url: str = request.getfixturevalue(f"{kind_and_form[0]}_url")
    return url


@pytest.fixture
def form(kind_and_form: tuple[str, Form]) -> Form:
    return kind_and_form[1]
