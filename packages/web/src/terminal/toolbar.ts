// The line above the terminal: what it shows and what it can do, each also by a key. Tab and all other keys belong to the shell, so
// Alt+F10 leads out of the terminal, and Escape back into it.

export interface ToolbarEvents {
  /** A new session is wanted. */
  readonly onAgain: () => void;
  /** The text to copy. */
  readonly onCopy: () => string;
  readonly onPaste: (text: string) => void;
  readonly onZoom: (step: number) => void;
  readonly onScreenReader: (on: boolean) => void;
  /** Back to the terminal. */
  readonly onLeave: () => void;
}

export type ConnectionStatus = "connecting" | "connected" | "lost" | "ended";

const element = (id: string): HTMLElement => document.getElementById(id) ?? document.createElement("span");

export class Toolbar {
  readonly #events: ToolbarEvents;
  readonly #bar = element("toolbar");

  constructor(events: ToolbarEvents) {
    this.#events = events;
    const on = (id: string, act: () => void) =>
      element(id).addEventListener("click", () => {
        act();
        events.onLeave();
      });
    on("again", events.onAgain);
    on("copy", () => void this.copy());
    on("paste", () => void this.#paste());
    on("larger", () => events.onZoom(1));
    on("smaller", () => events.onZoom(-1));
    on("reader", () => {
      const pressed = element("reader").getAttribute("aria-pressed") !== "true";
      element("reader").setAttribute("aria-pressed", String(pressed));
      events.onScreenReader(pressed);
    });
    this.#bar.addEventListener("keydown", (event) => {
      if (event.key === "Escape") events.onLeave();
    });
  }

  title(text: string): void {
    element("title").textContent = text;
  }

  status(status: ConnectionStatus, words: string): void {
    this.#bar.dataset.status = status;
    element("status").textContent = words;
  }

  /** True for a key that is the toolbar's and not the shell's. */
  key(event: KeyboardEvent): boolean {
    const { key, ctrlKey, shiftKey, altKey, type } = event;
    if (altKey && key === "F10") {
      if (type === "keydown") this.#bar.querySelector("button")?.focus();
      return true;
    }
    if (ctrlKey && !altKey && ((shiftKey && key === "C") || key === "Insert")) {
      if (type === "keydown") void this.copy();
      return true;
    }
    return false;
  }

  async copy(): Promise<void> {
    const text = this.#events.onCopy();
    const how = navigator.clipboard === undefined ? copyBySelection(text) : await byClipboard(text);
    element("notice").textContent = how ? "Copied." : "The browser does not allow it.";
  }

  /** Browsers let pages read the clipboard only over https or on this host: elsewhere Ctrl+Shift+V does it. */
  async #paste(): Promise<void> {
    try {
      this.#events.onPaste(await navigator.clipboard.readText());
    } catch {
      element("notice").textContent = "The browser does not allow it: press Ctrl+Shift+V.";
    }
  }
}

async function byClipboard(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return copyBySelection(text);
  }
}

/** The way of old, which needs no secure context. */
function copyBySelection(text: string): boolean {
  const area = document.createElement("textarea");
  area.value = text;
  area.className = "off-screen";
  document.body.append(area);
  const before = document.activeElement;
  area.select();
  const done = document.execCommand("copy");
  area.remove();
  if (before instanceof HTMLElement) before.focus();
  return done;
}
