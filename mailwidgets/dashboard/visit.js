// What the dashboard knows of its visitor, and what it asks this browser to keep.

const LANGUAGE = "mailwidgets-language";
const PATIENCE = 3000; // milliseconds that an element may take to appear

function stored(area, name) {
  try {
    return area().getItem(name);
  } catch {
    return null; // a browser may forbid it
  }
}

function store(area, name, text) {
  try {
    if (text === null) area().removeItem(name);
    else area().setItem(name, text);
  } catch {
    // Full or forbidden: the edits then live in the session alone.
  }
}

const here = () => sessionStorage;
const ever = () => localStorage;

function focusOn(root, selector) {
  const until = performance.now() + PATIENCE;
  const look = () => {
    const found = root().querySelector(selector);
    if (found && found.offsetParent !== null && !found.disabled) {
      found.scrollIntoView({ block: "center" });
      found.focus({ preventScroll: true });
    } else if (performance.now() < until) requestAnimationFrame(look);
  };
  look();
}

function render({ model, el }) {
  const root = () => el.closest(".mailwidgets") ?? document;
  const place = () => `mailwidgets-draft:${model.get("place")}`;
  const alone = document.body.dataset.voila !== undefined;

  // Whoever tells of a lost session says that edits are kept only where some are.
  const hold = (edits) => {
    store(here, place(), edits);
    if (edits !== null && stored(here, place()) === edits) document.documentElement.dataset.mwKept = "1";
    else delete document.documentElement.dataset.mwKept;
  };
  const hear = (message) => {
    if ("keep" in message) hold(message.keep);
    if (message.choose) store(ever, LANGUAGE, message.choose);
    if (message.focus) focusOn(root, message.focus);
  };
  const speak = () => {
    root().lang = model.get("language");
    if (alone) {
      document.documentElement.lang = model.get("language");
      document.title = model.get("title");
    }
  };
  const leaving = (event) => {
    // Where the session is lost there is nothing to stay for: the edits are kept.
    if (alone && model.get("unsaved") && !document.documentElement.dataset.mwLost) event.preventDefault();
  };

  model.on("msg:custom", hear);
  model.on("change:language", speak);
  model.on("change:title", speak);
  addEventListener("beforeunload", leaving);
  speak();
  model.send({
    visit: {
      chosen: stored(ever, LANGUAGE) ?? "",
      languages: [...navigator.languages],
      query: location.search,
      kept: stored(here, place()) ?? "",
    },
  });
  return () => {
    model.off("msg:custom", hear);
    model.off("change:language", speak);
    model.off("change:title", speak);
    removeEventListener("beforeunload", leaving);
  };
}

export default { render };
