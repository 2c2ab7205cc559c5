// A TCP proxy between a client and a router, through which a test decides what arrives.
import { once } from "node:events";
import net from "node:net";

// A server's text frames are not masked; ours are small: a byte of kind, one of length or three.
function* framesOf(chunk) {
  for (let at = 0; at < chunk.length; ) {
    const short = chunk[at + 1] < 126;
    const head = short ? 2 : 4;
    const end = at + head + (short ? chunk[at + 1] : chunk.readUInt16BE(at + 2));
    yield { bytes: chunk.subarray(at, end), text: chunk.subarray(at + head, end).toString() };
    at = end;
  }
}

// `keep(text)` says of each WebSocket frame from the router whether it reaches the client, and may cut() the connection.
export class Proxy {
  constructor(ports) {
    this.ports = ports; // the next connection goes to the first of them
    this.keep = () => true;
    this.pairs = new Set();
  }

  async listen(t) {
    this.server = net.createServer((client) => this.#connect(client)).listen(0, "127.0.0.1");
    await once(this.server, "listening");
    t.after(() => {
      this.cut();
      this.server.close();
    });
    return this.server.address().port;
  }

  cut() {
    for (const pair of this.pairs) for (const socket of pair) socket.destroy();
  }

  #connect(client) {
    const router = net.connect(this.ports[0], "127.0.0.1");
    const pair = [client, router];
    let upgraded = false;
    this.pairs.add(pair);
    for (const [from, to] of [pair, [router, client]]) {
      from.on("error", () => {});
      from.on("close", () => {
        this.pairs.delete(pair);
        to.destroy();
      });
    }
    client.on("data", (chunk) => router.write(chunk));
    router.on("data", (chunk) => {
      if (!upgraded) {
        upgraded = chunk.includes("101 Switching Protocols");
        const end = chunk.indexOf("\r\n\r\n") + 4;
        client.write(upgraded ? chunk.subarray(0, end) : chunk);
        chunk = chunk.subarray(upgraded ? end : chunk.length);
      }
      for (const { bytes, text } of framesOf(chunk)) if (this.keep(text)) client.write(bytes);
    });
  }
}

// A TCP proxy in front of a broker, which can stand still: then nothing goes through, and the connections stay.
export class Wire {
  constructor(port) {
    this.port = port;
    this.sockets = new Set();
  }

  async listen(t) {
    this.server = net.createServer((client) => this.#connect(client)).listen(0, "127.0.0.1");
    await once(this.server, "listening");
    t.after(() => {
      for (const socket of this.sockets) socket.destroy();
      this.server.close();
    });
    return this.server.address().port;
  }

  hold() {
    this.isHeld = true;
    for (const socket of this.sockets) socket.pause();
  }

  release() {
    this.isHeld = false;
    for (const socket of this.sockets) socket.resume();
  }

  #connect(client) {
    const broker = net.connect(this.port, "127.0.0.1");
    for (const [from, to] of [[client, broker], [broker, client]]) {
      this.sockets.add(from);
      from.setNoDelay(true);
      from.on("data", (chunk) => to.write(chunk));
      from.on("error", () => {});
      from.on("close", () => {
        this.sockets.delete(from);
        to.destroy();
      });
      if (this.isHeld) from.pause();
    }
  }
}
