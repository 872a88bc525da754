// Passwords of guests. What is stored and sent is a hash as crypt(3) has it, which cloud-init takes as it is.
import { encrypt, verify } from "unixcrypt";

/** What a hash of crypt(3) looks like: sha256, sha512, bcrypt, yescrypt. */
const hashed = /^\$(?:5|6|2[aby]|y)\$[./A-Za-z0-9$=,]{20,}$/;

/** A SHA-512 hash with its own salt; a text that is a hash already stays as it is. */
export function passwordHash(password: string): string {
  return hashed.test(password) ? password : encrypt(password);
}

/** True when this hash is of that password, or is the given text itself. False for what cannot be compared. */
export function isPassword(given: unknown, hash: string): boolean {
  if (typeof given !== "string") return false;
  if (given === hash) return true;
  return /^\$[56]\$/.test(hash) && !hashed.test(given) && verify(given, hash);
}
