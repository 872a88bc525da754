// The terminal itself: xterm.js with the colours of the page, fitted to its place.
import { FitAddon } from "@xterm/addon-fit";
import { type ITheme, Terminal } from "@xterm/xterm";

const light: ITheme = {
  background: "#ffffff",
  foreground: "#1b1f24",
  cursor: "#1b1f24",
  cursorAccent: "#ffffff",
  selectionBackground: "#b6d7ff",
  selectionForeground: "#1b1f24",
};
const dark: ITheme = {
  background: "#11151a",
  foreground: "#e4e8ed",
  cursor: "#e4e8ed",
  cursorAccent: "#11151a",
  selectionBackground: "#33518a",
  selectionForeground: "#ffffff",
};
const fontSizes = { least: 8, usual: 14, most: 32 } as const;

export interface TerminalEvents {
  readonly onInput: (text: string) => void;
  readonly onResize: (rows: number, columns: number) => void;
  /** A key before the terminal gets it; true: it is done with. */
  readonly onKey: (event: KeyboardEvent) => boolean;
}

export class TerminalView {
  readonly #terminal: Terminal;
  readonly #fit = new FitAddon();

  constructor(place: HTMLElement, events: TerminalEvents) {
    const prefersDark = matchMedia("(prefers-color-scheme: dark)");
    const theme = () => (prefersDark.matches ? dark : light);
    this.#terminal = new Terminal({
      cursorBlink: true,
      fontFamily: 'ui-monospace, "DejaVu Sans Mono", Menlo, Consolas, monospace',
      fontSize: fontSizes.usual,
      minimumContrastRatio: 4.5,
      scrollback: 10_000,
      theme: theme(),
    });
    this.#terminal.loadAddon(this.#fit);
    this.#terminal.open(place);
    prefersDark.addEventListener("change", () => {
      this.#terminal.options.theme = theme();
    });
    this.#terminal.onData(events.onInput);
    this.#terminal.onResize(({ rows, cols }) => events.onResize(rows, cols));
    this.#terminal.attachCustomKeyEventHandler((event) => {
      if (!events.onKey(event)) return true;
      event.preventDefault();
      return false;
    });
    new ResizeObserver(() => this.#fit.fit()).observe(place);
    this.#fit.fit();
  }

  get rows(): number {
    return this.#terminal.rows;
  }
  get columns(): number {
    return this.#terminal.cols;
  }

  write(data: Uint8Array, shown: () => void): void {
    this.#terminal.write(data, shown);
  }

  /** A line of the page's own, apart from what the session wrote. Modes that the session has set are undone. */
  say(words: string): void {
    this.#terminal.write(
      `\x1b[!p\x1b[?1049l\x1b[?1000l\x1b[?1002l\x1b[?1003l\x1b[?2004l\r\n\x1b[1;33m${words}\x1b[0m\r\n`,
    );
  }

  focus(): void {
    this.#terminal.focus();
  }

  paste(text: string): void {
    this.#terminal.paste(text);
  }

  /** What is selected, or else all that is visible. */
  text(): string {
    const selected = this.#terminal.getSelection();
    if (selected !== "") return selected;
    const { viewportY } = this.#terminal.buffer.active;
    return Array.from(
      { length: this.#terminal.rows },
      (_, row) => this.#terminal.buffer.active.getLine(viewportY + row)?.translateToString(true) ?? "",
    )
      .join("\n")
      .trimEnd();
  }

  /** Larger (1), smaller (-1). */
  zoom(step: number): void {
    const wanted = (this.#terminal.options.fontSize ?? fontSizes.usual) + step;
    this.#terminal.options.fontSize = Math.min(fontSizes.most, Math.max(fontSizes.least, wanted));
    this.#fit.fit();
  }

  setScreenReader(on: boolean): void {
    this.#terminal.options.screenReaderMode = on;
  }
}
