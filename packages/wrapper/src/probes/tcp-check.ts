// Probe of a TCP address: passes when the connection is established.
import { connect } from "node:net";
import type { TcpCheck } from "@cke/protocol";
import { errnoWordsOf } from "../errors/wrapper-error.ts";
import { parseAddress } from "../validation/network-address.ts";
import type { CheckRun } from "./check-run.ts";

export function tcpCheck(check: TcpCheck): CheckRun {
  return (signal) =>
    new Promise((resolve, reject) => {
      const address = parseAddress(check.address);
      if (address === undefined) {
        reject(new Error(`${check.address} is not an address like 127.0.0.1:2379`));
        return;
      }
      const socket = connect(address);
      const abort = () => socket.destroy(new Error("aborted"));
      signal.addEventListener("abort", abort, { once: true });
      const end = () => {
        signal.removeEventListener("abort", abort);
        socket.destroy();
      };
      socket.once("connect", () => {
        end();
        resolve();
      });
      socket.once("error", (error) => {
        end();
        reject(new Error(`cannot connect to ${check.address}: ${errnoWordsOf(error)}`));
      });
      if (signal.aborted) abort();
    });
}
