import { describe } from "vitest";
import { MemoryStore } from "./memory-store.ts";
import { storeContract } from "./testing/store-contract.ts";

describe("store contract: empty", () => {
  storeContract(async () => {
    const store = new MemoryStore();
    return { store, reopen: undefined, end: () => store.close() };
  }, 300);
});
