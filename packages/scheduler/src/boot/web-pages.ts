// Where the web pages come from: in the executable they are an asset; in a checkout they are bundled at their first use.
import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { join } from "node:path";
import { getAsset, isSea } from "node:sea";
import { promisify } from "node:util";
import { gzipSync } from "node:zlib";
import { CkeError, messageOf } from "@cke/foundation";
import { z } from "zod";
import type { WebAsset, WebAssets } from "../api/console/web-assets.ts";

/** What `scripts/dist/web-pages.ts` makes: file name → text. */
const bundleSchema = z.record(z.string(), z.string());

const types: Readonly<Record<string, string>> = {
  html: "text/html; charset=utf-8",
  js: "text/javascript; charset=utf-8",
  css: "text/css; charset=utf-8",
  svg: "image/svg+xml",
};

/** `checkout`: the top of the tree when this program runs from its sources. */
export function webPages(checkout: string | undefined): WebAssets {
  if (isSea()) return new WebPages(async () => getAsset("web-pages", "utf8"));
  return new WebPages(async () => await bundle(checkout));
}

async function bundle(checkout: string | undefined): Promise<string> {
  if (checkout === undefined)
    throw new CkeError("no_pages", "this program has no web pages in it, and does not run from a checkout", {
      status: 501,
    });
  const script = join(checkout, "scripts/dist/web-pages.ts");
  try {
    const { stdout } = await promisify(execFile)(process.execPath, [script], { maxBuffer: 64 * 1024 * 1024 });
    return stdout;
  } catch (cause) {
    throw new CkeError("no_pages", `the web pages cannot be made: ${messageOf(cause)}`, { status: 500, cause });
  }
}

/** Keeps the pages in memory from their first use. */
export class WebPages implements WebAssets {
  readonly #load: () => Promise<string>;
  #pages: Promise<ReadonlyMap<string, WebAsset>> | undefined;

  /** `load` gives the bundle as JSON. */
  constructor(load: () => Promise<string>) {
    this.#load = load;
  }

  async get(name: string): Promise<WebAsset | undefined> {
    this.#pages ??= this.#read().catch((error: unknown) => {
      this.#pages = undefined;
      throw error;
    });
    return (await this.#pages).get(name);
  }

  async #read(): Promise<ReadonlyMap<string, WebAsset>> {
    const files = bundleSchema.parse(JSON.parse(await this.#load()));
    return new Map(Object.entries(files).map(([name, text]) => [name, assetOf(name, text)]));
  }
}

function assetOf(name: string, text: string): WebAsset {
  const content = Buffer.from(text, "utf8");
  const type = types[name.slice(name.lastIndexOf(".") + 1)] ?? "application/octet-stream";
  const hash = createHash("sha256").update(content).digest("hex").slice(0, 32);
  return { content, gzip: gzipSync(content, { level: 9 }), type, hash };
}
