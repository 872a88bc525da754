// Sizes that a person can take in: files of a room, lines of a file. Pure.
import { dirname } from "node:path/posix";
import { isTest } from "./import-graph.ts";
import { placeOf, type SourceFile } from "./source-tree.ts";

/** Files in a room; tests beside them do not count, nor do the files of its sub-folders. */
export const filesOfRoom = 14;
export const linesOfFile = 300;

/** What is larger, and why it may be. A key is a path from the top of the checkout; a room ends with a slash. */
export type SizeExceptions = Readonly<Record<string, string>>;

/** Every room with too many files and every file with too many lines. */
export function sizeBreaches(files: readonly SourceFile[], exceptions: SizeExceptions): string[] {
  const counted = files.filter(({ path }) => !isGenerated(path));
  const rooms = Map.groupBy(
    counted.filter(({ path }) => !isTest(path)),
    (file) => `${dirname(placeOf(file))}/`,
  );
  const large = [...rooms].flatMap(([room, members]) =>
    members.length > filesOfRoom ? [{ place: room, words: `${members.length} files, at most ${filesOfRoom}` }] : [],
  );
  const long = counted.flatMap((file) => {
    const lines = file.text.split("\n").length - 1;
    return lines > linesOfFile ? [{ place: placeOf(file), words: `${lines} lines, at most ${linesOfFile}` }] : [];
  });
  return [...large, ...long]
    .filter(({ place }) => exceptions[place] === undefined)
    .map(({ place, words }) => `${place}: ${words}`);
}

const isGenerated = (path: string) => /(^|\/)generated\//.test(path);
