"""Workbooks as somebody fills them in: a row of headings, and a row a thing."""

import io
from collections.abc import Mapping, Sequence
from typing import Any

from openpyxl import Workbook

from fieldapp.sheets.columns import sheet

Rows = Sequence[Mapping[str, Any]]


def book(**sheets: Rows) -> bytes:
    """`book(projects=[{"enterprise": …, "name": …}])`: a column for whatever a row names."""
    made = Workbook()
    made.remove(made.worksheets[0])
    for name, rows in sheets.items():
        page, of = made.create_sheet(sheet(name).zh), sheet(name)
        used = [one for one in of.columns if one.needed or any(one.name in row for row in rows)]
        page.append([one.zh for one in used])
        for row in rows:
            page.append([row.get(one.name) for one in used])
    out = io.BytesIO()
    made.save(out)
    return out.getvalue()


def a_project(n: int = 1, **more: Any) -> dict[str, Any]:
    return {"enterprise": f"第{n}号材料公司", "name": f"第{n}号项目", "stage": "S05", **more}
