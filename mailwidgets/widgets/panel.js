// Shows a panel's markup and tells what is done in it.

const WAIT = 150; // milliseconds after the last key
const TEXTS = new Set(["text", "search"]);

function like(one, other) {
  return one.nodeType === other.nodeType && one.nodeName === other.nodeName && (one.id || "") === (other.id || "");
}

function holdsFocus(node) {
  return node.ownerDocument.activeElement === node;
}

// Brings what is shown into line with new markup and keeps every node that is still wanted:
// focus, selection and half-typed words live in nodes.
function morph(old, fresh) {
  if (old.nodeType !== Node.ELEMENT_NODE) {
    if (old.data !== fresh.data) old.data = fresh.data;
    return;
  }
  // The person's own choice stands while they are at it; else what the markup says.
  const choice = old.nodeName !== "SELECT" ? undefined : holdsFocus(old) ? old.value : fresh.value;
  for (const { name } of [...old.attributes]) {
    if (!fresh.hasAttribute(name) && !(name === "open" && old.nodeName === "DETAILS")) old.removeAttribute(name);
  }
  for (const { name, value } of fresh.attributes) {
    if (name === "open" && old.nodeName === "DETAILS") continue; // as the person left it
    if (old.getAttribute(name) !== value) old.setAttribute(name, value);
  }
  if (old.nodeName === "INPUT" && !holdsFocus(old)) {
    if (fresh.hasAttribute("value")) old.value = fresh.getAttribute("value");
    old.checked = fresh.hasAttribute("checked");
  }
  fill(old, fresh);
  if (choice !== undefined) old.value = choice;
}

function fill(old, fresh) {
  const coming = new Set([...fresh.children].map((one) => one.id));
  // First what goes: then what stays stands still, and keeps the focus, unless it is sorted anew.
  for (const one of [...old.children]) if (one.id && !coming.has(one.id)) one.remove();
  const named = new Map([...old.children].filter((one) => one.id).map((one) => [one.id, one]));
  let at = old.firstChild;
  for (const wanted of [...fresh.childNodes]) {
    const kept = wanted.id ? named.get(wanted.id) : at && !at.id && like(at, wanted) ? at : undefined;
    if (kept === undefined || !like(kept, wanted)) {
      old.insertBefore(wanted, at);
      continue;
    }
    if (kept === at) at = at.nextSibling;
    else old.insertBefore(kept, at);
    morph(kept, wanted);
  }
  while (at) {
    const next = at.nextSibling;
    at.remove();
    at = next;
  }
}

// What holds the focus goes on holding it where it, or what took its id, is still there.
function keepingFocus(shown, change) {
  const held = shown.contains(document.activeElement) ? document.activeElement : null;
  change();
  if (!held || held === document.activeElement) return;
  const again = held.isConnected ? held : held.id && shown.querySelector(`#${CSS.escape(held.id)}`);
  (again || shown).focus({ preventScroll: true });
}

function entered(control) {
  return control.type === "checkbox" ? (control.checked ? "on" : "off") : control.value;
}

async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    const held = document.activeElement;
    const box = document.createElement("textarea"); // where the page is not on a secure address
    box.value = text;
    document.body.append(box);
    box.select();
    const done = document.execCommand("copy");
    box.remove();
    held?.focus({ preventScroll: true });
    return done;
  }
}

function render({ model, el }) {
  const shown = document.createElement("div");
  shown.tabIndex = -1; // takes the focus where what held it is gone
  const told = document.createElement("p");
  told.className = "mw-unseen";
  told.setAttribute("role", "status");
  el.append(shown, told);
  const waiting = new Map(); // by control, what is sent when its time has come
  const send = (act, value) => model.send({ act, value: value ?? "" });

  const settle = (control) => {
    const due = waiting.get(control);
    if (!due) return;
    clearTimeout(due);
    waiting.delete(control);
    send(control.dataset.act, entered(control));
  };
  let sought = ""; // an id that the next markup has: a message may overtake it
  const seek = (id) => {
    const wanted = shown.querySelector(`#${CSS.escape(id)}`);
    sought = wanted ? "" : id;
    wanted?.focus();
  };
  const draw = () => {
    const template = document.createElement("template");
    template.innerHTML = model.get("html");
    keepingFocus(shown, () => fill(shown, template.content));
    if (sought) seek(sought);
  };
  const tell = () => (told.textContent = model.get("said"));
  const focus = (message) => message.focus && seek(message.focus);
  const pressed = async (event) => {
    const button = event.target.closest("button[data-act], a[data-act], button[data-copy]");
    if (!button || button.disabled || button.getAttribute("aria-disabled") === "true") return;
    event.preventDefault();
    [...waiting.keys()].forEach(settle); // what was typed came first
    const { act, value, copy: source } = button.dataset;
    if (!source) return send(act, value);
    const done = await copy(shown.querySelector(`#${CSS.escape(source)}`).textContent);
    if (act) send(act, done ? value : "refused");
  };
  const typed = (event) => {
    const control = event.target.closest("input, select");
    if (!control?.dataset.act && !control?.dataset.done) return;
    if (control.dataset.act) {
      clearTimeout(waiting.get(control));
      const wait = TEXTS.has(control.type) ? Number(control.dataset.wait ?? WAIT) : 0;
      waiting.set(control, setTimeout(() => settle(control), wait));
    }
    // Picked from the list of a text box; browsers differ in whether a change follows.
    if (event.inputType === "insertReplacementText") finished(event);
  };
  const finished = (event) => {
    settle(event.target);
    if (event.target.dataset.done) send(event.target.dataset.done, entered(event.target));
  };
  const reached = (event) => {
    if (event.target.dataset.reach) send(event.target.dataset.reach, entered(event.target));
  };
  const pressedKey = (event) => {
    // In JupyterLab no change follows.
    if (event.key === "Enter" && event.target.dataset.done) return finished(event);
    const part = event.key === "Escape" && event.target.closest("[data-escape]");
    if (part) send(part.dataset.escape, "");
  };

  draw();
  tell();
  model.on("change:html", draw);
  model.on("change:said", tell);
  model.on("msg:custom", focus);
  shown.addEventListener("click", pressed);
  shown.addEventListener("input", typed);
  shown.addEventListener("change", finished);
  shown.addEventListener("focusin", reached);
  shown.addEventListener("keydown", pressedKey);
  return () => {
    waiting.forEach(clearTimeout);
    model.off("change:html", draw);
    model.off("change:said", tell);
    model.off("msg:custom", focus);
  };
}

export default { render };
