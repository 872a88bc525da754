// Reading and listing files, against a real wrapper: whole ones, parts, what grows, and the output of processes over rotations.
import { appendFileSync, mkdirSync, renameSync, statSync, symlinkSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type FileChunk, type GetFileRequestInit, wrapperService } from "@cke/protocol";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { WrapperFixture } from "../testing/wrapper-fixture.ts";

let wrapper: WrapperFixture;
beforeAll(async () => {
  wrapper = await WrapperFixture.start();
});
afterAll(async () => {
  await wrapper.dispose();
});

describe("GetFile", () => {
  const get = async (request: GetFileRequestInit) => {
    const chunks: FileChunk[] = [];
    for await (const item of wrapper.readStream(wrapperService.getFile, request)) {
      const chunk: FileChunk = item;
      chunks.push(chunk);
    }
    return { chunks, text: Buffer.concat(chunks.map(({ data }) => data)).toString("utf8") };
  };

  it("reads all of a file, or a part", async () => {
    const path = join(wrapper.directory, "file");
    const content = Buffer.alloc(300_000, "0123456789");
    writeFileSync(path, content);
    const all = await get({ path });
    expect(all.text === content.toString()).toBe(true);
    expect(all.chunks.map(({ offset }) => offset)).toEqual(Array.from({ length: 10 }, (_, index) => index * 32_768));
    expect(all.chunks.every(({ fileSize }) => fileSize === 300_000)).toBe(true);
    expect((await get({ path, offset: 5, length: 10 })).text).toBe("5678901234");
    expect((await get({ path, offset: 299_995, length: 100 })).text).toBe("56789");
    const beyond = await get({ path, offset: 400_000 });
    expect(beyond.text.length).toBe(0);
    expect(beyond.chunks.map(({ fileSize }) => fileSize)).toEqual([300_000]);
    writeFileSync(path, "");
    expect((await get({ path })).chunks).toMatchObject([{ fileSize: 0 }]);
    expect((await get({ path: "/proc/self/mounts" })).text).toContain("/proc");
  });

  it("reads from the end backwards, and says when the file was changed", async () => {
    const path = join(wrapper.directory, "file");
    writeFileSync(path, "0123456789");
    const modifiedAtMs = Math.floor(statSync(path).mtimeMs);
    const last = await get({ path, offset: 3, fromEnd: true });
    expect(last.text).toBe("789");
    expect(last.chunks).toMatchObject([{ offset: 7, fileSize: 10, modifiedAtMs }]);
    expect((await get({ path, offset: 3, fromEnd: true, length: 2 })).text).toBe("78");
    expect((await get({ path, offset: 11, fromEnd: true })).text).toBe("0123456789");
    expect((await get({ path, fromEnd: true })).text).toBe("");
  });

  it("without follow it ends where the end was, though others write on or put another file there", async () => {
    const path = join(wrapper.directory, "written");
    writeFileSync(path, Buffer.alloc(20_000_000, "a"));
    const stream = wrapper.readStream(wrapperService.getFile, { path });
    let bytes = 0;
    let others = 0;
    for await (const item of stream) {
      const chunk: FileChunk = item;
      if (bytes === 0) {
        appendFileSync(path, Buffer.alloc(100_000, "b"));
        renameSync(path, `${path}.1`);
        writeFileSync(path, Buffer.alloc(100_000, "c"));
      }
      bytes += chunk.data.length;
      if (chunk.data.some((byte) => byte !== 97)) others += 1;
    }
    expect({ bytes, others }).toEqual({ bytes: 20_000_000, others: 0 });
  });

  it("refuses what is not a file", async () => {
    mkdirSync(join(wrapper.directory, "d"), { recursive: true });
    const refusal = (path: string) => wrapper.refusal(get({ path }));
    expect(await refusal("/nonexistent")).toMatch(/^NOT_FOUND: path: cannot read \/nonexistent: no such file/);
    expect(await refusal(join(wrapper.directory, "d"))).toMatch(/^FAILED_PRECONDITION: path: .* is not a regular file/);
    expect(await refusal("/dev/zero")).toMatch(/^FAILED_PRECONDITION/);
    expect(await refusal("../x")).toBe("INVALID_ARGUMENT: path: must be an absolute path");
  });

  it("follows a file that grows, is replaced and is truncated", async () => {
    const path = join(wrapper.directory, "growing");
    writeFileSync(path, "one\n");
    const stream = wrapper.readStream(wrapperService.getFile, { path, follow: true });
    stream.on("error", () => {});
    let text = "";
    stream.on("data", (chunk: FileChunk) => {
      text += Buffer.from(chunk.data).toString("utf8");
    });
    await expect.poll(() => text).toBe("one\n");
    appendFileSync(path, "two\n");
    await expect.poll(() => text).toBe("one\ntwo\n");
    renameSync(path, `${path}.1`);
    appendFileSync(`${path}.1`, "last words\n");
    writeFileSync(path, "three\n");
    await expect.poll(() => text).toBe("one\ntwo\nlast words\nthree\n");
    truncateSync(path);
    writeFileSync(path, "4\n");
    await expect.poll(() => text).toBe("one\ntwo\nlast words\nthree\n4\n");
    stream.cancel();
  });
});

