// What is wrong with how a page looks: lists of words, empty where nothing is.
(() => {
  const unseen = (one) => getComputedStyle(one).clipPath !== "none"; // said alone
  const around = (one) => (one ? [one, ...around(one.parentElement)] : []);
  const drawn = (one) => one.checkVisibility({ visibilityProperty: true }) && one.getClientRects().length > 0;
  const seen = (one) => drawn(one) && !around(one).some(unseen);
  const all = (names) => [...document.querySelectorAll(names)].filter(seen);
  const told = (one) => `${one.localName}.${[...one.classList].join(".")} “${one.textContent.trim().slice(0, 60)}”`;

  const NAMES =
    "label, .widget-label, button, summary, a, [role=tab], .mw-chip, .mw-origin, .mw-past-chip," +
    " .mw-box > span, .mw-past-ask > span, h1, h2, h3, h4, th, dt";

  // What is too wide for its box, and could be scrolled there or is not shown. Dots say of a line
  // that it goes on, and a box to type in may hold more than it shows.
  function sideways() {
    const root = document.documentElement;
    const wide = [root, ...document.querySelectorAll("body *")].filter((one) => one.scrollWidth > one.clientWidth + 1);
    const caught = wide.filter((one) => {
      const { overflowX, textOverflow } = getComputedStyle(one);
      return one === root || (overflowX !== "visible" && textOverflow !== "ellipsis");
    });
    const found = caught.filter((one) => !one.matches("input, textarea, select") && seen(one));
    return found.map((one) => `${one.scrollWidth} in ${one.clientWidth} pixels: ${told(one)}`);
  }

  // A name is whole if it is within its own box, and within all around that let nothing out.
  function leaves(one, texts, box) {
    if (box === document.documentElement || box === document.body) return false;
    const { display, overflowX, overflowY } = getComputedStyle(box);
    const own = box === one && (one.localName === "button" || !display.startsWith("inline"));
    if (own && one.clientWidth && one.scrollWidth > one.clientWidth + 1) return true;
    const across = own || overflowX !== "visible";
    const down = ["hidden", "clip"].includes(overflowY);
    const edge = box.getBoundingClientRect();
    const aside = texts.some(({ left, right }) => left < edge.left - 1 || right > edge.right + 1);
    const below = texts.some(({ top, bottom }) => top < edge.top - 1 || bottom > edge.bottom + 1);
    return (across && aside) || (down && below);
  }
  function cut() {
    return all(NAMES).flatMap((one) => {
      const text = document.createRange();
      text.selectNodeContents(one);
      const texts = [...text.getClientRects()].filter(({ width }) => width > 0);
      const box = around(one).find((box) => leaves(one, texts, box));
      return box ? [`${told(one)}, by ${told(box)}`] : [];
    });
  }

  // A short word that stands in two lines had no room: nobody reads letters below each other.
  function broken() {
    const part = document.createRange();
    const torn = (text) =>
      [...text.data.matchAll(/(?<!\S)\p{L}{2,20}(?!\S)/gu)].filter(({ 0: word, index }) => {
        part.setStart(text, index);
        part.setEnd(text, index + word.length);
        const tops = [...part.getClientRects()].map(({ top }) => top);
        return Math.max(...tops) - Math.min(...tops) > 4;
      });
    return all(`${NAMES}, p, li, td, b, strong, span`).flatMap((one) => {
      const texts = [...one.childNodes].filter(({ nodeType }) => nodeType === Node.TEXT_NODE);
      return texts.flatMap(torn).map(([word]) => `${word}, in ${told(one)}`);
    });
  }

  // What stands below each other where a page has one column, the control among it.
  const COLUMNS = {
    ".mw-row":
      ":scope > * > .widget-label, :scope > .widget-checkbox > label, .mw-from, .mw-told, .mw-help, .mw-clash-box," +
      " :scope > * > :is(input, select, textarea)",
    ".mw-lock": ":scope > .widget-checkbox, .widget-text > .widget-label, .widget-text > input, .mw-error",
    ".mw-find > .widget-text, .mw-choices > .widget-dropdown": ".widget-label, input, select",
    ".mw-box, .mw-past-ask": "span, input, select",
  };
  function crooked(unit, names) {
    const edge = unit.getBoundingClientRect();
    const { paddingLeft, paddingRight } = getComputedStyle(unit.parentElement);
    const column = unit.parentElement.clientWidth - parseFloat(paddingLeft) - parseFloat(paddingRight);
    return [...unit.querySelectorAll(names)].filter(seen).flatMap((part) => {
      const { left, width } = part.getBoundingClientRect();
      const thin = part.matches("input, select, textarea") && width < 0.9 * column;
      return [
        ...(Math.abs(left - edge.left) > 1 ? [`${left - edge.left} pixels in: ${told(part)}, of ${told(unit)}`] : []),
        ...(thin ? [`${width} of ${column} pixels: ${told(unit)}`] : []),
      ];
    });
  }
  const columns = () =>
    Object.entries(COLUMNS).flatMap(([units, names]) => all(units).flatMap((unit) => crooked(unit, names)));

  return { sideways, cut, broken, columns };
})()
