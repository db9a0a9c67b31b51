// Stands in for RequireJS, which the widgets' own bundle and most widget packages are made for:
// a module is what was offered under a name, else the file index.js of the nbextension so called.
(() => {
  "use strict";

  const HOME = new URL("nbextensions/", document.currentScript.src);
  const BUNDLE = "jupyter-js-widgets";
  const modules = new Map(); // name → promise of the module
  const offers = new Map(); // name → where a script that is being loaded puts its module

  // "nbextensions/bqplot/index" and "bqplot" are the same; three packages live in the bundle.
  function plain(name) {
    const short = name.replace(/^nbextensions\//, "").replace(/\/(index|extension)$/, "");
    return /^@jupyter-widgets\/(base|controls|output)$/.test(short) ? BUNDLE : short;
  }

  function fetched(name) {
    const loaded = new Promise((done, failed) => {
      const script = document.createElement("script");
      script.src = new URL(`${name}/index.js`, HOME);
      script.dataset.module = name;
      script.onload = () => failed(new Error(`${script.src} holds no module ${name}`));
      script.onerror = () => failed(new Error(`${script.src} is not there: is ${name} installed on the server?`));
      offers.set(name, done);
      // Only for so long: what else runs here may take a `define` for an invitation.
      window.define = Object.assign((...words) => offer(document.currentScript.dataset.module, ...words), { amd: {} });
      document.head.append(script);
    });
    return loaded.finally(() => {
      offers.delete(name);
      if (!offers.size) delete window.define;
    });
  }

  function load(name) {
    const wanted = plain(name);
    if (!modules.has(wanted)) modules.set(wanted, fetched(wanted));
    return modules.get(wanted);
  }

  async function made(name, needs, factory) {
    const exports = {};
    const given = needs.map((one) => {
      if (one === "exports") return exports;
      if (one === "module") return { id: name, uri: new URL(`${name}/extension.js`, HOME).href, exports };
      return load(one);
    });
    const result = typeof factory === "function" ? factory(...(await Promise.all(given))) : factory;
    return result ?? exports;
  }

  // A module is made when it is first wanted.
  function offer(name, ...words) {
    const needs = words.find(Array.isArray) ?? [];
    const lazy = { then: (...next) => (lazy.made ??= made(name, needs, words.at(-1))).then(...next) };
    if (offers.has(name)) offers.get(name)(lazy);
    else modules.set(name, lazy);
  }

  window.requirejs = (names, done, failed) => {
    Promise.all(names.map(load)).then((found) => done?.(...found)).catch(failed ?? console.error);
  };
  // A `define` for one module, which is known by this name.
  window.requirejs.definer = (name) => Object.assign((...words) => offer(name, ...words), { amd: {} });
  window.requirejs.config = () => {}; // where modules are is settled above
  window.require = window.requirejs;
})();
