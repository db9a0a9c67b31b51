// What the dashboard knows of its visitor, and the language that this browser remembers.

const LANGUAGE = "mailwidgets-language";
const PATIENCE = 3000; // milliseconds that an element may take to appear

function chosen() {
  try {
    return localStorage.getItem(LANGUAGE) ?? "";
  } catch {
    return ""; // a browser may forbid it
  }
}

function choose(language) {
  try {
    localStorage.setItem(LANGUAGE, language);
  } catch {
    // Full or forbidden: the choice then lasts as long as the page.
  }
}

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
  const alone = document.body.dataset.voila !== undefined;

  const hear = (message) => {
    if (message.choose) choose(message.choose);
    if (message.focus) focusOn(root, message.focus);
  };
  const speak = () => {
    root().lang = model.get("language");
    if (alone) {
      document.documentElement.lang = model.get("language");
      document.title = model.get("title");
    }
  };

  model.on("msg:custom", hear);
  model.on("change:language", speak);
  model.on("change:title", speak);
  speak();
  model.send({
    visit: {
      chosen: chosen(),
      languages: [...navigator.languages],
      query: location.search,
    },
  });
  return () => {
    model.off("msg:custom", hear);
    model.off("change:language", speak);
    model.off("change:title", speak);
  };
}

export default { render };
