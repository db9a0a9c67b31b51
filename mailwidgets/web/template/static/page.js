// Opens the page: connects the widgets with their kernel and shows them; ends the kernel when the
// page is left.

const BUNDLE = "jupyter-js-widgets";
const nothing = () => {};

function data(id) {
  return JSON.parse(document.getElementById(id).textContent);
}

function leave({ baseUrl, kernelId }) {
  for (const token of tokens(baseUrl)) {
    const form = new FormData();
    form.append("_xsrf", token);
    navigator.sendBeacon(`${baseUrl}voila/api/shutdown/${kernelId}`, form);
  }
}

// Other widgets' style sheets ask the body whether the page is light.
function follow() {
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const tell = () => {
    const light = page.dataset.mwTheme !== "dark" && !dark.matches;
    document.body.dataset.jpThemeLight = String(light);
    document.body.dataset.jpThemeName = light ? "JupyterLab Light" : "JupyterLab Dark";
  };
  dark.addEventListener("change", tell);
  tell();
}

// What the bundle takes for the classic notebook.
function notebook(kernel, read) {
  const actions = { register: nothing, get: nothing };
  const keyboard_manager = { register_events: nothing, actions };
  const events = { on: nothing, trigger: nothing };
  const get_cells = () => {
    read(); // asked for when all widgets are there
    return [];
  };
  const shown = { kernel, events, keyboard_manager, metadata: {}, container: { on: nothing }, get_cells };
  window.Jupyter = { version: "7.0.0", notebook: shown, notification_area: { widget: nothing }, menubar: { actions } };
  requirejs.definer("base/js/namespace")(() => window.Jupyter);
  requirejs.definer("base/js/events")(() => events);
  requirejs.definer("notebook/js/outputarea")(() => ({ OutputArea }));
  requirejs.definer("services/kernels/comm")(() => ({ Comm }));
}

// A cell shows what it showed when the page was built; what callbacks print goes nowhere.
class Cell extends OutputArea {
  handle_output() {}
  handle_clear_output() {}
}

// Returns once all widgets of the page are shown.
async function showAll(kernel) {
  const places = [...document.querySelectorAll(`script[type="${VIEW}"]`)];
  const shown = await Promise.allSettled(
    places.map(async (script) => {
      const data = JSON.parse(script.textContent);
      script.after(new Cell({ selector: script.parentElement }).view(data));
      await null; // by now the view has been asked for
      const model = await kernel.widget_manager.get_model(data.model_id);
      await Promise.all(Object.values(model.views));
    }),
  );
  const failed = shown.filter((one) => one.status === "rejected");
  failed.forEach((one) => console.error(one.reason));
  if (failed.length && failed.length === shown.length) throw new Error("no widget could be shown");
}

async function connect(notice, config) {
  const kernel = new Kernel(config.baseUrl, config.kernelId, (state, doubtful) => {
    notice.told(state, doubtful);
    // What was missed meanwhile, where the server kept none of it for us.
    if (state === "back") kernel.widget_manager?._loadFromKernel().catch(console.error);
  });
  addEventListener("pagehide", () => leave(config));
  addEventListener("pageshow", ({ persisted }) => persisted && location.reload());
  await new Promise((read, failed) => {
    notebook(kernel, read);
    requirejs([BUNDLE], (bundle) => bundle.load_ipython_extension().catch(failed), failed);
  });
  await showAll(kernel);
  if (kernel.state === "open") notice.quiet();
}

async function open() {
  const config = data("jupyter-config-data");
  const notice = new Notice(data("mw-texts"));
  follow();
  tokens(config.baseUrl);
  notice.say("opening");
  try {
    await connect(notice, config);
  } catch (error) {
    console.error(error);
    notice.say(["failed", "advice"], "again");
  }
  page.classList.remove("mw-opening");
  document.querySelector("main").removeAttribute("aria-busy");
}

window.voila_heartbeat = nothing; // the server says that it still works
if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", open);
else open();
