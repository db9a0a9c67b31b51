// What somebody without a mouse hears, and what is wrong with where their focus is.
(() => {
  const until = async (holds, patience) => {
    const end = performance.now() + patience;
    while (!holds() && performance.now() < end) await new Promise(requestAnimationFrame);
  };

  // What changes in a region that was there before is said, and an alert as it appears.
  const heard = [];
  function listen(records) {
    const fresh = new Set(records.flatMap(({ addedNodes }) => [...addedNodes]));
    const isFresh = (node) => Boolean(node) && (fresh.has(node) || isFresh(node.parentNode));
    for (const { target, addedNodes } of records) {
      const near = target.nodeType === Node.TEXT_NODE ? target.parentElement : target;
      const region = near?.closest?.("[role=status], [aria-live=polite]");
      if (region && !isFresh(region)) heard.push(region.textContent);
      for (const node of addedNodes) {
        const alerts = node.matches?.("[role=alert]") ? [node] : (node.querySelectorAll?.("[role=alert]") ?? []);
        heard.push(...[...alerts].map((one) => one.textContent));
      }
    }
  }
  new MutationObserver(listen).observe(document, { childList: true, characterData: true, subtree: true });

  const ringed = (one) => {
    const { outlineStyle, outlineWidth } = getComputedStyle(one);
    return outlineStyle !== "none" && parseFloat(outlineWidth) >= 2;
  };
  const named = (one) =>
    `${one.localName}.${[...one.classList].join(".")} “` +
    `${one.getAttribute("aria-label") ?? one.labels?.[0]?.textContent ?? one.textContent.slice(0, 60)}”`;

  function wrong() {
    const one = document.activeElement;
    if (!one || one === document.body) return "the focus is nowhere";
    if (!ringed(one)) return `${named(one)} does not show that it has the focus`;
    const others = [...document.querySelectorAll("a, button, input, select, textarea, summary, [tabindex]")];
    const liar = others.find((other) => other !== one && ringed(other));
    if (liar) return `${named(liar)} shows the focus, and ${named(one)} has it`;
    const { left, right, top, bottom } = one.getBoundingClientRect();
    // A region that was led to may go on below; it shows where it begins.
    const region = !one.matches("a, button, input, select, textarea, summary, [role=tab]");
    const within = left > -1 && top > -1 && right < innerWidth + 1 && (region || bottom < innerHeight + 1);
    if (!within) return `${named(one)} is out of sight, from ${top} to ${bottom} of ${innerHeight}`;
    const down = region ? [8 / (bottom - top)] : [0.2, 0.5, 0.8];
    const free = [0.5, 0.02].some((across) =>
      down.every((part) => {
        const at = document.elementFromPoint(left + across * (right - left), top + part * (bottom - top));
        return one.contains(at) || (at?.contains(one) && at.matches("label"));
      }),
    );
    return free ? "" : `${named(one)} is covered`;
  }

  window.person = {
    // What is wrong with the focus, once the kernel's answer has had time to arrive.
    look: async (patience) => {
      await until(() => !wrong(), patience);
      return wrong();
    },
    // All that was said until the words were; then it is forgotten.
    hear: async (words, patience) => {
      await until(() => heard.some((one) => one.includes(words)), patience);
      return heard.splice(0);
    },
  };
})();
