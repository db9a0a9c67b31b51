// Ties fields to their notes, unfolds help, lets keys act, and keeps presses behind what was typed.
// What appears above the field in use does not push it away. Messages are heard, and the way back
// into a row of tabs leads to the one in front.

const PAUSE = 300; // milliseconds without a key
const FIELD = "input, select, textarea";
const BUTTON = ".jupyter-button, button[data-act], a[data-act]";
const KEYBOARDS = { port: "numeric", seconds: "decimal", address: "email", host: "url", domain: "url" };
const TYPED = new Set(["text", "password", "search", "email", "url", "number"]);

let named = 0;

function id(element) {
  element.id ||= `mw-${++named}`;
  return element.id;
}

function isText(element) {
  return element.nodeName === "TEXTAREA" || (element.nodeName === "INPUT" && TYPED.has(element.type));
}

function takesText(element) {
  return isText(element) && !element.disabled && !element.readOnly;
}

// A row has its control first; so has its lock, after the box that is ticked.
function fieldOf(unit) {
  const within = unit.matches(".mw-lock") ? ":scope > .widget-text" : ":scope > .jupyter-widgets:first-child";
  return unit.querySelector(within)?.querySelector(FIELD);
}

function prepare(row, field) {
  if (!isText(field)) return;
  const kind = [...row.classList].find((one) => one.startsWith("mw-kind-"))?.slice("mw-kind-".length);
  field.autocomplete = field.type === "password" ? "new-password" : "off";
  field.spellcheck = false;
  field.setAttribute("autocapitalize", "none");
  if (KEYBOARDS[kind]) field.inputMode = KEYBOARDS[kind];
}

function describe(unit) {
  const field = fieldOf(unit);
  const note = unit.querySelector(":scope > .mw-note");
  if (!field || !note) return;
  const told = [...note.querySelectorAll(".mw-from, .mw-error, .mw-told > :not(.mw-error)")];
  const asked = unit.classList.contains("mw-asked");
  const help = note.querySelector(".mw-help");
  const ask = note.querySelector(".mw-ask");
  if (ask && help) {
    ask.setAttribute("aria-expanded", String(asked));
    ask.setAttribute("aria-controls", id(help));
    const label = field.labels?.[0];
    if (label) ask.setAttribute("aria-describedby", id(label)); // whose help it is
    if (asked) told.push(help);
  }
  if (told.length) field.setAttribute("aria-describedby", told.map(id).join(" "));
  else field.removeAttribute("aria-describedby");
  if (note.querySelector(".mw-error")) field.setAttribute("aria-invalid", "true");
  else field.removeAttribute("aria-invalid");
  if (!unit.matches(".mw-lock")) prepare(unit, field);
}

// A list of proposals says what each means; ipywidgets knows only the values.
function label(row) {
  for (const option of row.querySelectorAll("datalist option")) {
    const meaning = row.querySelector(`.mw-usual [data-value="${CSS.escape(option.value)}"]`);
    if (meaning) option.label = meaning.textContent;
  }
}

function scroller(element) {
  for (let one = element.parentElement; one; one = one.parentElement) {
    const overflow = getComputedStyle(one).overflowY;
    if (one.scrollHeight > one.clientHeight && ["auto", "scroll"].includes(overflow)) return one;
  }
  return document.scrollingElement;
}

// Returns what scrolls by as much as the field in use was moved since within its page. Browsers do
// the like, but neither at the very top nor everywhere else: see overflow-anchor in fields.css.
function held() {
  const field = document.activeElement;
  if (!field?.matches(FIELD)) return () => {};
  const page = scroller(field);
  const place = () => field.getBoundingClientRect().top + page.scrollTop;
  const before = place();
  return () => {
    if (document.activeElement === field) page.scrollTop += place() - before;
  };
}

// A region that comes together with its words is not heard everywhere; one that is there before is.
function makeHeard(root) {
  for (const region of root.querySelectorAll(".mw-says > .widget-html-content")) {
    if (!region.role) region.role = "status";
    region.querySelectorAll("[role=status]").forEach((one) => one.removeAttribute("role"));
  }
}

// Lumino leaves the tab key's stop where the arrow keys were last.
function stopInFront(tab) {
  tab.parentElement.querySelectorAll("[role=tab]").forEach((one) => (one.tabIndex = one.ariaSelected === "true" ? 0 : -1));
}

// A password is taken once its box is left, and a button that is disabled takes no press: so Save
// is offered while one is typed, and its press leaves the box.
function offerSave(field) {
  let form = field.parentElement;
  while (form && !form.querySelector(".mw-save")) form = form.parentElement;
  const save = form?.querySelector(".mw-save");
  if (save) save.disabled = false;
}

