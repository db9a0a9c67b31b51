// Shows a panel's markup and tells what is done in it.

const WAIT = 150; // milliseconds after the last key

function like(one, other) {
  return one.nodeType === other.nodeType && one.nodeName === other.nodeName && (one.id || "") === (other.id || "");
}

// Brings what is shown into line with new markup and keeps every node that is still wanted:
// focus, selection and half-typed words live in nodes.
function morph(old, fresh) {
  if (old.nodeType !== Node.ELEMENT_NODE) {
    if (old.data !== fresh.data) old.data = fresh.data;
    return;
  }
  for (const { name } of [...old.attributes]) {
    if (!fresh.hasAttribute(name) && !(name === "open" && old.nodeName === "DETAILS")) old.removeAttribute(name);
  }
  for (const { name, value } of fresh.attributes) {
    if (old.getAttribute(name) !== value) old.setAttribute(name, value);
  }
  const held = old.ownerDocument.activeElement === old;
  if (old.nodeName === "INPUT" && !held) {
    old.value = fresh.getAttribute("value") ?? old.value;
    old.checked = fresh.hasAttribute("checked");
  }
  fill(old, fresh);
  if (old.nodeName === "SELECT" && !held) old.value = fresh.value;
}

function fill(old, fresh) {
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

function entered(control) {
  return control.type === "checkbox" ? (control.checked ? "on" : "off") : control.value;
}

async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    const box = document.createElement("textarea"); // where the page is not on a secure address
    box.value = text;
    document.body.append(box);
    box.select();
    document.execCommand("copy");
    box.remove();
  }
}

function render({ model, el }) {
  const shown = document.createElement("div");
  const told = document.createElement("p");
  told.className = "mw-unseen";
  told.setAttribute("role", "status");
  el.append(shown, told);
  const waiting = new Map();
  const send = (act, value) => model.send({ act, value: value ?? "" });

  const draw = () => {
    const template = document.createElement("template");
    template.innerHTML = model.get("html");
    fill(shown, template.content);
  };
  const tell = () => (told.textContent = model.get("said"));
  const focus = (message) => {
    const wanted = message.focus && shown.querySelector(`#${CSS.escape(message.focus)}`);
    if (wanted) wanted.focus();
  };
  const pressed = (event) => {
    const button = event.target.closest("button[data-act], a[data-act], button[data-copy]");
    if (!button || button.disabled) return;
    event.preventDefault();
    if (button.dataset.copy) copy(shown.querySelector(`#${CSS.escape(button.dataset.copy)}`).textContent);
    if (button.dataset.act) send(button.dataset.act, button.dataset.value);
  };
  const typed = (event) => {
    const control = event.target.closest("input[data-act], select[data-act]");
    if (!control) return;
    clearTimeout(waiting.get(control));
    const text = control.type === "text" || control.type === "search";
    const wait = text && event.type === "input" ? Number(control.dataset.wait ?? WAIT) : 0;
    waiting.set(control, setTimeout(() => send(control.dataset.act, entered(control)), wait));
  };

  draw();
  tell();
  model.on("change:html", draw);
  model.on("change:said", tell);
  model.on("msg:custom", focus);
  shown.addEventListener("click", pressed);
  shown.addEventListener("input", typed);
  return () => {
    waiting.forEach(clearTimeout);
    model.off("change:html", draw);
    model.off("change:said", tell);
    model.off("msg:custom", focus);
  };
}

export default { render };
