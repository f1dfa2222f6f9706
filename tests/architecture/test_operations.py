"""Public operations and queries read alike everywhere."""

import ast
from pathlib import Path

import pytest


def functions(name: str):
    for path in sorted(Path().glob(f"c*/*/{name}.py")):
        for node in ast.parse(path.read_text()).body:
            if isinstance(node, ast.FunctionDef) and not node.name.startswith("_"):
                yield pytest.param(node, id=f"{path.parent.name}.{node.name}")


@pytest.mark.parametrize("operation", list(functions("operations")))
def test_an_operation_names_its_arguments_and_states_its_promise(operation):
    assert len(operation.args.args) <= 1, "only the one thing it acts on may go without a name"
    assert ast.get_docstring(operation)


@pytest.mark.parametrize("query", list(functions("queries")))
def test_a_query_names_its_arguments_and_states_what_it_returns(query):
    assert len(query.args.args) <= 1, "only the one thing it asks about may go without a name"
    assert ast.get_docstring(query)
