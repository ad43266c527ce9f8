"""The dumps in docs/introduction.md are what the compiler prints for the function in it. `--update-golden` renews them."""

from __future__ import annotations

import platform
import re
import sys
from pathlib import Path

import pytest

from pyfreeze import driver
from pyfreeze.options import Options
from pyfreeze.sources import read_source
from tests.conftest import Golden

PAGE = Path(__file__).parents[2] / "docs" / "introduction.md"
SHOWN = re.compile(r"(`--dump=([\w-]+)`:\n\n```\n)(.*?)(```\n)", re.DOTALL)
EXCERPT = re.compile(r"(```llvm\n)(.*?)(```\n)", re.DOTALL)
THE_LOOP = re.compile(r"^b2\.then\.i:.*?label %b5\.else\.i\n", re.DOTALL | re.MULTILINE)


def test_the_dumps_are_real(tmp_path: Path, golden: Golden) -> None:
    page = PAGE.read_text(encoding="utf-8")
    source = re.search(r"```python\n(.*?)```", page, re.DOTALL)
    assert source is not None
    (tmp_path / "halves.py").write_text(source[1], encoding="utf-8")
    stages = frozenset({stage for _, stage, _, _ in SHOWN.findall(page)} | {"llvm-optimized"})
    (result,) = driver.build([read_source(tmp_path / "halves.py")], None, Options(dumps=stages))
    dumps = dict(result.dumps)

    def renewed(found: re.Match[str]) -> str:
        return found[1] + dumps[found[2]].partition("\n\n")[2] + found[4]

    assert len(stages) == 4
    golden(PAGE, SHOWN.sub(renewed, page))


@pytest.mark.skipif(
    sys.version_info[:2] != (3, 11) or platform.machine() != "x86_64",
    reason="polls differ; the page shows 3.11 on x86-64",
)
def test_the_excerpt_of_llvm_is_real(tmp_path: Path, golden: Golden) -> None:
    page = PAGE.read_text(encoding="utf-8")
    source = re.search(r"```python\n(.*?)```", page, re.DOTALL)
    assert source is not None
    (tmp_path / "halves.py").write_text(source[1], encoding="utf-8")
    (result,) = driver.build([read_source(tmp_path / "halves.py")], None, Options(dumps=frozenset({"llvm-optimized"})))
    loop = THE_LOOP.search(result.dumps[0][1])
    assert loop is not None
    golden(PAGE, EXCERPT.sub(lambda found: found[1] + loop[0] + found[3], page))
