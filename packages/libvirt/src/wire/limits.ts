// Bounds of libvirt's wire format (virnetprotocol of 9.0.0, the same since 1.2): what is larger is refused on either side.

/** Bytes of a message: header and payload. */
export const messageMost = 32 * 1024 * 1024;
/** Bytes of a string. */
export const stringMost = 4 * 1024 * 1024;
/** Bytes of the length word, which the length counts in. */
export const lengthBytes = 4;
export const headerBytes = 24;
