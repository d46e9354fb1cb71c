"""KERNEL CODE: executes a notebook of one cell as any Jupyter client would; prints {"seconds", "text"} as its last line."""

import json
import sys
import time

import nbformat
from nbclient import NotebookClient

kernel, code = sys.argv[1:3]
notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(code)])
replied = []
client = NotebookClient(
    notebook,
    kernel_name=kernel,
    timeout=120,
    # a job may wait in the queue, and the first start of an image makes it ready
    startup_timeout=600,
    on_cell_executed=lambda **_: replied.append(time.monotonic()),
)
began = time.monotonic()
client.execute()
text = "".join(output.get("text", "") for output in notebook.cells[0].outputs)
print(json.dumps({"seconds": replied[0] - began, "text": text}))