function wire(root, model, live) {
  const typing = new Map(); // a row or lock, and the clock of its pause
  const said = new WeakMap();
  const waiting = []; // presses that wait until what was typed has arrived
  let typed = 0; // how often something was typed
  let arrived = 0; // how much of that has arrived for sure
  let asked = 0;
  let last = null; // had the focus last
  let pressing = false; // a pointer is down
  let hold = () => {};

  const tie = (row) => {
    for (const unit of [row, ...row.querySelectorAll(".mw-lock")]) {
      if (!typing.has(unit)) {
        describe(unit);
        tell(unit);
      }
    }
    label(row);
    if (last && !last.isConnected && last.matches(".mw-ask") && document.activeElement === document.body) {
      row.querySelector(":scope > .mw-note .mw-ask")?.focus();
    }
  };
  const tell = (unit) => {
    const error = unit.querySelector(":scope > .mw-note .mw-error")?.textContent ?? "";
    if (error !== (said.get(unit) ?? "") && unit.contains(document.activeElement)) live.textContent = error;
    said.set(unit, error);
  };
  const rest = (unit) => {
    if (pressing) return wait(unit); // what moves under a pointer is missed by it
    typing.delete(unit);
    unit.classList.remove("mw-typing");
    tie(unit.closest(".mw-row"));
  };
  const wait = (unit) => {
    clearTimeout(typing.get(unit));
    typing.set(unit, setTimeout(rest, PAUSE, unit));
  };
  const onTyped = (event) => {
    typed += 1;
    if (event.target.type === "password" && event.target.value) offerSave(event.target);
    const unit = event.target.closest(".mw-lock, .mw-row");
    if (!unit || event.type !== "input" || !takesText(event.target)) return;
    unit.classList.add("mw-typing");
    wait(unit);
  };
  const onPointer = (event) => (pressing = event.type === "pointerdown");

  const settle = (then) => {
    asked += 1;
    waiting.push({ number: asked, typed, then });
    model.send({ settle: asked });
  };
  const onMessage = (message) => {
    while (waiting.length && waiting[0].number <= message.settled) {
      const held = waiting.shift();
      arrived = Math.max(arrived, held.typed);
      held.then();
    }
  };
  const onPress = (event) => {
    const ask = event.target.closest(".mw-ask");
    if (ask) {
      const row = ask.closest(".mw-row");
      row.classList.toggle("mw-asked");
      describe(row);
      return;
    }
    const button = event.target.closest(BUTTON);
    if (!button || arrived === typed) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    settle(() => button.click());
  };

  const onKey = (event) => {
    const ours = root.contains(event.target) || (event.target === document.body && !document.querySelector(".jp-NotebookPanel"));
    if (!ours || event.altKey || !(event.ctrlKey || event.metaKey)) return;
    const key = `${event.shiftKey ? "shift+" : ""}${event.key.toLowerCase()}`;
    const act = { s: "save", z: "undo", "shift+z": "redo", y: "redo" }[key];
    if (!act || (act !== "save" && takesText(event.target))) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    if (event.repeat && act === "save") return;
    // Some boxes hand on what they hold only when they are left.
    if (act === "save" && event.target.matches(FIELD)) event.target.dispatchEvent(new Event("change", { bubbles: true }));
    settle(() => model.send({ act }));
  };
  const onFocus = (event) => {
    last = event.target;
    hold = held();
  };
  const onLeft = ({ target, relatedTarget }) => {
    if (target.matches("[role=tab]") && !target.parentElement.contains(relatedTarget)) stopInFront(target);
  };
  const onMoved = () => (hold = held());

  // What can be used no more, as Save once all is saved, leaves the focus to what is around it.
  const leave = (control) => {
    const around = control.closest(".mw-actions, .mw-find, .mw-lock, .mw-row") ?? control.parentElement;
    around.tabIndex = -1;
    around.focus({ preventScroll: true });
  };

  // A field that gets the focus is not left under the foot of its form: see checks.css.
  const feet = new ResizeObserver((all) =>
    all.forEach(({ target, borderBoxSize: [size] }) => target.parentElement?.style.setProperty("--mw-foot", `${size.blockSize}px`)),
  );

  const known = new WeakSet();
  const arrange = () => {
    makeHeard(root);
    for (const foot of root.querySelectorAll(".mw-foot")) {
      if (!known.has(foot)) feet.observe(foot);
      known.add(foot);
    }
  };

  const observer = new MutationObserver((records) => {
    const rows = new Set();
    for (const { type, target, addedNodes } of records) {
      if (type === "attributes") {
        if (target.matches("[role=tab]")) stopInFront(target);
        else if (target === last && target.disabled && [target, document.body].includes(document.activeElement)) leave(target);
        continue;
      }
      const row = target.closest?.(".mw-row");
      if (row) rows.add(row);
      for (const node of addedNodes) node.querySelectorAll?.(".mw-row").forEach((one) => rows.add(one));
    }
    rows.forEach(tie);
    arrange();
    hold();
    hold = held();
  });

  observer.observe(root, { childList: true, subtree: true, attributeFilter: ["aria-selected", "disabled"] });
  root.querySelectorAll(".mw-row").forEach(tie);
  arrange();
  const listening = [
    [root, "input", onTyped],
    [root, "change", onTyped],
    [root, "click", onPress],
    [root, "focusin", onFocus],
    [root, "focusout", onLeft],
    [window, "scroll", onMoved],
    [window, "resize", onMoved],
    [window, "pointerdown", onPointer],
    [window, "pointerup", onPointer],
    [window, "pointercancel", onPointer],
    [window, "keydown", onKey], // before JupyterLab's own keys
  ];
  listening.forEach(([where, name, handler]) => where.addEventListener(name, handler, true));
  model.on("msg:custom", onMessage);
  return () => {
    observer.disconnect();
    feet.disconnect();
    typing.forEach(clearTimeout);
    listening.forEach(([where, name, handler]) => where.removeEventListener(name, handler, true));
    model.off("msg:custom", onMessage);
  };
}

function render({ model, el }) {
  const live = document.createElement("p");
  live.className = "mw-unseen";
  live.setAttribute("role", "status");
  el.append(live);
  const say = () => (live.textContent = model.get("said"));
  model.on("change:said", say);
  let waiting = 0;
  let unwire = () => cancelAnimationFrame(waiting);
  const begin = () => {
    const root = el.closest(".mailwidgets");
    if (root) unwire = wire(root, model, live);
    else waiting = requestAnimationFrame(begin); // not in the page yet
  };
  begin();
  return () => {
    unwire();
    model.off("change:said", say);
  };
}

export default { render };
