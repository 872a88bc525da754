// Where a part of a YAML file stands, for messages. Reading a file with places takes longer than reading its values, so it is read
// when the first message needs it.
import { type Document, isMap, isNode, isScalar, LineCounter, parseDocument } from "yaml";

/** Keys and indexes from the top of the file. */
export type Path = readonly (string | number)[];

interface Read {
  readonly document: Document;
  readonly counter: LineCounter;
}

export class TextPlaces {
  readonly #fileName: string;
  readonly #text: string;
  #kept: Read | undefined;

  constructor(fileName: string, text: string) {
    this.#fileName = fileName;
    this.#text = text;
  }

  /** `file:line` of the deepest part of `path` that the file has; keys count as the place of their values. */
  of(path: Path): string {
    const { document, counter } = this.#read();
    let line = 1;
    let node: unknown = document.contents;
    for (const segment of path) {
      if (isMap(node)) {
        const pair = node.items.find(({ key }) => isScalar(key) && String(key.value) === String(segment));
        if (pair === undefined) break;
        if (isScalar(pair.key) && pair.key.range) line = counter.linePos(pair.key.range[0]).line;
        node = pair.value;
      } else {
        const next: unknown = document.getIn(path.slice(0, path.indexOf(segment) + 1), true);
        node = next;
        if (isNode(node) && node.range) line = counter.linePos(node.range[0]).line;
      }
    }
    return this.line(line);
  }

  /** `file:line`; the first line is 1. */
  line(line: number): string {
    return `${this.#fileName}:${line}`;
  }

  /** What is no YAML in the file, each as `file:line: message`. */
  syntaxProblems(): readonly string[] {
    const { document, counter } = this.#read();
    return document.errors.map((error) => `${this.line(counter.linePos(error.pos[0]).line)}: ${error.message}`);
  }

  #read(): Read {
    if (this.#kept !== undefined) return this.#kept;
    const counter = new LineCounter();
    this.#kept = { document: parseDocument(this.#text, { lineCounter: counter, prettyErrors: false }), counter };
    return this.#kept;
  }
}
