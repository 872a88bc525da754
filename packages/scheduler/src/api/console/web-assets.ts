// What the pages are made of, by file name.

export interface WebAsset {
  readonly content: Buffer;
  /** The same, compressed. */
  readonly gzip: Buffer;
  readonly type: string;
  /** Of the content, without quotes. */
  readonly hash: string;
}

export interface WebAssets {
  /** Undefined for a name that there is not. Throws a CkeError when the pages are not there. */
  get(name: string): Promise<WebAsset | undefined>;
}
