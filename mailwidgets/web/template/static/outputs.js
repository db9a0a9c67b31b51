// What a cell or an output widget shows, as the classic notebook's output area does.

const VIEW = "application/vnd.jupyter.widget-view+json";
const FRAMES = 600; // how long a view waits for its place to be on the page
const ESCAPES = /\u001b\[[0-9;?]*[A-Za-z]/g; // colours for terminals

function text(content) {
  const shown = document.createElement("pre");
  shown.textContent = [content].flat().join("").replace(ESCAPES, "");
  return shown;
}

function markup(content) {
  const shown = document.createElement("div");
  shown.className = "jp-RenderedHTMLCommon";
  shown.innerHTML = [content].flat().join("");
  return shown;
}

function image(type) {
  return (content) => {
    const shown = document.createElement("img");
    const plain = type.endsWith("xml") ? encodeURIComponent([content].flat().join("")) : "";
    shown.src = plain ? `data:${type},${plain}` : `data:${type};base64,${[content].flat().join("").trim()}`;
    shown.alt = "";
    return shown;
  };
}

// The first that an output has is shown.
const SHOWN = new Map([
  ["text/html", markup],
  ["image/svg+xml", image("image/svg+xml")],
  ["image/png", image("image/png")],
  ["image/jpeg", image("image/jpeg")],
  ["text/markdown", text],
  ["text/latex", text],
  ["text/plain", text],
]);

// The part of a message that a notebook's file would keep.
function kept(message) {
  const { content } = message;
  const output = { output_type: message.header.msg_type, ...content };
  delete output.transient;
  return output;
}

class OutputArea {
  static mimes = new Map(); // type → the renderer that registered for it
  #outputs = [];
  #clearing = false;
  #seen; // an output widget's model keeps an area, too, for what its views show

  constructor({ selector }) {
    this.node = selector;
    this.#seen = selector.classList.length > 0;
    this.element = { trigger() {} }; // where a jQuery object is expected
    this.keyboard_manager = { register_events() {} };
  }
  register_mime_type(type, render) {
    OutputArea.mimes.set(type, render);
  }
  create_output_subarea(_, name) {
    const part = document.createElement("div");
    part.className = name;
    part[0] = part; // both an element and what looks like a jQuery object
    return part;
  }
  handle_output(message) {
    this.#add(kept(message));
  }
  handle_clear_output({ content }) {
    this.#clearing = content.wait;
    if (!content.wait) this.clear_output();
  }
  clear_output() {
    this.#outputs = [];
    this.#clearing = false;
    this.node.replaceChildren();
  }
  toJSON() {
    return structuredClone(this.#outputs);
  }
  fromJSON(outputs) {
    outputs.forEach((output) => this.#add(output));
  }
  #add(output) {
    if (this.#clearing) this.clear_output();
    const last = this.#outputs.at(-1);
    if (output.output_type === "stream" && last?.output_type === "stream" && last.name === output.name) {
      last.text = [last.text, output.text].flat().join("");
      this.node.lastChild.replaceWith(text(last.text));
      return;
    }
    this.#outputs.push(output);
    this.node.append(this.#drawn(output));
  }
  #drawn(output) {
    if (output.output_type === "stream") return text(output.text);
    if (output.output_type === "error") return text(`${output.ename}: ${output.evalue}`);
    const data = output.data ?? {};
    if (VIEW in data && OutputArea.mimes.has(VIEW)) return this.view(data[VIEW]);
    const [type, draw] = [...SHOWN].find(([one]) => one in data) ?? ["", () => text("")];
    return draw(data[type]);
  }
  // A place in which a widget appears as soon as both are there.
  view(data) {
    const place = document.createElement("div");
    const fill = (frames) => {
      if (place.isConnected) OutputArea.mimes.get(VIEW).call(this, { ...data }, {}, place);
      else if (frames) requestAnimationFrame(() => fill(frames - 1));
    };
    if (this.#seen) queueMicrotask(() => fill(FRAMES));
    return place;
  }
}
