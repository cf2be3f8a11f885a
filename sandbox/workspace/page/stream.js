// The live stream of one person's workspace. It comes back by itself; whoever listens is told after
// each return, because what was pushed in between is lost and has to be fetched.

const FIRST_WAIT_MS = 250;
const LONGEST_WAIT_MS = 5000;

/** Follows `/control/stream` for one person until `close` is called. */
export class Stream {
  constructor(as, { onEvent, onOpen, onLost }) {
    this.as = as;
    this.on = { event: onEvent, open: onOpen, lost: onLost };
    this.waitMs = FIRST_WAIT_MS;
    this.closed = false;
    this.connect();
  }

  connect() {
    const scheme = location.protocol === "https:" ? "wss" : "ws";
    const socket = new WebSocket(`${scheme}://${location.host}/control/stream?as=${encodeURIComponent(this.as)}`);
    this.socket = socket;
    socket.onopen = () => {
      this.waitMs = FIRST_WAIT_MS;
      if (!this.closed) this.on.open();
    };
    socket.onmessage = ({ data }) => {
      if (!this.closed) this.on.event(JSON.parse(data));
    };
    socket.onclose = () => {
      if (this.closed) return;
      this.on.lost();
      this.retry = setTimeout(() => this.connect(), this.waitMs);
      this.waitMs = Math.min(this.waitMs * 2, LONGEST_WAIT_MS);
    };
  }

  close() {
    this.closed = true;
    clearTimeout(this.retry);
    this.socket.close();
  }
}
