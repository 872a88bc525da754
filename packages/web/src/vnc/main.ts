// The page …/console/vnc: shows the screen of a VM with noVNC, and connects again when its guest has started anew.
import RFB from "@novnc/novnc";
import { vmOf, webSocketUrl } from "../shared/cluster-page.ts";
import { screenEnd } from "./end-words.ts";

const vm = vmOf(location.pathname);
const retryMs = 3_000;
/** As long as a guest may take to see one key before the next. */
const keyMs = 15;
/** Keysyms of X11: ASCII is itself, a line break is Return. */
const returnKey = 0xff0d;

const found = (id: string): HTMLElement => document.querySelector<HTMLElement>(`#${id}`) ?? document.body;
const screen = found("screen");
let rfb: RFB | undefined;
let timer: ReturnType<typeof setTimeout> | undefined;
let scaled = true;

function status(state: string, words: string): void {
  found("toolbar").dataset.status = state;
  found("status").textContent = words;
}

function connect(): void {
  clearTimeout(timer);
  rfb?.disconnect();
  rfb = undefined;
  if (vm === undefined) {
    status("ended", "This is no address of a virtual machine.");
    return;
  }
  status("connecting", "Connecting…");
  const socket = new WebSocket(webSocketUrl(location, `${vm.base}/console/vnc/ws`, new URLSearchParams()));
  let last = { code: 1006, reason: "" };
  socket.addEventListener("close", ({ code, reason }) => {
    last = { code, reason };
  });
  const mine = new RFB(screen, socket);
  rfb = mine;
  mine.scaleViewport = scaled;
  mine.addEventListener("connect", () => {
    status("connected", "Connected");
    mine.focus();
  });
  mine.addEventListener("disconnect", () => {
    if (rfb !== mine) return;
    rfb = undefined;
    const { words, again } = screenEnd(last.code, last.reason);
    status(again ? "lost" : "ended", again ? `${words} Connecting again.` : words);
    if (again) timer = setTimeout(connect, retryMs);
  });
}

/** Types the text of the clipboard: a guest without an agent of its own knows no other way. */
async function paste(): Promise<void> {
  const text = await navigator.clipboard.readText();
  for (const character of text.slice(0, 4_096)) {
    rfb?.sendKey(character === "\n" ? returnKey : (character.codePointAt(0) ?? 0), null);
    await new Promise((resolve) => setTimeout(resolve, keyMs));
  }
  rfb?.focus();
}

found("title").textContent = vm?.name ?? "Screen";
document.title = `screen · ${vm?.name ?? ""}`;
found("again").addEventListener("click", connect);
found("keys").addEventListener("click", () => rfb?.sendCtrlAltDel());
found("paste").addEventListener("click", () => {
  paste().catch((error: unknown) => status("connected", `The clipboard cannot be read: ${String(error)}`));
});
found("scale").addEventListener("click", ({ currentTarget }) => {
  scaled = !scaled;
  if (currentTarget instanceof HTMLElement) currentTarget.setAttribute("aria-pressed", String(scaled));
  if (rfb !== undefined) rfb.scaleViewport = scaled;
});
connect();
