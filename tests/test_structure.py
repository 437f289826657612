"""The shape of the code: small functions, small files, no circle. Limits of the house rules, held by the build."""

import ast
from itertools import chain
from pathlib import Path

import grimp
import pytest

CHECKOUT = Path(__file__).parents[1]
SOURCES = sorted((CHECKOUT / "earlyhelp").rglob("*.py"))
LONGEST_FUNCTION, LONGEST_FILE, NINE_IN_TEN, MOST_METHODS = 50, 500, 30, 10
EMPTY_NAMES = {"utils", "util", "helpers", "helper", "manager", "common", "misc"}

Function = ast.FunctionDef | ast.AsyncFunctionDef


@pytest.fixture(scope="module")
def trees() -> dict[Path, ast.Module]:
    return {path: ast.parse(path.read_text()) for path in SOURCES}


@pytest.fixture(scope="module")
def functions(trees: dict[Path, ast.Module]) -> dict[str, Function]:
    return {
        f"{path.relative_to(CHECKOUT)}:{node.lineno} {node.name}": node
        for path, tree in trees.items()
        for node in ast.walk(tree)
        if isinstance(node, Function)
    }


def test_no_function_is_long(functions: dict[str, Function]) -> None:
    assert [name for name, node in functions.items() if _lines(node) > LONGEST_FUNCTION] == []


def test_nine_functions_in_ten_are_short(functions: dict[str, Function]) -> None:
    lengths = sorted(_lines(node) for node in functions.values())
    assert lengths[len(lengths) * 9 // 10] <= NINE_IN_TEN


def test_no_file_is_long() -> None:
    assert [path.name for path in SOURCES if len(path.read_text().splitlines()) > LONGEST_FILE] == []


def test_no_class_has_many_methods(trees: dict[Path, ast.Module]) -> None:
    classes = [node for node in chain(*map(ast.walk, trees.values())) if isinstance(node, ast.ClassDef)]
    assert [
        node.name for node in classes if sum(isinstance(part, Function) for part in node.body) > MOST_METHODS
    ] == []


def test_every_module_is_named_by_what_it_holds() -> None:
    assert [path for path in SOURCES if EMPTY_NAMES & {path.stem, path.parent.name}] == []


def test_no_function_imports_our_own_package(functions: dict[str, Function]) -> None:
    hidden = {name for name, node in functions.items() for part in ast.walk(node) if _imports_ours(part)}
    assert hidden == set()


def test_no_modules_import_each_other_in_a_circle() -> None:
    graph = grimp.build_graph("earlyhelp")
    left = {module: graph.find_modules_directly_imported_by(module) for module in graph.modules}
    while free := [module for module, imports in left.items() if not imports & left.keys()]:
        for module in free:
            del left[module]
    assert sorted(left) == []


def _lines(node: Function) -> int:
    return (node.end_lineno or node.lineno) - node.lineno + 1


def _imports_ours(node: ast.AST) -> bool:
    if isinstance(node, ast.ImportFrom):
        return node.level > 0 or (node.module or "").split(".")[0] == "earlyhelp"
    return isinstance(node, ast.Import) and any(
        alias.name.split(".")[0] == "earlyhelp" for alias in node.names
    )
