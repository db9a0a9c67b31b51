// The kernel, as the classic notebook's widget manager knows it, over one websocket that is
// mended when it breaks.

const PAUSES = [0, 500, 1000, 2000, 4000, 8000, 15000]; // milliseconds before each try
const SILENCE = 10000; // milliseconds without a sign before the server is asked how the kernel is
const PATIENCE = 5000; // milliseconds for the server's answer
const GONE = [401, 403, 404, 424]; // 424: JupyterHub's answer for a server that does not run
const DEAD = ["dead", "restarting", "autorestarting"]; // a restarted kernel holds no widgets

// A question to the server must carry a token that only the server's own pages can read back.
// Several servers of one host may each have set one: JupyterHub's takes the first that is its own,
// others the last.
function tokens(base) {
  const found = [...document.cookie.matchAll(/(?:^|; )_xsrf=([^;]*)/g)].map(([, token]) => token);
  if (found.length) return found;
  const made = uuid().replaceAll("-", "");
  document.cookie = `_xsrf=${made}; path=${base}; SameSite=Strict`;
  return [made];
}

// What followed a redirect: a page of another host, as to sign in, may not be read by ours. A hub's
// proxy that was started anew leads to the hub at first, and the hub back to the kernel's server.
function elsewhere(error) {
  if (error.name === "TypeError") return { status: 401 };
  throw error;
}

const isJson = (answer) => (answer.headers.get("Content-Type") ?? "").includes("json");

// `told` is called with "open", "lost" (the connection), "away" (the server), "back" (with
// whether something may not have arrived) and "ended" (the kernel is no more).
class Kernel {
  comms = new Map();
  targets = new Map();
  state = "opening";
  #session = uuid();
  #base;
  #url;
  #told;
  #socket;
  #tries = 0;
  #waiting = new Map(); // message → its callbacks, until it is answered and the kernel is idle after it
  #answered = new Set(); // messages whose answer came before that
  #idle = new Set(); // messages that are still to be answered, though it is: two lines, no order
  #unheard = new Map(); // message → what was sent, until the kernel has begun with it
  #overrides = new Map(); // message → models that take its output, the last one in charge
  #order = Promise.resolve();
  #timer;

  constructor(base, id, told) {
    this.#base = base;
    this.#url = new URL(`${base}api/kernels/${id}`, location.href);
    this.#told = told;
    this.comm_manager = {
      kernel: this,
      register_target: (name, opened) => this.targets.set(name, opened),
      register_comm: (comm) => this.#register(comm).comm_id,
      new_comm: (target, data, callbacks, metadata, name, buffers) => {
        const comm = this.#register(new Comm(target, name));
        comm.open(data, callbacks, metadata, buffers);
        return comm;
      },
    };
    addEventListener("online", () => this.#wake());
    document.addEventListener("visibilitychange", () => document.hidden || this.#wake());
    this.#connect();
  }

  is_connected() {
    return this.state !== "ended"; // what is sent meanwhile waits
  }

  comm_info(target, reply) {
    return this.send("comm_info_request", { target_name: target }, { shell: { reply } });
  }

  send(type, content, callbacks, metadata, buffers) {
    const [id, data] = this.#message(type, content, metadata, buffers);
    if (callbacks) this.#waiting.set(id, callbacks);
    if (this.state === "ended") return id;
    const once = content.data?.method === "custom"; // a press: to send it twice would do it twice
    this.#unheard.set(id, { data, once, sent: this.state === "open" });
    if (this.state === "open") this.#put(data);
    return id;
  }

  // Three that output widgets ask for.
  set_callbacks_for_msg(id, callbacks) {
    this.#waiting.set(id, callbacks);
  }
  output_callback_overrides_push(id, model) {
    this.#overrides.set(id, [...(this.#overrides.get(id) ?? []), model]);
  }
  output_callback_overrides_pop(id) {
    const models = this.#overrides.get(id) ?? [];
    const model = models.pop();
    if (!models.length) this.#overrides.delete(id);
    return model;
  }

  #register(comm) {
    comm.kernel = this;
    this.comms.set(comm.comm_id, comm);
    return comm;
  }

  #message(type, content, metadata, buffers) {
    const id = uuid();
    const header = { msg_id: id, username: "", session: this.#session, msg_type: type, version: "5.3" };
    header.date = new Date().toISOString();
    return [id, packed({ header, parent_header: {}, metadata: metadata ?? {}, content, channel: "shell" }, buffers)];
  }

  #put(data) {
    this.#socket.send(data);
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#unheard.size && this.#wake(), SILENCE);
  }

  #connect() {
    const url = new URL(`${this.#url.pathname}/channels`, this.#url);
    url.protocol = url.protocol.replace("http", "ws");
    url.searchParams.set("session_id", this.#session); // by it the server replays what was missed
    const socket = (this.#socket = new WebSocket(url, PROTOCOL));
    socket.binaryType = "arraybuffer";
    socket.onopen = () => (this.state === "opening" ? this.#begin() : this.#resume());
    socket.onclose = () => socket === this.#socket && this.#lose();
    socket.onmessage = ({ data }) => {
      this.#order = this.#order.then(() => this.#hear(unpacked(data))).catch(console.error);
    };
  }

  #begin() {
    this.#opened();
    this.#told("open");
  }

  #opened() {
    this.state = "open";
    this.#tries = 0;
    for (const one of this.#unheard.values()) {
      one.sent = true;
      this.#put(one.data);
    }
  }

  // When the kernel is idle after this question, all it ever began with has been heard of.
  #resume() {
    const [id, data] = this.#message("comm_info_request", { target_name: "jupyter.widget" });
    const reply = ({ content }) => {
      const lost = this.comms.size && ![...this.comms.keys()].some((one) => one in content.comms);
      if (lost) this.#end();
    };
    const status = ({ content }) => content.execution_state === "idle" && this.#resumed(id);
    this.#waiting.set(id, { shell: { reply }, iopub: { status } });
    this.#socket.send(data);
  }

