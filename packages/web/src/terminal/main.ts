// The pages …/console/kubectl of clusters and …/console/serial of VMs: connects the terminal with a session, and begins a new one when it is over.
import { clusterOf, vmOf, webSocketUrl } from "../shared/cluster-page.ts";
import { allowStylesOfTerminal } from "../shared/strict-styles.ts";
import { retryDelaySeconds, sessionEnd } from "./session-end.ts";
import { SessionSocket } from "./session-socket.ts";
import { TerminalView } from "./terminal-view.ts";
import { Toolbar } from "./toolbar.ts";

allowStylesOfTerminal();

const cluster = clusterOf(location.pathname);
const vm = vmOf(location.pathname);
/** Whose terminal it is, and where its WebSocket is. */
const owner = cluster ?? vm;
const socketPath = cluster === undefined ? `${vm?.base}/console/serial/ws` : `${cluster.base}/console/kubectl/ws`;
const query = new URLSearchParams(location.search);
let session: SessionSocket | undefined;
/** Sessions that this page has had, and attempts since the last one. */
let sessions = 0;
let attempts = 0;
/** Cancels the next attempt, while one waits. */
let cancelRetry: (() => void) | undefined;

const toolbar = new Toolbar({
  onAgain: () => again(),
  onCopy: () => view.text(),
  onPaste: (text) => view.paste(text),
  onZoom: (step) => view.zoom(step),
  onScreenReader: (on) => view.setScreenReader(on),
  onLeave: () => view.focus(),
});
const view = new TerminalView(document.querySelector<HTMLElement>("#terminal") ?? document.body, {
  onInput: (text) => {
    if (session !== undefined) session.write(text);
    else if (text === "\r") again();
  },
  onResize: (rows, columns) => session?.resize(rows, columns),
  onKey: (event) => toolbar.key(event),
});

function again(): void {
  session?.close();
  session = undefined;
  attempts = 0;
  connect();
}

function connect(): void {
  cancelRetry?.();
  cancelRetry = undefined;
  if (owner === undefined) return;
  query.set("rows", String(view.rows));
  query.set("columns", String(view.columns));
  toolbar.status("connecting", "Connecting…");
  const mine = new SessionSocket(webSocketUrl(location, socketPath, query), {
    onSession: ({ node, title }) => {
      const where = vm === undefined ? `in node ${node}` : "with the serial console";
      if (sessions > 0 && vm === undefined) view.say(`A new session ${where}. What the earlier one ran has ended.`);
      sessions += 1;
      attempts = 0;
      const what = vm === undefined ? title : "serial console";
      document.title = `${what} · ${owner.name}`;
      toolbar.title(`${owner.name}: ${what}`);
      toolbar.status("connected", `Connected, ${where}`);
      mine.resize(view.rows, view.columns);
    },
    onOutput: (data, shown) => view.write(data, shown),
    onEnd: (closeCode, lastWords) => {
      if (mine !== session) return;
      session = undefined;
      const { words, again: how } = sessionEnd(closeCode, lastWords);
      if (how === "enter") {
        toolbar.status("ended", words);
        view.say(`${words} Press Enter for a new session.`);
        return;
      }
      retry(words);
    },
  });
  session = mine;
}

function retry(words: string): void {
  const seconds = retryDelaySeconds(attempts);
  if (attempts === 0) view.say(`${words} Connecting again; Enter does it at once.`);
  toolbar.status("lost", `${words} Connecting again in ${seconds} s.`);
  attempts += 1;
  const timer = setTimeout(connect, seconds * 1_000);
  cancelRetry = () => clearTimeout(timer);
}

view.focus();
connect();
