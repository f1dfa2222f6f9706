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
def test_an_operation_takes_keywords_only_and_states_its_promise(operation):
    assert [argument.arg for argument in operation.args.args] == []
    assert ast.get_docstring(operation)


@pytest.mark.parametrize("query", list(functions("queries")))
def test_a_query_takes_keywords_only_and_states_what_it_returns(query):
    assert [argument.arg for argument in query.args.args] == []
    assert ast.get_docstring(query)
