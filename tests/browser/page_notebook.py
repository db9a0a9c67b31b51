"""Code of the cells of a notebook that has a bit of everything a page may show."""

from __future__ import annotations

import nbformat

CONTROLS = """
import os
import ipywidgets as widgets
from mailwidgets.widgets.panel import Panel

said = widgets.Label(f"pid={os.getpid()}")
said.add_class("said")

def say(name):
    return lambda change: setattr(said, "value", f"{name}={change.new}")

def control(kind, label, **more):
    made = kind(description=label, **more)
    made.observe(say(label), "value")
    return made

pressed = widgets.Button(description="Press")
pressed.count = 0

def press(button):
    button.count += 1
    said.value = f"Press={button.count}"

pressed.on_click(press)
panel = Panel(lambda act, value: setattr(said, "value", f"{act}={value}"))
panel.html = '<button type="button" data-act="row" data-value="7">Row</button>'
widgets.VBox([
    said,
    control(widgets.Text, "Host"),
    control(widgets.Password, "Secret"),
    control(widgets.Checkbox, "Tick"),
    control(widgets.Dropdown, "Mode", options=["none", "auto"]),
    pressed,
    panel,
])
"""

LATER = """
import asyncio

later = widgets.Button(description="Later")

def soon(_):
    said.value = "soon"
    asyncio.get_event_loop().call_later(1, setattr, said, "value", "later")

later.on_click(soon)
later
"""

BUFFERS = """
import base64
import hashlib

# One green pixel.
PIXEL = (
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJ"
    "AAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
picture = widgets.Image(value=base64.b64decode(PIXEL))
picture.add_class("picture")
upload = widgets.FileUpload(description="File")

def uploaded(change):
    content = bytes(change.new[0].content)
    said.value = f"{len(content)} {hashlib.sha256(content).hexdigest()}"

upload.observe(uploaded, "value")
widgets.HBox([picture, upload])
"""

OUTPUTS = """
out = widgets.Output()
out.add_class("out")
# Not by print: nbclient, which builds the page, now and then waits for ever for such a cell.
out.append_stdout("printed before\\n")

def more(_):
    with out:
        print("printed after")
        display(widgets.Label("a label within"))

shows = widgets.Button(description="Print")
shows.on_click(more)
widgets.VBox([out, shows])
"""

SHOWN = """
from IPython.display import HTML, Image, Markdown, display

print("plain <b>text</b>")
display(HTML("<table><tr><td>a cell</td></tr></table>"))
display(Markdown("an *emphasis*"))
display(Image(base64.b64decode(PIXEL), format="png"))
{"a": 1}
"""

WRONG = """
raise ValueError("<img src=x onerror=alert(1)> went wrong")
"""

SAMPLE = """
import ipywidgets as widgets
from traitlets import Unicode

class Sample(widgets.DOMWidget):
    _model_name = Unicode("SampleModel").tag(sync=True)
    _model_module = Unicode("sample").tag(sync=True)
    _model_module_version = Unicode("1.0.0").tag(sync=True)
    _view_name = Unicode("SampleView").tag(sync=True)
    _view_module = Unicode("sample").tag(sync=True)
    _view_module_version = Unicode("1.0.0").tag(sync=True)
    greeting = Unicode("greeting from the kernel").tag(sync=True)

Sample()
"""

# As webpack makes them for the classic notebook.
SAMPLE_PACKAGE = """
define(["@jupyter-widgets/base"], (base) => {
  class SampleModel extends base.DOMWidgetModel {}
  class SampleView extends base.DOMWidgetView {
    render() {
      this.el.className = "sample";
      this.el.textContent = this.model.get("greeting");
    }
  }
  return { SampleModel, SampleView };
});
"""


def notebook(*cells: str, title: str = "A page") -> str:
    """Return a notebook's file; a cell that begins with # is text."""
    new = nbformat.v4
    made = [
        new.new_markdown_cell(cell) if cell.startswith("# ") else new.new_code_cell(cell.strip())
        for cell in cells
    ]
    spec = {"display_name": "Python 3", "language": "python", "name": "python3"}
    written = new.new_notebook(cells=made, metadata={"kernelspec": spec, "title": title})
    return str(nbformat.writes(written))


WHOLE = notebook("# A heading", CONTROLS, LATER, BUFFERS, OUTPUTS, SHOWN)
