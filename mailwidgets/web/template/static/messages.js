// Messages as they travel on a kernel's websocket, and comms that send them.
// Protocol: https://jupyter-client.readthedocs.io/en/stable/messaging.html

function uuid() {
  if (crypto.randomUUID) return crypto.randomUUID(); // absent on a plain http address
  const digits = Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0"));
  return digits.join("").replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}

// The subprotocol of the websocket: a message is the number of its offsets, the offsets, and its
// parts, which are the channel, four parts of JSON, and the buffers. The older one, without a
// name, must not be used: Voila takes its binary messages for these and looks for ever.
const PROTOCOL = "v1.kernel.websocket.jupyter.org";
const JSON_PARTS = ["header", "parent_header", "metadata", "content"];
const WIDTH = 8; // octets of an offset, the lowest first

function packed(message, buffers = []) {
  const encoder = new TextEncoder();
  const texts = [message.channel, ...JSON_PARTS.map((name) => JSON.stringify(message[name]))];
  const parts = [...texts.map((text) => encoder.encode(text)), ...buffers.map(bytes)];
  const offsets = [WIDTH * (parts.length + 2)];
  for (const part of parts) offsets.push(offsets.at(-1) + part.byteLength);
  const whole = new Uint8Array(offsets.at(-1));
  const head = new DataView(whole.buffer);
  const numbers = [offsets.length, ...offsets];
  numbers.forEach((number, place) => head.setBigUint64(WIDTH * place, BigInt(number), true));
  parts.forEach((part, place) => whole.set(part, offsets[place]));
  return whole;
}

function bytes(buffer) {
  return ArrayBuffer.isView(buffer)
    ? new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.byteLength)
    : new Uint8Array(buffer);
}

function unpacked(data) {
  if (typeof data === "string") return { buffers: [], ...JSON.parse(data) }; // the server's own
  const head = new DataView(data);
  const number = (place) => Number(head.getBigUint64(WIDTH * place, true));
  const offsets = Array.from({ length: number(0) }, (_, place) => number(place + 1));
  const parts = offsets.slice(0, -1).map((start, place) => new DataView(data, start, offsets[place + 1] - start));
  const [channel, ...texts] = parts.slice(0, 5).map((part) => new TextDecoder().decode(part));
  const message = Object.fromEntries(JSON_PARTS.map((name, place) => [name, JSON.parse(texts[place])]));
  return { ...message, channel, buffers: parts.slice(5) };
}

class Comm {
  constructor(target, id) {
    this.target_name = target;
    this.comm_id = id ?? uuid();
  }
  open(data, ...more) {
    return this.#send("comm_open", { target_name: this.target_name, data: data ?? {} }, ...more);
  }
  send(data, ...more) {
    return this.#send("comm_msg", { data }, ...more);
  }
  close(data, ...more) {
    this.kernel.comms.delete(this.comm_id);
    return this.#send("comm_close", { data: data ?? {} }, ...more);
  }
  on_msg(heard) {
    this.heard = heard;
  }
  on_close(closed) {
    this.closed = closed;
  }
  #send(type, content, callbacks, metadata, buffers) {
    return this.kernel.send(type, { comm_id: this.comm_id, ...content }, callbacks, metadata, buffers);
  }
}
