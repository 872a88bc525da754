import { expect, test } from "vitest";
import { archiveKind, planFetch, uriKind } from "./fetch-item.ts";

test.each([
  ["a.tar.gz", "tar.gz"],
  ["a.tgz", "tar.gz"],
  ["a.tar.bz2", "tar.bz2"],
  ["a.tbz2", "tar.bz2"],
  ["a.tar.xz", "tar.xz"],
  ["a.txz", "tar.xz"],
  ["a.tar", "tar"],
  ["a.zip", "zip"],
  ["a.txt.gz", "gz"],
  ["a.tar.gz?x=1", undefined],
  ["tar", undefined],
])("%s is an archive of kind %s", (name, kind) => {
  expect(archiveKind(name)).toBe(kind);
});

test.each(["../b", "a/../../b", "/tmp/b", "..", "", "a\0b"])("output_file %j is refused", (output_file) => {
  expect(() => planFetch([{ value: "http://host/a", output_file }])).toThrow("must be within the sandbox directory");
});

test.each([
  ["file:///a/b", { kind: "file", path: "/a/b" }],
  ["file://localhost/a", { kind: "file", path: "/a" }],
  ["file://other/a", { kind: "refused", problem: "File URI only supports absolute paths" }],
  ["/a/b", { kind: "file", path: "/a/b" }],
  ["hdfs://x/y", { kind: "refused", problem: "URI scheme 'hdfs' is not supported" }],
])("%s is %j", (uri, kind) => {
  expect(uriKind(uri)).toEqual(kind);
});

test("identical URIs are fetched once, executables are not extracted", () => {
  const uri = { value: "http://host/d.tar.gz", executable: true };
  expect(planFetch([uri, { ...uri }])).toEqual([
    { uri: uri.value, outputFile: "d.tar.gz", executable: true, extract: false, cache: false },
  ]);
});
