// The address of the `kubernetes` service: Kubernetes gives it the first address of the service range.
import { isIPv4 } from "node:net";
import { CkeError } from "@cke/foundation";

/** "10.96.0.0/12" → "10.96.0.1". Host bits of the given address are ignored, as Kubernetes ignores them. */
export function firstServiceAddress(cidr: string): string {
  const [address = "", bits = ""] = cidr.split("/");
  const prefix = /^\d{1,2}$/.test(bits) ? Number(bits) : Number.NaN;
  if (!isIPv4(address) || !(prefix >= 8 && prefix <= 30)) {
    throw new CkeError("invalid_service_cidr", `"${cidr}" is no IPv4 service range such as 10.96.0.0/12`, {
      status: 422,
    });
  }
  const value = address.split(".").reduce((sum, part) => sum * 256 + Number(part), 0);
  const size = 2 ** (32 - prefix);
  const first = Math.floor(value / size) * size + 1;
  return [24, 16, 8, 0].map((shift) => Math.floor(first / 2 ** shift) % 256).join(".");
}
