import { describe, expect, test } from "vitest";
import { lxcfsFiles } from "./lxcfs.ts";

describe("lxcfsFiles", () => {
  const host = (files: readonly string[], error?: string) => ({
    exists: async (path: string) => files.includes(path),
    readText: async () => {
      if (error !== undefined) throw new Error(error);
      return undefined;
    },
  });

  test("are those that the host has", async () => {
    expect(await lxcfsFiles(host([]), "")).toEqual([]);
    const found = await lxcfsFiles(host(["/x/proc/uptime", "/x/proc/meminfo", "/x/other"]), "/x");
    expect(found).toEqual(["proc/meminfo", "proc/uptime"]);
  });

  test("a mount that is dead is not one that is missing", async () => {
    await expect(lxcfsFiles(host([]), "/x")).rejects.toMatchObject({ code: "lxcfs_missing" });
    const dead = lxcfsFiles(host([], "ENOTCONN: socket is not connected"), "/x");
    await expect(dead).rejects.toMatchObject({ code: "lxcfs_dead", message: expect.stringContaining("ENOTCONN") });
  });
});
