// The files of a VM when its seed cannot be described.
import { CkeError } from "@cke/foundation";
import { FilesRequest } from "@cke/protocol";
import { expect, test } from "vitest";
import { listFiles } from "./vm-files.ts";

const sources = {
  ...{ consoleLog: "/nowhere/console.log", domainLog: "/nowhere/domain.log" },
  seed: () => {
    throw new CkeError("seed_invalid", "no prefix");
  },
};

test.each(["/logs", "/logs/", "/seedling"])("%s does not need the seed", async (directory) => {
  const listed = listFiles(FilesRequest.create({ directory }), sources).catch((error: unknown) => error);
  expect(await listed).not.toMatchObject({ code: "seed_invalid" });
});

test("the seed says why it cannot be described", async () => {
  const listed = listFiles(FilesRequest.create({ directory: "/seed" }), sources);
  await expect(listed).rejects.toMatchObject({ code: "seed_invalid" });
});
