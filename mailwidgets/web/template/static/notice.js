// What the page says of itself, in the visitor's language, and whether it can be used.

const page = document.documentElement;
const AWHILE = 6000; // milliseconds that good news stays

function chosen() {
  try {
    return localStorage.getItem("mailwidgets-language") ?? "";
  } catch {
    return ""; // a browser may forbid it
  }
}

// As the dashboard chooses it: asked for in the address, chosen before, or the browser's first.
function spoken(texts) {
  const asked = new URLSearchParams(location.search).getAll("language");
  const wishes = [...asked, chosen(), ...navigator.languages];
  return wishes.map((one) => one.split("-")[0].toLowerCase()).find((one) => one in texts) ?? "en";
}

class Notice {
  #bar = document.getElementById("mw-notice");
  #said = document.createElement("p");
  #texts;
  #focus;
  #timer;

  constructor(texts) {
    page.lang = spoken(texts);
    this.#texts = texts;
    this.#bar.append(this.#said);
    document.querySelectorAll("[data-mw-text]").forEach((one) => {
      one.textContent = this.#text(one.dataset.mwText);
    });
    document.addEventListener("click", ({ target }) => target.closest?.("[data-mw-again]") && location.reload());
  }

  // The language is the page's own, which may change while it is open.
  #text(name) {
    return (this.#texts[page.lang] ?? this.#texts.en)[name] ?? "";
  }

  // Says a text; `button` names the text of one that loads the page anew.
  say(names, button = "") {
    clearTimeout(this.#timer);
    const words = [names].flat().map((name) => this.#text(name));
    if (this.#said.textContent !== words.join(" ")) this.#said.textContent = words.join(" ");
    this.#bar.querySelector("button")?.remove();
    this.#said.role = button ? "heading" : null; // what was the page's own is out of reach then
    this.#said.ariaLevel = button ? "1" : null;
    if (button) {
      const again = document.createElement("button");
      again.type = "button";
      again.dataset.mwAgain = "";
      again.textContent = this.#text(button);
      this.#bar.append(again);
      again.focus();
    }
  }

  quiet(after = 0) {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.say([]), after);
  }

  // While no kernel listens nothing can be typed, so that nothing typed is lost.
  rest(inert) {
    const cells = document.getElementById("rendered_cells");
    if (cells.inert === inert) return;
    if (inert && cells.contains(document.activeElement)) this.#focus = document.activeElement;
    cells.inert = inert;
    if (inert) return;
    this.#focus?.focus({ preventScroll: true });
    this.#focus = undefined;
  }

  // What a kernel tells of itself, see there.
  told(state, doubtful) {
    this.rest(!["open", "back"].includes(state));
    if (state === "lost" || state === "away") this.say(state);
    else if (state === "back") {
      this.say(doubtful ? ["back", "doubtful"] : "back");
      if (!doubtful) this.quiet(AWHILE);
    } else if (state === "ended") {
      page.dataset.mwLost = ""; // nothing here is worth staying for
      this.say(this.#drafted() ? ["ended", "kept"] : "ended", "onwards");
    }
  }

  #drafted() {
    try {
      return Object.keys(sessionStorage).some((name) => name.startsWith("mailwidgets-draft:"));
    } catch {
      return false; // likewise
    }
  }
}