describe("ListFiles", () => {
  const list = (directory: string) => wrapper.call(wrapperService.listFiles, { directory });

  it("lists regular files by name, with size and time", async () => {
    const directory = join(wrapper.directory, "listed");
    mkdirSync(join(directory, "below"), { recursive: true });
    writeFileSync(join(directory, "b"), "12345");
    writeFileSync(join(directory, "a"), "");
    symlinkSync("/etc/passwd", join(directory, "link"));
    const modifiedAtMs = Math.floor(statSync(join(directory, "b")).mtimeMs);
    const { files, more } = await list(directory);
    expect(files).toMatchObject([
      { name: "a", size: 0 },
      { name: "b", size: 5, modifiedAtMs },
    ]);
    expect(more).toBe(false);
  });

  it("lists 500 of them, and says that there are more", async () => {
    const directory = join(wrapper.directory, "many");
    mkdirSync(directory);
    for (let index = 0; index < 501; index += 1) writeFileSync(join(directory, `${index}`), "");
    const { files, more } = await list(directory);
    expect({ count: files.length, more }).toEqual({ count: 500, more: true });
  });

  it("refuses what is no directory", async () => {
    expect(await wrapper.refusal(list("/nonexistent"))).toMatch(/^NOT_FOUND: directory: cannot read \/nonexistent: no/);
    expect(await wrapper.refusal(list("/etc/passwd"))).toMatch(/^FAILED_PRECONDITION/);
    expect(await wrapper.refusal(list("etc"))).toBe("INVALID_ARGUMENT: directory: must be an absolute path");
  });
});

describe("output of a process", () => {
  /** Writes numbered lines of 40 bytes as fast as it is let, and then stays. After the first 500 it waits until the file `go` is there. */
  const go = () => join(wrapper.directory, "go");
  const talk = (name: string, lines: number, keep: number) =>
    wrapper.call(wrapperService.start, {
      spec: {
        name,
        command: [
          "/bin/sh",
          "-c",
          `i=0; while [ $i -lt ${lines} ]; do printf 'line %034d\\n' $i; i=$((i+1)); [ $((i % 500)) = 0 ] && sleep 0.05; while [ $i = 500 ] && [ ! -e ${go()} ]; do sleep 0.05; done; done; exec sleep 1000`,
        ],
        outputRotateBytes: 65_536,
        outputKeep: keep,
      },
    });
  const line = (index: number) => `line ${String(index).padStart(34, "0")}\n`;

  it("a part from the end, then followed: nothing is lost or comes twice over rotations", async () => {
    const lines = 20_000;
    await talk("tail", lines, 50);
    const path = join(wrapper.directory, "output/tail/stdout");
    await expect.poll(() => statSync(path, { throwIfNoEntry: false })?.size ?? 0).toBeGreaterThan(4_000);
    const stream = wrapper.readStream(wrapperService.getFile, { path, offset: 400, fromEnd: true, follow: true });
    let text = "";
    for await (const item of stream) {
      const chunk: FileChunk = item;
      text += Buffer.from(chunk.data).toString();
      writeFileSync(go(), "");
      if (text.endsWith(line(lines - 1))) break;
    }
    stream.cancel();
    const first = lines - text.length / 40;
    expect(first).toBeLessThan(lines - 1_000);
    expect(text === Array.from({ length: text.length / 40 }, (_, index) => line(first + index)).join("")).toBe(true);
    await wrapper.call(wrapperService.stop, { name: "tail", forget: true });
  });
});
