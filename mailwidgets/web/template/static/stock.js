// What Voila's own scripts look for on a page; here, since the page runs no inline scripts.
(() => {
  "use strict";
  const theme = document.documentElement.dataset.mwTheme;
  const light = theme !== "dark" && !matchMedia("(prefers-color-scheme: dark)").matches;
  document.body.dataset.jpThemeLight = String(light);
  document.body.dataset.jpThemeName = light ? "JupyterLab Light" : "JupyterLab Dark";

  // The page's farewell must carry a token that only the server's own pages can read back;
  // Voila asks for it and never sets it, so that closing a page would leave its kernel behind.
  if (!document.cookie.split("; ").some((one) => one.startsWith("_xsrf="))) {
    const digits = Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0"));
    const path = document.body.dataset.baseUrl.replace(/voila\/$/, "");
    document.cookie = `_xsrf=${digits.join("")}; path=${path}; SameSite=Strict`;
  }

  window.voila_heartbeat = () => {};
  window.update_loading_text = () => {};
  // Called when the cells are there, and again when the theme is.
  window.display_cells = () => {
    if (!window.themeLoaded) {
      window.cellLoaded = true;
      return;
    }
    document.getElementById("loading")?.remove();
    document.getElementById("rendered_cells").hidden = false;
  };
  window.voila_finish = window.display_cells;
  document.addEventListener("DOMContentLoaded", window.display_cells);
})();