  #resumed(question) {
    if (this.state === "ended") return;
    const doubtful = [...this.#unheard].filter(([, one]) => one.sent && one.once);
    doubtful.forEach(([id]) => this.#unheard.delete(id));
    for (const [id, callbacks] of [...this.#waiting]) {
      if (id !== question && !this.#unheard.has(id) && !this.comms.has(id) && !this.#idle.has(id)) {
        this.#waiting.delete(id);
        callbacks.iopub?.status?.({ content: { execution_state: "idle" } });
      }
    }
    this.#opened();
    this.#told("back", doubtful.length > 0);
  }

  #lose() {
    if (this.state === "ended") return;
    if (this.state === "open") this.state = "lost";
    if (this.#tries === 0) this.#told("lost");
    this.#later();
  }

  #later() {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#look(), PAUSES[Math.min(this.#tries++, PAUSES.length - 1)]);
  }

  #end() {
    this.state = "ended";
    clearTimeout(this.#timer);
    this.#socket.close();
    this.#told("ended");
  }

  // "alive", "ended", or "away" where nobody answers for the server.
  async #asked() {
    try {
      let answer = await this.#fetch("manual");
      if (answer.type === "opaqueredirect") answer = await this.#fetch("follow").catch(elsewhere);
      if (GONE.includes(answer.status)) return "ended";
      if (!answer.ok) return "away";
      if (answer.redirected && !isJson(answer)) return "ended"; // a page to sign in
      return DEAD.includes((await answer.json()).execution_state) ? "ended" : "alive";
    } catch {
      return "away"; // no connection, no answer in time, or not this server's
    }
  }

  #fetch(redirect) {
    const headers = { Accept: "application/json", "X-XSRFToken": tokens(this.#base)[0] };
    const signal = AbortSignal.timeout(PATIENCE);
    return fetch(this.#url, { cache: "no-store", redirect, headers, signal });
  }

  async #look() {
    const found = await this.#asked();
    if (this.state === "ended") return;
    if (found === "ended") this.#end();
    else if (found === "alive") this.#connect();
    else {
      this.#told("away");
      this.#later();
    }
  }

  // Something happened, or nothing for too long: is all well?
  async #wake() {
    if (this.state === "ended") return;
    if (this.state !== "open") {
      if (this.#socket.readyState === WebSocket.CLOSED) {
        clearTimeout(this.#timer);
        this.#look();
      }
      return;
    }
    const found = await this.#asked();
    if (this.state !== "open") return;
    if (found === "ended") this.#end();
    else if (found === "away") {
      const socket = this.#socket;
      socket.onclose = null; // a connection that is only half gone closes late
      socket.close();
      this.#lose();
    }
  }

  async #hear(message) {
    const type = message.header.msg_type;
    const parent = message.parent_header?.msg_id;
    this.#unheard.delete(parent);
    if (message.channel === "shell") this.#reply(message, parent);
    else if (type === "status") this.#status(message, parent);
    else if (type === "comm_open") await this.#comm_open(message);
    else if (type === "comm_msg") await this.comms.get(message.content.comm_id)?.heard?.(message);
    else if (type === "comm_close") {
      this.comms.get(message.content.comm_id)?.closed?.(message);
      this.comms.delete(message.content.comm_id);
    } else this.#output(message, parent);
  }

  #reply(message, parent) {
    const callbacks = this.#waiting.get(parent);
    if (this.#idle.delete(parent)) this.#waiting.delete(parent);
    else if (callbacks) this.#answered.add(parent);
    callbacks?.shell?.reply?.(message);
  }

  #status(message, parent) {
    const state = message.content.execution_state;
    const callbacks = this.#waiting.get(parent);
    if (state === "idle") {
      if (callbacks?.shell?.reply && !this.#answered.has(parent)) this.#idle.add(parent);
      else this.#waiting.delete(parent);
      this.#answered.delete(parent);
    }
    callbacks?.iopub?.status?.(message);
    if (DEAD.includes(state)) this.#end();
  }

  async #comm_open(message) {
    const { comm_id, target_name } = message.content;
    const comm = this.#register(new Comm(target_name, comm_id));
    await this.targets.get(target_name)?.(comm, message);
  }

  #output(message, parent) {
    const taker = this.#overrides.get(parent)?.at(-1) ?? parent;
    const iopub = this.#waiting.get(taker)?.iopub;
    if (message.header.msg_type === "clear_output") iopub?.clear_output?.(message);
    else if (["stream", "display_data", "execute_result", "error"].includes(message.header.msg_type)) iopub?.output?.(message);
  }
}
