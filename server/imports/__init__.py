"""Import: the sheets a company already has become rows, all of them or none.

    sheets.py      files → sheets of raw cells (Excel, CSV in any usual encoding and delimiter), with limits
    columns.py     what a column is called and how its cells are read; values.py has the readers
    kinds.py       the kinds of sheet as a table
    records.py     a sheet → its kind and its records, every bad cell named
    checklists.py  the items of a checklist template
    drafts.py      the same for the editor, which keeps them in a draft
    plan.py        records → new and changed rows, by business key; references within the same import
    faults.py      what can be wrong, in both languages

Rows are written through the models in one transaction, so the session publishes them like any other change. What is
in the database already is not touched: importing the same files again changes nothing and publishes nothing.
"""

from server.imports.faults import Fault, Place
from server.imports.run import Result, import_files
from server.imports.sheets import MAX_FILE_BYTES, Source

__all__ = ["MAX_FILE_BYTES", "Fault", "Place", "Result", "Source", "import_files"]
