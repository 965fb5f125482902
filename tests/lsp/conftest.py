import pytest

from tests.lsp.client import Client


@pytest.fixture
def client(tmp_path):
    made = Client(tmp_path)
    yield made
    made.kill()


@pytest.fixture(scope="module")
def shared(tmp_path_factory):
    """A server for tests that leave no trace but open files of names of their own."""
    made = Client(tmp_path_factory.mktemp("files"), {"textDocument": {"completion": {"completionItem": {}}}})
    yield made
    made.kill()
