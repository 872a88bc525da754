import { expect, test } from "vitest";
import { parseDescription } from "./libvirt-description.ts";

test("programs, records, calls and events", () => {
  const { records, programs } = parseDescription(`# words
program remote 0x20008086 1
record Domain (name:string, uuid:uuid, id:int)
call 7 listAll virListAll since 0.9.13 slow (flags:uint) -> (domains:Domain[16], cookie:bytes[8])
event 9 happened since 1.0 (domain:Domain?, model:chars[32])
`);
  expect(records.map(({ name }) => name)).toEqual(["Domain"]);
  const [program] = programs;
  expect(program).toMatchObject({ name: "remote", number: "0x20008086", version: 1 });
  expect(program?.calls).toEqual([
    {
      number: 7,
      name: "listAll",
      symbol: "virListAll",
      since: "0.9.13",
      slow: true,
      fields: [{ name: "flags", type: { name: "uint", kind: "one", most: 0 } }],
      answer: [
        { name: "domains", type: { name: "Domain", kind: "list", most: 16 } },
        { name: "cookie", type: { name: "bytes", kind: "one", most: 8 } },
      ],
    },
  ]);
  expect(program?.events[0]?.fields.map(({ type }) => type.kind)).toEqual(["optional", "one"]);
});

test.each([
  ["call 1 a virA since 1.0 () -> ()", /line 1: no program before it/],
  ["program p 0x20008086 1\nrecord A (b:Other)", /line 2: field b:Other/],
  ["program p 0x20008086 1\nrecord A (b:bytes)", /field b:bytes/],
  ["program p 0x20008086 1\nrecord A (b:int, b:int)", /two fields of one name/],
  [
    "program p 0x20008086 1\ncall 1 a virA since 1.0 () -> ()\ncall 1 b virB since 1.0 () -> ()",
    /line 3: known already/,
  ],
  ["program p 0x20008086 1\nnonsense", /none of program, record, call, event/],
])("%j is refused", (text, words) => {
  expect(() => parseDescription(text)).toThrow(words);
});
